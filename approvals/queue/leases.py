"""Leases: a worker takes a row for a while, so that no other worker takes it too; a dead worker's lease runs out.

A lease is short, so that the work of a process that died is soon taken over, and is renewed while the work goes on. Who has
slept past the end of one sends nothing more: `Lease.may_send` is asked right before each call leaves the process. What must not
happen twice is guarded besides where it happens, by the status and the owner in the UPDATE.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, update
from sqlalchemy.orm import attributes, util
from sqlmodel import Session, col, select

from approvals.models import HomeViewer, Interaction, Message, Request, RoleSession, UtcTime
from approvals.queue.store import Store, changed, setting

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=8)
RENEWED = timedelta(seconds=2)  # Work that takes longer renews its lease this often.
NOW: Any = bindparam("now", type_=UtcTime)
MARGIN = timedelta(seconds=2)  # For a call to leave the process after it was let through.
Leased = type[Request] | type[Interaction] | type[Message] | type[HomeViewer] | type[RoleSession]


def running_seconds() -> float:
    """Seconds that go on while the process or the machine sleeps, and that nobody sets."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def free(model: Leased, now: Any) -> ColumnElement[bool]:
    """The rows that nobody has in hand: given back, or their lease has run out, whose last moment still counts; `now` may be `NOW`."""
    return or_(col(model.lease_until).is_(None), col(model.lease_until) < now)


def is_in_hand(request: Request, now: datetime) -> bool:
    """The contrary, of a request that was read."""
    return request.lease_until is not None and request.lease_until >= now


def claim(session: Session, model: Leased, row: int, owner: str, now: datetime, *ready: ColumnElement[bool]) -> bool:
    """Whether the row is `owner`'s from now on: it was free, or its lease had run out, and it still meets what it was chosen by.

    A row that somebody else is writing just now is left to them. The condition is asked once the row is locked, so that it holds
    of everything which was committed before, whichever tables it reads; where it has `NOW`, that is this `now`.
    """
    if session.connection().dialect.name == "postgresql" and not _locked(session, model, col(model.id) == row):
        return False
    lease = {"lease_owner": owner, "lease_until": now + LEASE}
    return changed(session, _claiming(model, *ready), lease, row=row, now=now)


def release(session: Session, model: Leased, row: int, owner: str, **values: Any) -> bool:
    """Gives the row back, setting `values` with it; False when the lease was lost in between, and nothing is set."""
    given = {"lease_owner": "", "lease_until": None, **values}
    if not set_held(session, model, row, owner, **given):
        return False
    known = session.identity_map.get(util.identity_key(model, row))
    for name, value in given.items() if known else ():
        attributes.set_committed_value(known, name, value)
    return True


def renew(session: Session, model: Leased, row: int, owner: str, now: datetime) -> bool:
    """Whether the row is still `owner`'s, who has it for as long as somebody who claims it now."""
    return set_held(session, model, row, owner, lease_until=now + LEASE)


def set_held(session: Session, model: Leased, row: int, owner: str, **values: Any) -> bool:
    """Whether the row is still `owner`'s, and has these values from now on; what the session has read of it stays as it was read."""
    return changed(session, _setting_held(model, *values), values, row=row, owner=owner)


# Every job is claimed and released: these statements are made once.
@lru_cache
def _claiming(model: Leased, *ready: ColumnElement[bool]) -> Any:
    mine = setting(model, "lease_owner", "lease_until")
    return mine.where(col(model.id) == bindparam("row"), free(model, NOW), *ready)


@lru_cache
def _setting_held(model: Leased, *names: str) -> Any:
    return setting(model, *names).where(*held(model))


def held(model: Leased) -> tuple[ColumnElement[bool], ...]:
    """The row `row`, as long as it is in the hands of `owner`."""
    return (col(model.id) == bindparam("row"), col(model.lease_owner) == bindparam("owner"))


def forget_all(session: Session) -> int:
    """Ends every lease; right at the start of a process that is alone on its database. Gives their number."""
    models: tuple[Leased, ...] = (Request, Interaction, Message, HomeViewer, RoleSession)
    ended = 0
    for model in models:
        taken = update(model).where(col(model.lease_owner) != "").values(lease_owner="", lease_until=None)
        ended += session.execute(taken).rowcount  # type: ignore[attr-defined]
    return ended


@dataclass
class Lease:
    """One row in one worker's hands, as its process knows it: nobody else takes it before `until`, in `running_seconds`."""

    model: Leased
    row: int
    owner: str
    until: float
    seconds: Callable[[], float]

    def may_send(self) -> bool:
        """Whether the row is surely still ours, and long enough for a call to leave."""
        return self.seconds() < self.until - MARGIN.total_seconds()


@dataclass
class InHand:
    """The leases that a process has just now; `renew` is called every second or so."""

    seconds: Callable[[], float] = running_seconds
    _leases: dict[str, Lease] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def take(self, model: Leased, row: int, owner: str) -> Lease:
        """Notes a lease that is about to be taken: its time runs from before the database hears of it."""
        lease = Lease(model, row, owner, self.seconds() + LEASE.total_seconds(), self.seconds)
        with self._guard:
            self._leases[owner] = lease
        return lease

    def drop(self, lease: Lease) -> None:
        """Its work is over."""
        with self._guard:
            self._leases.pop(lease.owner, None)

    def renew(self, store: Store, clock: Callable[[], datetime]) -> None:
        """Renews what has been in hand for a while. What was lost stays so, and ends by itself."""
        began = self.seconds()
        with self._guard:
            old = [one for one in self._leases.values() if one.until - began <= (LEASE - RENEWED).total_seconds()]
        if not old:
            return
        with store.write() as session:
            renewed = [lease for lease in old if _renew(session, lease, clock())]
        for lease in renewed:
            lease.until = began + LEASE.total_seconds()


def _renew(session: Session, lease: Lease, now: datetime) -> bool:
    """A row that is being written is as good as given back, or is renewed the next time."""
    mine = (col(lease.model.id) == lease.row, col(lease.model.lease_owner) == lease.owner)
    if not _locked(session, lease.model, *mine):
        return False
    return renew(session, lease.model, lease.row, lease.owner, now)


def _locked(session: Session, model: Leased, *where: ColumnElement[bool]) -> bool:
    wanted = select(model.id).where(*where).with_for_update(skip_locked=True, key_share=True)
    return session.exec(wanted).first() is not None
