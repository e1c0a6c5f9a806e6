"""What the words of the rules meant when they were first seen. A guard stays with the OU or the account that it named, whatever
that is called afterwards, and whoever keeps the rules is told when a word no longer fits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, select

from approvals.authority.rules import ACCOUNT_ID, UNIT_ID, Guards, Rules, segments
from approvals.models import Binding
from approvals.queue import outgoing
from approvals.queue.store import Store
from approvals.slack.blocks import escape, section
from operations.snapshot.names import listed
from operations.snapshot.organization import Organization

Key = Literal["under", "accounts"]
Words = Mapping[tuple[Key, str], frozenset[str]]
WAY_OUT = "Bring ORGBOT_RULES up to date; until then the rule guards what it named."


@dataclass(frozen=True)
class Drift:
    """A word of the rules that no longer fits, and a sentence that says why and what to do."""

    key: Key
    word: str
    sentence: str


class Bindings:
    """Keeps the words' meanings in the database; `guards` is what was bound when the organization was read last."""

    def __init__(self, store: Store, rules: Callable[[], Rules], clock: Callable[[], datetime]) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self.guards = Guards()
        self.drifts: tuple[Drift, ...] = ()

    def refresh(self, organization: Organization) -> None:
        """Binds new words, forgets those that the rules no longer have, and tells the approval channel of a drift once."""
        today = meant(self._rules(), organization)
        with self._store.write(alone=True) as session:
            bound = _bound(session, today, organization, self._clock())
            self.drifts = tuple(drifts(bound, today, organization))
            _tell(session, self.drifts, self._clock())
        self.guards = guards_of(bound)


def meant(rules: Rules, organization: Organization) -> Words:
    """What each word that is a name means now, by ids: nothing, one thing, or several that are called alike."""
    words: dict[tuple[Key, str], frozenset[str]] = {}
    for rule in rules.rules:
        if rule.under != "/" and not UNIT_ID.fullmatch(rule.under):
            words["under", rule.under] = frozenset(_units(rule.under, organization))
        for word in rule.accounts:
            if not ACCOUNT_ID.fullmatch(word):
                words["accounts", word] = frozenset(_accounts(word, organization))
    return words


def guards_of(bound: Words) -> Guards:
    """The bindings as rules take them."""
    units = {word: ids for (key, word), ids in bound.items() if key == "under" and ids}
    return Guards(units, {word: ids for (key, word), ids in bound.items() if key == "accounts" and ids})


def drifts(bound: Words, today: Words, organization: Organization) -> Iterator[Drift]:
    """Each word that means something else by now than what it is bound to, or several things."""
    for (key, word), ids in bound.items():
        now = today.get((key, word), frozenset())
        if len(ids | now) > 1 and ids == now:
            yield Drift(
                key, word, f"“{word}” names {listed(_called(ids, organization))}. Give the id of the one that is meant."
            )
        elif ids and ids != now:
            yield Drift(key, word, f"“{word}” named {listed(_called(ids, organization))}. {WAY_OUT}")


def _called(ids: frozenset[str], organization: Organization) -> list[str]:
    return sorted(_label(one, organization) for one in ids)


def _label(one: str, organization: Organization) -> str:
    if one in organization.units_by_id:
        return f"{one}, which is {organization.path_of(one)} now"
    if one in organization.accounts_by_id:
        account = organization.accounts_by_id[one]
        return f"{one}, which is {account.name} ({account.email}) now"
    return f"{one}, which is not in the organization any more"


def _units(word: str, organization: Organization) -> Iterator[str]:
    """Compared name by name: a name may hold a slash, and AWS tells names apart by their case."""
    wanted = segments(word)
    for unit in organization.units:
        if tuple(name.casefold() for name in _names(unit.id, organization)) == wanted:
            yield unit.id


def _names(unit: str, organization: Organization) -> list[str]:
    found: list[str] = []
    at = organization.units_by_id.get(unit)
    while at is not None and at.parent:
        found.append(at.name)
        at = organization.units_by_id.get(at.parent)
    return found[::-1]


def _accounts(word: str, organization: Organization) -> Iterator[str]:
    for account in organization.accounts:
        if word.casefold() == (account.email if "@" in word else account.name).casefold():
            yield account.id


def _bound(session: Session, today: Words, organization: Organization, now: datetime) -> Words:
    """What the words are bound to from now on. One whose meanings are all gone is bound anew, where it names something again."""
    kept: dict[tuple[str, str], list[Binding]] = defaultdict(list)
    for row in session.exec(select(Binding)).all():
        kept[row.key, row.word].append(row)
    bound: dict[tuple[Key, str], frozenset[str]] = {}
    for (key, word), ids in today.items():
        rows = kept.pop((key, word), [])
        there = {row.meant for row in rows} & (organization.units_by_id.keys() | organization.accounts_by_id.keys())
        if ids and not there:
            _delete(session, rows)
            session.add_all(Binding(key=key, word=word, meant=one, bound_at=now) for one in sorted(ids))
            bound[key, word] = ids
        else:
            bound[key, word] = frozenset(row.meant for row in rows)
    for rows in kept.values():
        _delete(session, rows)
    session.flush()
    return bound


def _delete(session: Session, rows: list[Binding]) -> None:
    for row in rows:
        session.delete(row)


def _tell(session: Session, found: tuple[Drift, ...], now: datetime) -> None:
    for drift in found:
        same = select(Binding).where(Binding.key == drift.key, Binding.word == drift.word)
        rows = [row for row in session.exec(same).all() if row.told != drift.sentence]
        if rows:
            text = f":warning: The rules have to be brought up to date: {escape(drift.sentence)}"
            outgoing.notice(session, now, {"text": text, "blocks": [section(text)]})
        for row in rows:
            row.told = drift.sentence
            session.add(row)
