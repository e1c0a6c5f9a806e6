"""Who is able to approve under a rule: its people and groups opened, as Slack knows them; how many it asks for therefore, and whether
they are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from approvals.authority.directory import Directory, Person
from approvals.authority.quorum import Seat, missing, seat, together
from approvals.authority.rules import Rule
from approvals.slack.named import Aliases, same

MOST = 100  # Of so many Slack is asked; it tells 100 a minute.


@dataclass(frozen=True)
class Able:
    """Somebody who may approve, and the group for which they speak."""

    person: Person
    seat: Seat


@dataclass(frozen=True)
class Electorate:
    """Those who may approve, each person once; `complete` unless there are more of whom Slack was not asked."""

    able: tuple[Able, ...]
    complete: bool = True

    @property
    def seats(self) -> list[Seat]:
        """The seat of each."""
        return [one.seat for one in self.able]


Enough = Callable[[Sequence[Able]], bool]


def electorate(
    directory: Directory, rule: Rule, taken: Sequence[Aliases], enough: Enough, known: Sequence[Aliases] = ()
) -> Electorate:
    """Who may approve under the rule without those in `taken`, such as the requester, and all who are the same as they.

    Nobody else is looked up once there are `enough`. Raises SlackAwayError.
    """
    found: list[Able] = []
    for number, user in enumerate(_users(directory, rule)):
        if enough(found) or number >= MOST:
            return Electorate(tuple(found), complete=False)
        person = directory.look(user)
        is_taken = any(same(person.aliases, other, (*taken, *known)) for other in taken)
        if not is_taken and directory.stranger(person) is None:
            speaks = seat(rule, lambda names, person=person: directory.among(person, names))  # type: ignore[misc]
            found = _with(found, Able(person, speaks))
    return Electorate(tuple(found))


def _users(directory: Directory, rule: Rule) -> Iterator[str]:
    seen: set[str] = set()
    for word in rule.deciders():
        for user in directory.users(word):
            if user not in seen:
                seen.add(user)
                yield user


def _with(found: list[Able], new: Able) -> list[Able]:
    """With one more; somebody who is there already by another account gets both seats."""
    for number, one in enumerate(found):
        if same(one.person.aliases, new.person.aliases):
            return [*found[:number], replace(one, seat=together(one.seat, new.seat)), *found[number + 1 :]]
    return [*found, new]


def approvals_asked(directory: Directory, rule: Rule, requester: Aliases, known: Sequence[Aliases] = ()) -> int:
    """How many approvals the rule asks for: as many as there are people, where it says so. Raises SlackAwayError."""
    if rule.approvals_if_able <= rule.approvals:
        return rule.approvals
    found = electorate(directory, rule, (requester,), lambda able: len(able) >= rule.approvals_if_able, known)
    return max(
        rule.approvals, min(rule.approvals_if_able, len(found.able) if found.complete else rule.approvals_if_able)
    )


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
