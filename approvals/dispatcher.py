"""One tick for everything that is due: it reads the tables and hands each row to a worker, once.

The scheduler calls `tick` regularly, and `wake` asks for one at once. Nothing is remembered between ticks but which rows
this process has in hand just now.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, text
from sqlmodel import Session, col, func, select

from approvals.audit.anchors import post as post_anchor
from approvals.context import Context
from approvals.models import LIVE_SQL, HomeViewer, Interaction, Message, Request, RoleSession, UtcTime
from approvals.outbox.home_tabs import OUT_OF_DATE
from approvals.outbox.sending import Outbox
from approvals.queue.leases import Leased, free
from approvals.request.decide import decide, expire, forget_old_clicks
from approvals.request.execute import run
from approvals.request.prepare import announce
from approvals.request.reminders import remind, tell_absent
from approvals.sessions.upkeep import tend
from approvals.states import EXECUTING, Status
from operations.core.steps import Shared

log = logging.getLogger(__name__)
Job = tuple[str, int | str]
BATCH = 200
KEPT_CLICKS = timedelta(days=2)
OLDEST = col(Request.id) + 0  # An expression, because SQLite would walk the whole table in the order of a plain id.


class Dispatcher:
    """Finds due work and runs it on `workers` threads; `bind` tells the log which request it is about, `timer` times the ticks."""

    def __init__(
        self,
        context: Context,
        outbox: Outbox,
        workers: int,
        bind: Callable[[int | None], None],
        timer: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._context = context
        self._timer = timer
        self._outbox = outbox
        self._bind = bind
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="worker")
        self._ticker = ThreadPoolExecutor(1, thread_name_prefix="tick")
        self._in_hand: set[Job] = set()
        self._lock = threading.Lock()
        self._asked = False
        self._stopping = False

    def wake(self) -> None:
        """Asks for a tick as soon as may be; many calls at once make one tick."""
        with self._lock:
            if self._asked or self._stopping:
                return
            self._asked = True
        self._ticker.submit(self.tick)

    def tick(self) -> int:
        """Hands out all that is due and in nobody's hands; gives the number of jobs."""
        with self._lock:
            self._asked = False
        try:
            with self._timer(), self._context.store.read() as session:
                due = list(due_jobs(session, self._context.clock()))
        except Exception:
            log.exception("the queue could not be read")
            return 0
        shared = Shared()
        return sum(self._hand_out(job, shared) for job in due)

    def submit(self, work: Callable[[], None]) -> None:
        """Runs work that isn't in the queue, such as opening a form, on the same workers."""
        if not self._stopping:
            self._pool.submit(_logged, work)

    def clean_up(self) -> None:
        """Removes what nobody needs any more."""
        self.submit(lambda: forget_old_clicks(self._context, KEPT_CLICKS))

    def anchor(self, every: timedelta) -> None:
        """Posts an anchor of the audit when the last one is `every` old."""
        self.submit(lambda: self._anchor(every))

    def _anchor(self, every: timedelta) -> None:
        if post_anchor(self._context, every):
            self.wake()

    def stop(self) -> None:
        """Takes no new work, and returns when what is in hand is finished."""
        with self._lock:
            self._stopping = True
        self._ticker.shutdown(wait=True)
        self._pool.shutdown(wait=True)

    def _hand_out(self, job: Job, shared: Shared) -> bool:
        with self._lock:
            if job in self._in_hand or self._stopping:
                return False
            self._in_hand.add(job)
        self._pool.submit(self._run, job, shared)
        return True

    def _run(self, job: Job, shared: Shared) -> None:
        try:
            self._work(job, shared)
        except Exception:
            log.exception("a job failed: %s", job[0])
        finally:
            with self._lock:
                self._in_hand.discard(job)
            self._bind(None)
        self.wake()

    def _work(self, job: Job, shared: Shared) -> None:
        kind, key = job
        if kind == "lane":
            lane = str(key)
            self._bind(int(lane.rsplit(":", 1)[-1]) if lane.rsplit(":", 1)[-1].isdigit() else None)
            self._outbox.send_lane(lane)
            return
        number = int(key)
        if kind == "session":
            tend(self._context, self._outbox.slack, number, self._bind)
            return
        self._bind(None if kind in ("click", "home") else number)
        if kind == "home":
            self._outbox.home_tabs.show(number)
            return
        if kind == "run":
            run(self._context, number, shared)
            return
        _WORK[kind](self._context, number)


_WORK: dict[str, Callable[[Context, int], None]] = {
    "announce": announce,
    "click": decide,
    "expire": expire,
    "remind": remind,
    "tell": tell_absent,
}


def _logged(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:
        log.exception("work for Slack failed")


def due_jobs(session: Session, now: datetime) -> Iterator[Job]:
    """What is due, in the order in which it is handed out: see `_DUE`."""
    connection = session.connection()
    for kind, query in _DUE.items():
        yield from ((kind, key) for (key,) in connection.execute(query, {"now": now}))


NOW: Any = bindparam("now", type_=UtcTime)


def _due(model: Leased) -> Any:
    """The rows that nobody has in hand and whose time has come."""
    return select(model.id).where(col(model.due_at) <= NOW, free(model, NOW))


def _pending(since: Any) -> Any:
    """The requests that wait for approval and whose time `since` has come, whoever has them in hand."""
    return select(Request.id).where(LIVE, Request.status == Status.PENDING, col(since) <= NOW).limit(BATCH)


def _due_lanes() -> Any:
    heads = (
        select(func.min(Message.id).label("head"))
        .where(col(Message.status).in_(("queued", "sending")))
        .group_by(Message.lane)
        .subquery()
    )
    due = _due(Message).with_only_columns(col(Message.lane))
    return due.join(heads, col(Message.id) == heads.c.head).limit(BATCH)


LIVE = text(LIVE_SQL)  # In the words of the partial index, by which databases find the live among all that ever were.
FRESH = (LIVE, Request.status == Status.PENDING, col(Request.announced_at).is_(None))
UNDER_WAY = (LIVE, col(Request.status).in_(EXECUTING))

# Clicks first, because people wait for them; then what tells people; then what runs. Built once: it is asked all the time.
_DUE: dict[str, Any] = {
    "click": _due(Interaction).order_by(col(Interaction.id)).limit(BATCH),
    "lane": _due_lanes(),
    "session": _due(RoleSession).order_by(col(RoleSession.due_at)).limit(BATCH),
    "announce": _due(Request).where(*FRESH).order_by(OLDEST).limit(BATCH),
    "run": _due(Request).where(*UNDER_WAY).order_by(col(Request.due_at)),
    "expire": _pending(Request.expires_at),
    "remind": _pending(Request.remind_at),
    "tell": _pending(Request.tell_at),
    "home": _due(HomeViewer).where(OUT_OF_DATE),
}
