"""The table that `make bench` prints: each figure beside its floor of the same run, as a ratio."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One figure: ours, the floor, the ratio, and the most (or with `least`, the least) that the ratio should be."""

    name: str
    ours: str
    floor: str
    ratio: float
    target: float
    note: str = ""
    least: bool = False

    def good(self) -> bool:
        """Whether the target is met."""
        return self.ratio >= self.target if self.least else self.ratio <= self.target


def show(rows: Iterable[Row]) -> int:
    """Prints the table as the rows come in; gives the number of targets that were missed."""
    table = Table("figure", "ours", "floor", "ratio", "target", "", "", title="orgbot against bare floors, in one run")
    missed = 0
    for row in rows:
        sign = ">=" if row.least else "<="
        table.add_row(
            row.name,
            row.ours,
            row.floor,
            f"{row.ratio:.2f}",
            f"{sign} {row.target}",
            "met" if row.good() else "MISSED",
            row.note,
        )
        missed += not row.good()
    Console(width=150).print(table)
    return missed
