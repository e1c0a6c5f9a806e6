"""Whether the bot can do its work just now, one line for each thing it needs.

The database is asked beforehand, again and again, so that whoever asks for `/readyz` waits for no lock of its.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from sqlmodel import Session, col, func, select

from approvals.authority.bindings import Bindings
from approvals.models import Message
from approvals.queue.store import Store
from approvals.queue.worker import set_aside_jobs
from approvals.slack.codes import meaning
from bot.database import reason
from bot.http.edge import Line
from bot.slack import SlackHealth
from bot.snapshot.cache import SnapshotCache
from operations.snapshot.names import counted

log = logging.getLogger(__name__)
STALE = 0.8  # Seconds without an answer; the pulse asks several times in one.
UNKNOWN: dict[str, Line] = {name: (name, None, "not known") for name in ("messages", "jobs")}


class Connected(Protocol):
    """A transport that can tell whether Slack reaches the bot."""

    def connected(self) -> bool: ...


class Readiness:
    """`lines()` gives (name, ok, detail) for `/readyz`, from the first moment on; `watch` adds what there is only later."""

    def __init__(self, health: SlackHealth, now: Callable[[], float] = time.monotonic) -> None:
        self._health = health
        self._now = now
        self._store: Store | None = None
        self._asked_at: float | None = None
        self._database: Line = ("database", True, "answers")
        self._messages, self._jobs = UNKNOWN.values()
        self._looks: list[Callable[[], Line]] = []
        self.state: Literal["starting", "started", "stopping"] = "starting"

    def watch(
        self,
        store: Store,
        snapshot: SnapshotCache,
        transport: Connected,
        bindings: Bindings,
        *others: Callable[[], Line],
    ) -> None:
        """Looks at these from now on. AWS being away does not count, because looking and asking go on without it; credentials
        with which the bot must not work do.
        """
        self._store = store
        self.look()
        self._looks = [
            self._last_of_database,
            lambda: _slack(self._health.problem(connected=transport.connected())),
            lambda: self._messages,
            lambda: self._jobs,
            lambda: _organization(snapshot),
            lambda: _rules(bindings),
            *others,
        ]

    def look(self) -> None:
        """Asks the database; a change is logged, not every look."""
        if self._store is None:
            return
        self._asked_at = self._now()
        try:
            self._store.look()
            with self._store.read() as session:
                found, messages, jobs = "", _messages(session), _set_aside(set_aside_jobs(session))
        except Exception as error:  # noqa: BLE001  Whatever it is, the database does not answer.
            found, (messages, jobs) = reason(error), UNKNOWN.values()
        if bool(found) == self._database[1]:
            log.log(logging.ERROR if found else logging.INFO, "the database %s", found or "answers again")
        self._database, self._messages, self._jobs = ("database", not found, found or "answers"), messages, jobs
        self._asked_at = None

    @property
    def stores(self) -> bool:
        """Whether the database took and gave what was asked of it last."""
        return self._last_of_database()[1] is True

    def _last_of_database(self) -> Line:
        asked = self._asked_at
        waits = self._now() - asked if asked is not None else 0.0
        return self._database if waits <= STALE else ("database", False, f"has not answered for {waits:.1f} s")

    def lines(self) -> list[Line]:
        """What is needed to answer and to carry out."""
        looks = self._looks or [lambda: _slack(self._health.problem(connected=False))]
        return [("process", self.state == "started", self.state), *(look() for look in looks)]


def _organization(snapshot: SnapshotCache) -> Line:
    if snapshot.misplaced:
        return ("organization", False, snapshot.misplaced)
    return ("organization", None if snapshot.problem else True, snapshot.problem or "read")


def _rules(bindings: Bindings) -> Line:
    """The bot goes on with what the rules named; somebody has to bring them up to date all the same."""
    told = " ".join(drift.sentence for drift in bindings.drifts)
    return ("rules", None if told else True, told or "fit the organization")


def _slack(problem: str) -> Line:
    return ("slack", not problem, problem or "connected")


def _messages(session: Session) -> Line:
    """What Slack refuses, and what to mend; the bot goes on with everything else."""
    waiting = select(Message.error, func.count()).where(
        col(Message.status).in_(("queued", "sending")), Message.error != ""
    )
    found = session.exec(waiting.group_by(Message.error).order_by(Message.error)).all()
    told = "; ".join(f"{counted(number, 'message')} can't be sent: {meaning(code)}" for code, number in found)
    return ("messages", None if told else True, told or "nothing to mend")


def _set_aside(aside: Mapping[str, int]) -> Line:
    """What was set aside keeps nothing else from being done, so that the bot is ready all the same."""
    if not aside:
        return ("jobs", True, "none set aside")
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(aside.items()))
    return ("jobs", None, f"set aside after an error of the bot's own, see the log: {kinds}")
