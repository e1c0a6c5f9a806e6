"""What the words of the rules meant when they were first seen. A guard stays with the OU or the account that it named, whatever
that is called afterwards, and whoever keeps the rules is told when a word no longer fits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

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
SEEN_EVERY = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)  # Until then another process may have the word in its rules.
WAY_OUT = "Bring ORGBOT_RULES up to date; until then the rule applies to what it named."


@dataclass(frozen=True)
class Drift:
    """A word of the rules that no longer fits, and a sentence that says why and what to do."""

    key: Key
    word: str
    sentence: str


class Witness:
    """Knows besides the rows what the words are bound to; this one knows nothing. `approvals.audit.guards` has the audit's."""

    def told(self, session: Session) -> Words | None:
        """What was noted last; None where nothing was."""

    def is_cut(self, _: Session) -> bool:
        """Whether it may have lost what was noted last."""
        return False

    def see(self, session: Session) -> None:
        """Remembers what was noted last, so that it isn't lost unseen."""

    def note(self, session: Session, bound: Words, now: datetime) -> None:
        """Notes what is bound from now on."""

    def alarm(self, session: Session, changed: list[str], now: datetime) -> None:
        """Tells that rows are not what was noted, and were put back."""


class Bindings:
    """Keeps the words' meanings in the database; `guards` is what was bound when the organization was read last."""

    def __init__(
        self, store: Store, rules: Callable[[], Rules], clock: Callable[[], datetime], witness: Witness | None = None
    ) -> None:
        self._store = store
        self._witness = witness or Witness()
        self._rules = rules
        self._clock = clock
        self.guards = Guards()
        self._bound: Words = {}
        self.drifts: tuple[Drift, ...] = ()

    def refresh(self, organization: Organization) -> None:
        """Binds new words, forgets those that no process's rules have had for a day, and tells the approval channel of a drift
        once.
        """
        today = meant(self._rules(), organization)
        with self._store.write(alone=True) as session:
            cut, told = self._witness.is_cut(session), self._witness.told(session)
            if cut:
                kept = kept_in(session.exec(select(Binding)).all())
                self._put_back(session, _together(told or {}, kept, today, self._bound))
            elif told is not None:
                self._put_back(session, told)
            bound = _bound(session, today, organization, self._clock())
            kept = kept_in(session.exec(select(Binding)).all())
            if news := kept != told:
                self._witness.note(session, kept, self._clock())
            self.drifts = tuple(drifts(bound, today, organization))
            _tell(session, self.drifts, self._clock())
        self.guards, self._bound = guards_of(bound), bound
        if news:
            with self._store.read() as session:
                self._witness.see(session)

    def _put_back(self, session: Session, told: Words) -> None:
        """Rows that are not what was noted were written by somebody else, and are made anew."""
        rows = session.exec(select(Binding)).all()
        kept = kept_in(rows)
        if kept == told:
            return
        now = self._clock()
        changed = {word for key, word in kept.keys() | told.keys() if kept.get((key, word)) != told.get((key, word))}
        _delete(session, list(rows))
        session.flush()
        session.add_all(_rows(told, now))
        session.flush()
        self._witness.alarm(session, sorted(changed), now)


def _together(*all_meant: Words) -> Words:
    """Where nobody knows what was bound, a guard is for all that it may have been."""
    words = {named for one in all_meant for named in one}
    return {named: frozenset().union(*(one.get(named, ()) for one in all_meant)) for named in words}


def _rows(bound: Words, now: datetime) -> Iterator[Binding]:
    for (key, word), ids in bound.items():
        yield from (Binding(key=key, word=word, meant=one, bound_at=now, seen_at=now) for one in sorted(ids))


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


def rebound(kept: Words, today: Words, organization: Organization) -> Words:
    """What the words are bound to once the organization was read, given what was kept of them. One whose meanings are all gone
    is bound anew, where it names something again.
    """
    known = organization.units_by_id.keys() | organization.accounts_by_id.keys()
    return {
        named: ids if ids and not kept.get(named, frozenset()) & known else kept.get(named, frozenset())
        for named, ids in today.items()
    }


def kept_in(rows: Iterable[Any]) -> Words:
    """What the words are bound to by the rows of the database."""
    found: dict[tuple[Key, str], set[str]] = defaultdict(set)
    for row in rows:
        found[row.key, row.word].add(row.meant)
    return {named: frozenset(ids) for named, ids in found.items()}


def _bound(session: Session, today: Words, organization: Organization, now: datetime) -> Words:
    """What the words are bound to from now on, in the database as well."""
    rows: dict[tuple[str, str], list[Binding]] = defaultdict(list)
    for row in session.exec(select(Binding)).all():
        rows[row.key, row.word].append(row)
    kept = kept_in(row for found in rows.values() for row in found)
    bound = rebound(kept, today, organization)
    for (key, word), ids in bound.items():
        found = rows.pop((key, word), [])
        if ids == kept.get((key, word), frozenset()):
            _note_seen(session, found, now)
            continue
        _delete(session, found)
        session.add_all(_rows({(key, word): ids}, now))
    for found in rows.values():
        _delete(session, [row for row in found if _age(row, now) > FORGOTTEN_AFTER])
    session.flush()
    return bound


def _note_seen(session: Session, rows: list[Binding], now: datetime) -> None:
    for row in rows:
        if _age(row, now) > SEEN_EVERY:
            row.seen_at = now
            session.add(row)


def _age(row: Binding, now: datetime) -> timedelta:
    return now - (row.seen_at or row.bound_at or now)


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
