"""Whether the bot can do its work just now, one line for each thing it needs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal, Protocol

from sqlmodel import col, func, select, text

from approvals.authority.bindings import Bindings
from approvals.models import Message
from approvals.queue.store import Store
from approvals.queue.worker import set_aside_jobs
from approvals.slack.codes import meaning
from bot.http.edge import Line
from bot.slack import SlackHealth
from bot.snapshot.cache import SnapshotCache
from operations.snapshot.names import counted

log = logging.getLogger(__name__)


class Connected(Protocol):
    """A transport that can tell whether Slack reaches the bot."""

    def connected(self) -> bool: ...


class Readiness:
    """`lines()` gives (name, ok, detail) for `/readyz`, from the first moment on; `watch` adds what there is only later."""

    def __init__(self, health: SlackHealth) -> None:
        self._health = health
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
        """Looks at these from now on. AWS being away does not count, because looking and asking go on without it."""
        self._looks = [
            lambda: _database(store),
            lambda: _slack(self._health.problem(connected=transport.connected())),
            lambda: _messages(store),
            lambda: _jobs(store),
            lambda: ("organization", None if snapshot.problem else True, snapshot.problem or "read"),
            lambda: _rules(bindings),
            *others,
        ]

    def lines(self) -> list[Line]:
        """What is needed to answer and to carry out."""
        looks = self._looks or [lambda: _slack(self._health.problem(connected=False))]
        return [("process", self.state == "started", self.state), *(look() for look in looks)]


def _rules(bindings: Bindings) -> Line:
    """The bot goes on with what the rules named; somebody has to bring them up to date all the same."""
    told = " ".join(drift.sentence for drift in bindings.drifts)
    return ("rules", None if told else True, told or "fit the organization")


def _slack(problem: str) -> Line:
    return ("slack", not problem, problem or "connected")


def _database(store: Store) -> Line:
    try:
        with store.read() as session:
            session.execute(text("SELECT 1"))
    except Exception as error:
        log.exception("the database does not answer")
        return ("database", False, type(error).__name__)
    return ("database", True, "answers")


def _messages(store: Store) -> Line:
    """What Slack refuses, and what to mend; the bot goes on with everything else."""
    waiting = select(Message.error, func.count()).where(
        col(Message.status).in_(("queued", "sending")), Message.error != ""
    )
    try:
        with store.read() as session:
            found = session.exec(waiting.group_by(Message.error).order_by(Message.error)).all()
    except Exception:  # noqa: BLE001  The line above tells of the database.
        return ("messages", None, "not known")
    told = "; ".join(f"{counted(number, 'message')} can't be sent: {meaning(code)}" for code, number in found)
    return ("messages", None if told else True, told or "nothing to mend")


def _jobs(store: Store) -> Line:
    """What was set aside keeps nothing else from being done, so that the bot is ready all the same."""
    try:
        with store.read() as session:
            aside = set_aside_jobs(session)
    except Exception:  # noqa: BLE001  The line above tells of the database.
        return ("jobs", None, "not known")
    if not aside:
        return ("jobs", True, "none set aside")
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(aside.items()))
    return ("jobs", None, f"set aside after an error of the bot's own, see the log: {kinds}")
