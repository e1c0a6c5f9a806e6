"""One tick for everything that is due: it reads the tables and hands each row to a worker, once.

The scheduler calls `tick` regularly, and `wake` asks for one at once. Nothing is remembered between ticks but which rows
this process has in hand just now.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from cachetools import TTLCache
from sqlalchemy import literal, union_all
from sqlmodel import Session, col, func, select

from approvals.audit.anchors import post as post_anchor
from approvals.context import Context
from approvals.models import Interaction, Message, Request, RoleSession, Stumble
from approvals.outbox.home_tabs import HOME
from approvals.outbox.sending import LANE, Outbox
from approvals.pools import Pool, Pools
from approvals.queue import changes
from approvals.queue.leases import NOW
from approvals.queue.outgoing import HANDOVER
from approvals.queue.worker import Job, give_back_what_is_owed, is_outage
from approvals.request.decide import CLICK, EXPIRE, decide, expire, forget_old_clicks
from approvals.request.execute import run
from approvals.request.execution import RUN
from approvals.request.prepare import ANNOUNCE, announce
from approvals.request.prune import prune
from approvals.request.reminders import REMIND, TELL, remind, tell_absent
from approvals.request.restored import MAY_RUN
from approvals.sessions.upkeep import SESSION, tend
from operations.core.steps import Shared

log = logging.getLogger(__name__)
JobKey = tuple[str, int | str]
BATCH = 200
MOST_TOLD, TOLD_AGAIN = 100, 60  # Kinds of outages, and seconds.
KEPT_CLICKS = timedelta(days=2)
KEPT_CHANGES = timedelta(days=2)
OLDEST = col(Request.id) + 0  # An expression, because SQLite would walk the whole table in the order of a plain id.


class Dispatcher:
    """Finds due work and runs it, each kind on `workers` threads of its own; `bind` tells the log which request it is about, `timer` times the ticks."""

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
        self._pools = Pools(workers)
        self._ticker = ThreadPoolExecutor(1, thread_name_prefix="tick")
        self._in_hand: set[JobKey] = set()
        self._lock = threading.Lock()
        self._asked = False
        self._stopping = False
        self._told: TTLCache[str, bool] = TTLCache(MOST_TOLD, TOLD_AGAIN)
        self._alarm: threading.Timer | None = None
        self._alarm_at = datetime.min.replace(tzinfo=UTC)

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
        self._context.catch_up()
        try:
            give_back_what_is_owed(self._context.desk)
            with self._timer(), self._context.store.read() as session:
                now = self._context.clock()
                due = list(due_jobs(session, now, MAY_RUN if self._context.quarantined() else ()))
                self._wake_at(session.exec(NEXT_TURN.params(now=now)).one(), now)
        except Exception as error:  # noqa: BLE001  The next tick tries again.
            self._failed("the queue could not be read", error)
            return 0
        shared = Shared()
        return sum(self._hand_out(job, shared) for job in due)

    def _wake_at(self, moment: datetime | None, now: datetime) -> None:
        """Looks again at the very moment at which the next job that pauses may go on, not only at the next regular tick."""
        if moment is None:
            return
        with self._lock:
            if self._stopping or (self._alarm is not None and now < self._alarm_at <= moment):
                return
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm, self._alarm_at = threading.Timer((moment - now).total_seconds(), self.wake), moment
            self._alarm.daemon = True
            self._alarm.start()

    def submit(self, work: Callable[[], None], pool: Pool = Pool.NOW) -> None:
        """Runs work that isn't in the queue, such as opening a form."""
        self._pools.submit(pool, partial(_logged, work))

    def clean_up(self) -> None:
        """Removes what nobody needs any more."""
        self.submit(lambda: forget_old_clicks(self._context, KEPT_CLICKS), Pool.CLICKS)
        self.submit(self._forget_changes, Pool.CLICKS)
        self.submit(self._prune, Pool.CLICKS)

    def _forget_changes(self) -> None:
        with self._context.store.write() as session:
            changes.forget(session, self._context.clock() - KEPT_CHANGES)

    def _prune(self) -> None:
        keep = self._context.keep
        pruned = prune(self._context.store, self._context.clock(), keep) if keep else 0
        if pruned:
            log.info("pruned %s requests that are over for %s days", pruned, keep.days)

    def anchor(self, every: timedelta) -> None:
        """Posts an anchor of the audit when the last one is `every` old."""
        self.submit(lambda: self._anchor(every), Pool.CLICKS)

    def _anchor(self, every: timedelta) -> None:
        if post_anchor(self._context, every):
            self.wake()

    def stop(self, seconds: float = 60) -> bool:
        """Takes no new work, and returns when what is in hand is finished, or after so many seconds; gives which of the two."""
        with self._lock:
            self._stopping = True
            if self._alarm is not None:
                self._alarm.cancel()
        self._ticker.shutdown(wait=False, cancel_futures=True)
        return self._pools.stop(seconds)

    def _hand_out(self, job: JobKey, shared: Shared) -> bool:
        with self._lock:
            if job in self._in_hand or self._stopping:
                return False
            self._in_hand.add(job)
        return self._pools.submit(_pool_of(job), partial(self._run, job, shared))

    def _run(self, job: JobKey, shared: Shared) -> None:
        try:
            self._work(job, shared)
        except BaseException as error:  # noqa: BLE001  A worker goes on, and nothing ends a job without a line in the log.
            self._failed(f"a job {'could not be taken' if is_outage(error) else 'failed'}: {job[0]}", error)
        finally:
            with self._lock:
                self._in_hand.discard(job)
            self._bind(None)
        self.wake()

    def _failed(self, what: str, error: BaseException) -> None:
        """An outage is told once in a while; everything else each time, with where it was."""
        if not is_outage(error):
            log.error("%s", what, exc_info=error)
            return
        with self._lock:
            is_news = what not in self._told
            if is_news:
                self._told[what] = True
        if is_news:
            log.warning("%s: %s", what, error)

    def _work(self, job: JobKey, shared: Shared) -> None:
        kind, key = job
        self._bind(_request_of(kind, key))
        _BY_NAME[kind].work(self, key, shared)

    @property
    def context(self) -> Context:
        """What the workers share."""
        return self._context

    @property
    def outbox(self) -> Outbox:
        """What talks to Slack."""
        return self._outbox

    @property
    def bind(self) -> Callable[[int | None], None]:
        """What tells the log which request the work is about."""
        return self._bind


def _pool_of(job: JobKey) -> Pool:
    """Credentials are opened in AWS when they are sent, so that their lanes are not those of the other messages."""
    kind, key = job
    return Pool.CREDENTIALS if str(key).startswith(HANDOVER) else _BY_NAME[kind].pool


def _request_of(kind: str, key: int | str) -> int | None:
    """The request that a job is about, for the log; None where that is not known before the row was read."""
    number = str(key).rpartition(":")[2]
    return int(number) if _BY_NAME[kind].about and number.isdigit() else None


def _logged(work: Callable[[], None]) -> None:
    try:
        work()
    except BaseException:
        log.exception("work for Slack failed")


def due_jobs(session: Session, now: datetime, names: Collection[str] = ()) -> Iterator[JobKey]:
    """What is due of these kinds, else of all, in the order in which it is handed out: see `KINDS`."""
    connection, at = session.connection(), {"now": now}
    kinds = tuple(kind.job.name for kind in KINDS if not names or kind.job.name in names)
    for (name,) in connection.execute(_which_are_due(kinds), at).all():
        yield from ((name, key) for (key,) in connection.execute(_BY_NAME[name].query, at))


@cache
def _which_are_due(kinds: tuple[str, ...]) -> Any:
    """One look, because mostly there is nothing; in the order of `KINDS`."""
    there = (_BY_NAME[name].query.order_by(None).limit(None).exists() for name in kinds)
    looks = [
        select(literal(name).label("kind"), literal(place).label("place")).where(found)
        for place, (name, found) in enumerate(zip(kinds, there, strict=True))
    ]
    found = union_all(*looks).subquery()
    return select(found.c.kind).order_by(found.c.place)


NEXT_TURN: Any = select(func.min(Stumble.again_at)).where(
    col(Stumble.again_at) > NOW, col(Stumble.set_aside_at).is_(None)
)


def _due(job: Job[Any]) -> Any:
    """The rows that nobody has in hand and whose time has come."""
    return select(job.model.id).where(*job.is_due)


def _due_lanes() -> Any:
    heads = select(func.min(Message.id).label("head")).where(*LANE.ready).group_by(Message.lane).subquery()
    due = _due(LANE).with_only_columns(col(Message.lane))
    return due.join(heads, col(Message.id) == heads.c.head).order_by(heads.c.head).limit(BATCH)


@dataclass(frozen=True)
class Kind:
    """A kind of job: the query that finds what is due, built once because it is asked all the time, and how one is worked off.

    The key of one that is `about` a request ends with the request's number; of the others that is known once their row was read.
    """

    job: Job[Any]
    pool: Pool
    query: Any
    work: Callable[[Dispatcher, Any, Shared], object]
    about: bool = True


# Clicks first, because people wait for them; then what tells people; then what runs.
KINDS = (
    Kind(
        CLICK,
        Pool.CLICKS,
        _due(CLICK).order_by(col(Interaction.id)).limit(BATCH),
        lambda by, key, _: decide(by.context, key),
        about=False,
    ),
    Kind(LANE, Pool.MESSAGES, _due_lanes(), lambda by, lane, _: by.outbox.send_lane(lane)),
    Kind(
        SESSION,
        Pool.CREDENTIALS,
        _due(SESSION).order_by(col(RoleSession.due_at)).limit(BATCH),
        lambda by, key, _: tend(by.context, by.outbox.slack, key, by.bind),
        about=False,
    ),
    Kind(
        ANNOUNCE,
        Pool.PREVIEWS,
        _due(ANNOUNCE).order_by(OLDEST).limit(BATCH),
        lambda by, key, _: announce(by.context, key),
    ),
    Kind(RUN, Pool.AWS, _due(RUN).order_by(col(Request.due_at)), lambda by, key, shared: run(by.context, key, shared)),
    Kind(EXPIRE, Pool.CLICKS, _due(EXPIRE).limit(BATCH), lambda by, key, _: expire(by.context, key)),
    Kind(REMIND, Pool.PEOPLE, _due(REMIND).limit(BATCH), lambda by, key, _: remind(by.context, key)),
    Kind(TELL, Pool.PEOPLE, _due(TELL).limit(BATCH), lambda by, key, _: tell_absent(by.context, key)),
    Kind(HOME, Pool.MESSAGES, _due(HOME), lambda by, key, _: by.outbox.home_tabs.show(key), about=False),
)
JOBS = tuple(kind.job for kind in KINDS)
_BY_NAME = {kind.job.name: kind for kind in KINDS}
