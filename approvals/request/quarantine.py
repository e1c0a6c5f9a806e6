"""A restored database changes nothing in AWS before whoever runs the bot says so (`orgbot restore --release`): that the one it
replaces is not worked on any more, only they know. What is under way is looked at and followed; what waits for people waits on.

The audit says how far it is, so that nobody ends it by writing to the database; the row of the installation alone can only begin it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from approvals.audit import chain
from approvals.audit.evidence import newest
from approvals.audit.signing import check_key
from approvals.models import LIVE, Installation, Request
from approvals.queue import outgoing
from approvals.queue.store import Store
from approvals.request import restored
from approvals.states import EXECUTING
from approvals.views.on_hold import FAILED_LOOKS
from approvals.views.thread import body
from operations.snapshot.names import utc

log = logging.getLogger(__name__)
# Events: a backup has replaced the database; a bot has begun on it; it carries out what was approved again.
REPLACED, HELD, RELEASED = "database.replaced", "database.restored", "database.released"
AFRESH, HOLDS = "restored", "held"  # The same in the row, empty when it is over.


class Quarantine:
    """Whether this database was restored and is not released yet, as this process knows it; `look` asks the database while it is so."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._backup_at: datetime | None = None
        self._on = self._begin()

    def __bool__(self) -> bool:
        return self._on

    def look(self) -> None:
        """Ends when it was released; every process learns it with its next tick."""
        if not self._on:
            return
        with self._store.read() as session:
            self._on = bool(state(session))
        if not self._on:
            log.warning("the quarantine is over: what was approved is carried out again")

    def line(self) -> tuple[str, bool | None, str]:
        """For `/readyz`."""
        if not self._on:
            return ("quarantine", True, "over")
        since = utc(self._backup_at) if self._backup_at else "an unknown time"
        said = f"{restored.FROM} of {since} and changes nothing in AWS; `orgbot restore --release` ends it"
        return ("quarantine", None, said)

    def _begin(self) -> bool:
        with self._store.write(alone=True) as session:
            now, is_state = self._clock(), state(session)
            if not is_state:
                return False
            self._backup_at = _backup_at(session)
            if is_state == AFRESH:
                session.execute(update(Installation).values(quarantine=HOLDS, held_at=now))
                told = restored.prepare(session, self._backup_at or now, now)
                chain.record(session, now, HELD, chain.ORGBOT, **told)
        return True


def state(session: Session) -> str:
    """How far it is: AFRESH, HOLDS, or empty where nothing was restored since the last release."""
    told = newest(session, REPLACED, HELD, RELEASED)
    row = session.exec(select(Installation.quarantine)).first() or ""
    event = told.event if told else RELEASED
    if AFRESH in (row, event) or event == REPLACED:
        return AFRESH
    return HOLDS if row == HOLDS or event == HELD else ""


def _backup_at(session: Session) -> datetime | None:
    told = newest(session, REPLACED)
    row = session.exec(select(Installation.backup_at)).first()
    return datetime.fromisoformat(told.detail["backup_at"]) if told else row


def replaced(session: Session, at: datetime, backup_at: datetime) -> None:
    """Notes that a backup has replaced what was in this database, and that nobody on it has looked yet. Raises KeyMissingError."""
    check_key(session)
    session.execute(update(Installation).values(quarantine=AFRESH, backup_at=backup_at, held_at=None))
    chain.record(session, at, REPLACED, chain.ORGBOT, backup_at=backup_at.isoformat())


def release(store: Store, now: datetime) -> list[int]:
    """Lets every process go on; instead gives the requests that were not looked at yet, if there are any.

    Raises NotHeldError, and KeyMissingError where it couldn't say so in the audit.
    """
    with store.write(alone=True) as session:
        check_key(session)
        is_state = state(session)
        if is_state != HOLDS:
            raise NotHeldError(is_state)
        left = unseen(session)
        if not left:
            session.execute(update(Installation).values(quarantine=""))
            chain.record(session, now, RELEASED, chain.ORGBOT)
            outgoing.notice(session, now, body(":white_check_mark: *orgbot carries out approved requests again.*"))
        return left


def unseen(session: Session) -> list[int]:
    """The numbers of the requests under way that have not been looked at in AWS since the restore."""
    held = newest(session, HELD)
    held_at = datetime.fromisoformat(held.at) if held else None
    under_way = select(Request.id).where(LIVE, col(Request.status).in_(EXECUTING)).order_by(col(Request.id))
    return [number or 0 for number in session.exec(under_way).all() if not _is_seen(session, number, held_at)]


def _is_seen(session: Session, number: int | None, held_at: datetime | None) -> bool:
    """What can't be read is not carried out either, and holds nothing up."""
    try:
        request = session.get_one(Request, number)
        return bool(held_at and request.due_at and request.due_at > held_at) and not request.memory.get(FAILED_LOOKS)
    except (ValueError, AttributeError):
        return True


class NotHeldError(Exception):
    """There is nothing to release; the text says why."""

    def __init__(self, state: str) -> None:
        super().__init__(
            "start orgbot first: it looks in AWS at what was under way"
            if state == AFRESH
            else "this database is not in quarantine: nothing was restored since the last release"
        )
