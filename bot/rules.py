"""The rules in force: those of the file, and of several processes on one PostgreSQL the same in each."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from pydantic import ConfigDict, TypeAdapter, ValidationError
from sqlalchemy import delete
from sqlalchemy.engine import Connection
from sqlmodel import Session, col, select

from approvals.audit import chain
from approvals.audit.evidence import broken_since, newest
from approvals.authority.rules import Rule, Rules
from approvals.models import RulesInForce
from approvals.queue import outgoing
from approvals.queue.store import Store
from approvals.views.thread import body
from bot.config.rules_file import load_rules
from bot.config.settings import Settings, SettingsError
from bot.http.edge import Line
from bot.neighbours import others_of

log = logging.getLogger(__name__)
REMEMBERED = 50  # Texts of rules by which a process knows that its file was replaced.
EVENT = "rules.in_force"
FORGED = (
    ":rotating_light: *The rules in the bot's database can't be proven, and are not used.* Those before stay. Somebody may have changed "
    "the database: find out who can write to it. A SIGHUP puts the rules of the file in force again."
)
SHAPE = TypeAdapter(tuple[Rule, ...], config=ConfigDict(extra="forbid"))


class Own(NamedTuple):
    """The rules that a process was given by its file or its settings, as they are written to the database."""

    digest: str
    content: str


def own(rules: Rules) -> Own:
    """Rules are the same where they say the same, however their file words it."""
    content = SHAPE.dump_json(tuple(rules.rules)).decode()
    return Own(hashlib.sha256(content.encode()).hexdigest(), content)


class InForce:
    """`rules` are those in force; `changed` is called when others have come into force."""

    def __init__(self, settings: Settings, changed: Callable[[], None]) -> None:
        self._settings = settings
        self._changed = changed
        self._shared: SharedRules | None = None
        self.rules = load_rules(settings)

    def share(self, store: Store, clock: Callable[[], datetime], owner: str) -> None:
        """From now on they are the same in all processes on this database."""
        self._shared = SharedRules(store, clock, owner, self.rules)
        self.rules = self._shared.look() or self.rules

    def reload(self) -> None:
        """Reads the file anew, for every process; wrong rules are told in the log, and those in force stay."""
        try:
            given = load_rules(self._settings)
        except SettingsError as error:
            for line in error.lines:
                log.error("the rules were not reloaded: %s", line)  # noqa: TRY400  The sentence says all.
            return
        if self._shared:
            self._shared.put(given)
        self._take(given, "the rules were reloaded")

    def look(self) -> None:
        """Takes what another process has put in force since."""
        found = self._shared.look() if self._shared else None
        if found is not None:
            self._take(found, "another process's rules are in force")

    def looks(self) -> list[Callable[[], Line]]:
        """For `/readyz`, where there may be several processes."""
        return [self._shared.line] if self._shared else []

    def _take(self, rules: Rules, told: str) -> None:
        self.rules = rules
        self._changed()
        log.info("%s: %s", told, ", ".join(rule.name for rule in rules.rules))


class SharedRules:
    """Keeps the rules of several processes the same: what was put in force last is so in each of them after its next `look`.

    Rules that no process had before are put in force, and so are those that a process is told to read (`put`). A process that
    starts with rules that were replaced takes those in force while others work, so that a machine that was forgotten brings no
    old rules back; where no other is there, its rules are in force.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime], owner: str, given: Rules) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._take(given)
        with store.write(alone=True) as session:
            if self._goes_first(session):
                self._put(session)

    def put(self, given: Rules) -> None:
        """These are in force from now on, in every process."""
        self._take(given)
        with self._store.write(alone=True) as session:
            self._put(session)

    def _take(self, given: Rules) -> None:
        self._own, self._given, self._trouble = own(given), given, ""
        self._known = self._own.digest

    def look(self) -> Rules | None:
        """The rules that another process has put in force since the last look; None when there are none.

        They count as far as the audit proves them, so that whoever may write to the database can't put others in force.
        """
        with self._store.read() as session:
            found = _newest(session)
            if found is None or found.digest == self._known:
                return None
            proven = _is_proven(session, found)
        self._known = found.digest
        if not proven:
            self._alarm()
            return None
        return self._understood(found)

    def _understood(self, found: RulesInForce) -> Rules | None:
        try:
            rules = SHAPE.validate_json(found.content)
        except ValidationError:
            self._trouble = f"those that {found.owner} has put in force are of another version of orgbot: install the same everywhere"
            log.exception("the rules that another process has put in force are not understood")
            return None
        self._trouble = ""
        return Rules(rules, self._given.without)

    def _alarm(self) -> None:
        self._trouble = (
            "those in the database were not put in force by orgbot, and are not used: find out who can write to it"
        )
        log.error("the rules in force were changed in the database; those before stay")
        with self._store.write() as session:
            outgoing.notice(session, self._clock(), body(FORGED))

    def line(self) -> Line:
        """For `/readyz`: not ok when this process can't decide by the rules that are in force."""
        if self._trouble:
            return ("shared rules", False, self._trouble)
        if self._known != self._own.digest:
            return (
                "shared rules",
                None,
                "the rules file of this process was replaced by another process's: bring it up to date",
            )
        return ("shared rules", True, "those of its rules file")

    def _goes_first(self, session: Session) -> bool:
        last = _newest(session)
        if last is None or session.get(RulesInForce, self._own.digest) is None:
            return True
        return last.digest != self._own.digest and not others_of(session, self._owner, self._clock())

    def _put(self, session: Session) -> None:
        session.merge(
            RulesInForce(digest=self._own.digest, content=self._own.content, owner=self._owner, at=self._clock())
        )
        names = [rule.name for rule in self._given.rules]
        chain.record(session, self._clock(), EVENT, chain.ORGBOT, digest=self._own.digest, rules=names)
        session.flush()
        session.execute(delete(RulesInForce).where(col(RulesInForce.at) > self._clock()))  # The bot writes none such.
        kept = select(RulesInForce.digest).order_by(col(RulesInForce.at).desc()).limit(REMEMBERED)
        session.execute(delete(RulesInForce).where(col(RulesInForce.digest).not_in(kept)))


def are_in_force(connection: Connection, rules: Rules) -> bool:
    """Whether the processes on this database have these rules, or none has said which it has."""
    with Session(connection) as session:
        found = _newest(session)
    return found is None or found.digest == own(rules).digest


def _is_proven(session: Session, found: RulesInForce) -> bool:
    told = newest(session, EVENT)
    noted = told.detail.get("digest") if told and isinstance(told.detail, dict) else None
    is_noted = found.digest == noted == hashlib.sha256(found.content.encode()).hexdigest()
    return is_noted and told is not None and not broken_since(session, told.id)


def _newest(session: Session) -> RulesInForce | None:
    return session.exec(select(RulesInForce).order_by(col(RulesInForce.at).desc()).limit(1)).first()
