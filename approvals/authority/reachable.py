"""Whether a rule's approvals can still be given by those who may give them. Pure, over one rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from approvals.authority.quorum import Seat, missing
from approvals.authority.rules import Rule


@dataclass(frozen=True)
class Shortfall:
    """Why a rule's approvals cannot be reached.

    `needed` approvals, and `able` people who have given or may give one; `second` says that none of the second approvers is
    among them who is not needed already; `gone` that there is no such rule any more; `why`, a sentence, that no rule decides.
    """

    rule: str
    needed: int = 0
    able: int = 0
    second: bool = False
    gone: bool = False
    why: str = ""


def shortfall(rule: Rule, promised: int, approved: Iterable[Seat], able: Iterable[Seat]) -> Shortfall | None:
    """What is missing even when everybody approves who may; None when it is enough.

    `promised` is the number on the card; `approved` has a seat for each person who has approved, `able` for each other person who
    may.
    """
    seats = [one for one in (*approved, *able) if one]
    left = missing(rule, promised, seats)
    if not left:
        return None
    needed = max(promised, rule.approvals)
    return Shortfall(rule.name, needed, len(seats), second=bool(left.second) and len(seats) >= needed)


def indispensable(rule: Rule, able: Iterable[Seat]) -> tuple[int, ...]:
    """The places in `able` of those without whom the rule's approvals cannot be reached."""
    seats = list(able)
    return tuple(
        number
        for number in range(len(seats))
        if shortfall(rule, rule.approvals, (), [*seats[:number], *seats[number + 1 :]])
    )
