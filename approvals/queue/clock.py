"""The time by which things are due, while the machine's clock is set: forth, back, for a moment or for good.

A clock that is set for some minutes only, and then set right again, is not followed. Source: Linux manual, "clock_gettime".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from approvals.models import Attempt, HomeViewer, Interaction, Message, Request, RoleSession, Stumble
from approvals.queue.leases import running_seconds

APART = timedelta(seconds=2)  # Less is a clock that is kept right in small steps.
PATIENCE = 600.0  # Seconds after which the machine's clock is believed.
DUE = (
    *(Request.due_at, Request.remind_at, Request.tell_at),
    *(Message.due_at, Interaction.due_at, HomeViewer.due_at, RoleSession.due_at, Stumble.again_at),
)
BEGUN = (Attempt.started_at, Message.started_at)


def machine_time() -> datetime:
    """The machine's clock, aware UTC."""
    return datetime.now(UTC)


class SteadyClock:
    """Aware UTC that follows the machine's clock in small steps; a larger one only when it has stood for `PATIENCE` seconds.

    `look` is to be called regularly; it gives whether this clock has gone back. `was_set` says of the machine's clock that it was
    set since the look before.
    """

    def __init__(
        self, machine: Callable[[], datetime] = machine_time, seconds: Callable[[], float] = running_seconds
    ) -> None:
        self._machine = machine
        self._seconds = seconds
        self._apart_since: float | None = None
        self._began = self._last = machine() - timedelta(seconds=seconds())
        self.was_set = False

    def __call__(self) -> datetime:
        return self._began + timedelta(seconds=self._seconds())

    def look(self) -> bool:
        """Compares the clocks; True when due times that were set before may now lie far ahead."""
        seconds = self._seconds()
        began = self._machine() - timedelta(seconds=seconds)
        apart = began - self._began
        self.was_set, self._last = abs(began - self._last) > APART, began
        if abs(apart) <= APART:
            self._began, self._apart_since = began, None
            return False
        if self._apart_since is None:
            self._apart_since = seconds
        if seconds - self._apart_since < PATIENCE:
            return False
        self._began, self._apart_since = began, None
        return apart < timedelta(0)


def pull_in(session: Session, now: datetime) -> int:
    """Makes due at once what waits for a time ahead, and lets nothing have begun later than now; gives how many rows waited.

    For a clock that has gone back. To look too early does no harm: what waits looks at what it waits for.
    """
    changed = [_at_most(session, moment, now) for moment in (*DUE, *BEGUN)]
    return sum(changed[: len(DUE)])


def _at_most(session: Session, moment: Any, now: datetime) -> int:
    statement = update(moment.class_).where(col(moment) > now).values({moment.key: now})
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]
