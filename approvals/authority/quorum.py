"""Who may decide a request now, and do their approvals satisfy its rule? One judgement for the click, for the card, and for the
last look before AWS. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from approvals.authority.rules import Rule
from approvals.models import Request, Vote


class Seat(StrEnum):
    """For which group an approver speaks."""

    NONE = ""
    """Named by neither group: the approval does not count."""
    FIRST = "first"
    """One of `approvers`."""
    SECOND = "second"
    """One of `second_approvers`."""
    EITHER = "either"
    """One of both; counts once, where it is needed."""


@dataclass(frozen=True)
class Missing:
    """How many approvals are still needed: of `approvers`, of `second_approvers`, and of whichever of the two."""

    first: int = 0
    second: int = 0
    either: int = 0

    def __bool__(self) -> bool:
        return bool(self.first or self.second or self.either)


def seat(rule: Rule, among: Callable[[tuple[str, ...]], bool]) -> Seat:
    """For which group somebody speaks; `among` tells whether they are one of some people, and raises what it raises."""
    first = among(rule.approvers)
    second = bool(rule.second_approvers) and among(rule.second_approvers)
    return {(True, True): Seat.EITHER, (True, False): Seat.FIRST, (False, True): Seat.SECOND}.get(
        (first, second), Seat.NONE
    )


def together(one: Seat, other: Seat) -> Seat:
    """For which group one person speaks who has both seats, by two accounts of theirs."""
    return one or other if one == other or not (one and other) else Seat.EITHER


def missing(rule: Rule, promised: int, seats: Iterable[Seat]) -> Missing:
    """What is missing, given a seat for each person who approved.

    `promised` is the number on the card: a rule that was tightened since counts, one that was loosened does not.
    """
    taken = list(seats)
    needed = max(promised, rule.approvals)
    of_second = 1 if rule.second_approvers else 0
    first = max(needed - of_second - taken.count(Seat.FIRST), 0)
    second = max(of_second - taken.count(Seat.SECOND), 0)
    left = max(first + second - taken.count(Seat.EITHER), 0)
    if not (first and second):
        return Missing(first=left) if first else Missing(second=left)
    if not taken.count(Seat.EITHER):
        return Missing(first, second)
    return Missing(
        first=max(left - 1, 0), either=min(left, 1)
    )  # The one who speaks for both fills whichever seat is left.


def escalated(rule: Rule) -> Rule:
    """The rule as it is once others are called upon as well."""
    second = (*rule.second_approvers, *rule.escalate_to) if rule.second_approvers else ()
    return replace(rule, approvers=(*rule.approvers, *rule.escalate_to), second_approvers=second)


def cannot_decide(request: Request, approved: Iterable[Vote]) -> frozenset[str]:
    """User ids and e-mails of the requester and of those who approved already: nobody waits for them."""
    votes = list(approved)
    return frozenset({request.requester, request.person, *(v.user for v in votes), *(v.person for v in votes)})
