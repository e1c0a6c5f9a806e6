"""The score, and what nobody has noticed."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass, field
from pathlib import Path

from rich.console import Console

from tests.mutants.heart import ROOT
from tests.mutants.mutant import Key, Mutant
from tests.mutants.pool import Fate, Result
from tests.mutants.reach import content_of

LISTED = Path(__file__).with_name("survivors.toml")
NOTICED = (Fate.KILLED, Fate.TIMED_OUT)


def listed() -> dict[Key, str]:
    """The mutants that make no difference, each with the reason."""
    entries = tomllib.loads(LISTED.read_text(encoding="utf-8")).get("survivor", [])
    return {
        Key(**{name: value for name, value in entry.items() if name != "reason"}): entry["reason"] for entry in entries
    }


def strays(known: Iterable[Key], mutants: Iterable[Mutant]) -> list[Key]:
    """What is listed and no mutant any more: the code has changed, and the entry can go."""
    there = {mutant.key for mutant in mutants}
    modules = {key.module for key in there}
    return [key for key in known if key.module in modules and key not in there]


class Noticed:
    """The mutants that were noticed so far, for as long as their module stays as it is. Each is kept at once, so that a run may be
    broken off and continued.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines = set(file.read_text(encoding="utf-8").splitlines()) if file.exists() else set()
        self._contents: dict[str, str] = {}

    def has(self, mutant: Mutant) -> bool:
        return self._line(mutant) in self._lines

    def add(self, mutant: Mutant) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{self._line(mutant)}\n")

    def _line(self, mutant: Mutant) -> str:
        content = self._contents.setdefault(mutant.path, content_of(ROOT / mutant.path))
        return json.dumps([mutant.path, content, *astuple(mutant.key)])


@dataclass
class Report:
    """Tells each survivor when it is found, and the score in the end."""

    console: Console
    noticed: Noticed
    found: list[Key] = field(default_factory=list)
    fates: Counter[Fate] = field(default_factory=Counter)
    by_module: dict[str, Counter[bool]] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        noticed = result.fate in NOTICED
        self._count(result.mutant, result.fate)
        if noticed:
            self.noticed.add(result.mutant)
        else:
            self.found.append(result.mutant.key)
        if result.fate is not Fate.KILLED:
            self._say(_described(result))

    def add_known(self, mutant: Mutant) -> None:
        """One that was noticed by an earlier run."""
        self._count(mutant, Fate.KILLED)

    def _count(self, mutant: Mutant, fate: Fate) -> None:
        self.fates[fate] += 1
        self.by_module.setdefault(mutant.path, Counter())[fate in NOTICED] += 1

    def score(self) -> float:
        """The percentage that was noticed; what is listed was not tried."""
        tried = self.fates.total()
        return 100 * sum(self.fates[fate] for fate in NOTICED) / tried if tried else 100.0

    def end(self, least: float, seconds: float, left_out: int) -> None:
        for path, counts in sorted(self.by_module.items()):
            self._say(f"{counts[True]:5} of {counts.total():5}  {path}")
        fates = ", ".join(f"{count} {fate}" for fate, count in self.fates.most_common())
        self._say(f"{fates}; {left_out} make no difference (survivors.toml); {seconds / 60:.1f} minutes")
        self._say(f"score: {self.score():.1f} % (at least {least:.0f} %)")

    def write(self, file: Path) -> None:
        """The survivors as entries for survivors.toml, for those that make no difference: what is missing is the reason."""
        file.write_text("\n\n".join(entry(key, "") for key in self.found), encoding="utf-8")

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _described(result: Result) -> str:
    mutant = result.mutant
    place = f"{mutant.path}:{mutant.lines.start} {mutant.key.function}"
    nth = f" (number {mutant.key.nth} that reads so)" if mutant.key.nth > 1 else ""
    lines = [
        *(f"- {line}" for line in mutant.key.was.splitlines()),
        *(f"+ {line}" for line in mutant.key.becomes.splitlines()),
    ]
    tests = f", {result.ran} tests" if result.ran else ""
    return "\n".join([f"\n{place}: {result.fate}{tests}{nth}", *lines])


def entry(key: Key, reason: str) -> str:
    """A key as it is written in survivors.toml."""
    values = {**asdict(key), "reason": reason}
    lines = [f"{name} = {value if isinstance(value, int) else _quoted(value)}" for name, value in values.items()]
    return "\n".join(["[[survivor]]", *(line for line in lines if line != "nth = 1")])


def _quoted(text: str) -> str:
    if "'" not in text and "\n" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
