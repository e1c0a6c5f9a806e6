"""One job, worked off: claimed by the condition it was chosen by, done, given back; and what becomes of it when it stumbles.

There is one policy for every kind of job. While something else is away (Slack, AWS, the database) a job waits, with pauses that
grow. An error of the bot's own is logged once with its traceback, tried a few times, and then set aside: it is counted,
`/readyz` shows it, the people concerned are told, and nothing behind it is held up. What was set aside is tried once more when
the bot starts anew, because a new version may mend it, or when somebody makes the row due anew.
"""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from traceback import walk_tb
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Integer, and_, bindparam, delete, exists, or_, update
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlmodel import Session, col, func, select

from approvals.models import HomeViewer, Interaction, Message, Request, RoleSession, Stumble
from approvals.pools import STRAY
from approvals.queue.leases import NOW, InHand, Leased, claim, free, release
from approvals.queue.store import Store
from approvals.slack.client import SlackAmbiguousError, SlackAwayError, SlackBusyError
from operations.aws.client import fenced
from operations.aws.errors import AmbiguousError, BusyError, CredentialsError, FencedError

log = logging.getLogger(__name__)
TRIES = 5
READ_ONLY = "25006"  # Another server is the one to write to just now. Source: PostgreSQL, "PostgreSQL Error Codes".
LONGEST_PAUSE = timedelta(seconds=30)
Row = TypeVar("Row", Request, Interaction, Message, HomeViewer, RoleSession)
Values = dict[str, Any]
Owed = set[tuple[Leased, int, str]]
_claims = itertools.count(1)


class LaterError(Exception):
    """What the job needs is not there just now; it is tried again after `wait`, or after a pause that grows.

    `values` are set on the row when it is given back.
    """

    def __init__(self, why: str = "", wait: timedelta | None = None, **values: Any) -> None:
        super().__init__(why)
        self.wait = wait
        self.values = values


class TurnError(LaterError):
    """Nothing is away: others come first, and its turn is after exactly `wait`."""


OUTAGES = (
    LaterError,
    SlackAwayError,
    SlackBusyError,
    SlackAmbiguousError,
    BusyError,
    AmbiguousError,
    CredentialsError,
    OperationalError,
    NoConnectionError,
)


def is_outage(error: BaseException) -> bool:
    """Whether something else is away or busy; every other error is the bot's own."""
    lost = isinstance(error, DBAPIError) and (
        error.connection_invalidated
        or isinstance(error, InterfaceError)
        or getattr(error.orig, "sqlstate", None) == READ_ONLY
    )
    return lost or isinstance(error, OUTAGES)


def uncounted(_: str) -> None:
    """Where nobody counts what is set aside."""


@dataclass(frozen=True)
class Desk:
    """What a process works with: its name among all on the database, the database, the clock, the pause after so many
    outages in a row, what counts the jobs that are set aside, the leases that could not be given back yet, and those it has.
    """

    owner: str
    store: Store
    clock: Callable[[], datetime]
    after: Callable[[int], timedelta] = lambda _: LONGEST_PAUSE
    set_aside: Callable[[str], None] = uncounted
    owed: Owed = field(default_factory=set)
    in_hand: InHand = field(default_factory=InHand)


def _nothing(_row: Any) -> None:
    """Where nothing is said outside the database."""


def _nobody(_session: Session, _row: Any, _now: datetime) -> None:
    """Where nobody waits for it; the log and `/readyz` tell."""


def _unchanged(_session: Session, _row: Any) -> Values:
    return {}


def _as_it_is(_session: Session, _row: Any, _now: datetime) -> Values:
    return {}


@dataclass(frozen=True)
class Job(Generic[Row]):
    """A kind of job: the rows of `model` that meet `ready`, from the time in the column `due` on.

    When one is set aside, `told(session, row, now)` queues what people have to know and `aside(session, row, now)` gives the columns
    to set, in one transaction; `say(row)` is called after it, for what is not said by a queued message. `again` gives the
    columns for the try after a restart; what is `final` is not tried again then. A try that leaves the row
    `in_doubt` is no success: the errors before it still count.
    """

    name: str
    model: type[Row]
    due: Any
    ready: tuple[Any, ...] = ()
    told: Callable[[Session, Row, datetime], None] = _nobody
    say: Callable[[Row], None] = _nothing
    aside: Callable[[Session, Row, datetime], Values] = _as_it_is
    again: Callable[[Session, Row], Values] = _unchanged
    final: bool = False
    in_doubt: tuple[Any, ...] = ()

    @cached_property
    def is_due(self) -> tuple[ColumnElement[bool], ...]:
        """The condition by which a row is chosen and claimed, at `NOW`."""
        return (col(self.due) <= NOW, free(self.model, NOW), *self.ready, ~self._stumbles())

    @cached_property
    def reading(self) -> Any:
        """What reads the row `row`."""
        return select(self.model).where(col(self.model.id) == bindparam("row", type_=Integer))

    @cached_property
    def forgetting(self) -> Any:
        """What deletes the errors before a success of the job on the row `row`."""
        row: Any = bindparam("row", type_=Integer)
        over = delete(Stumble).where(*_about(self.name, row))
        return over.where(~exists().where(col(self.model.id) == row, *self.in_doubt)) if self.in_doubt else over

    def _stumbles(self) -> ColumnElement[bool]:
        """It pauses, or was set aside and not made due anew since."""
        aside = and_(col(Stumble.set_aside_at).is_not(None), col(Stumble.due_at) == self.due)
        paused = or_(col(Stumble.again_at) > NOW, aside)
        return exists().where(col(Stumble.kind) == self.name, col(Stumble.key) == self.model.id, paused)


@dataclass(frozen=True)
class _Hold(Generic[Row]):
    """One row in one worker's hands. `owner` is this claim's alone: a worker that is late never passes for the next one."""

    job: Job[Row]
    desk: Desk
    key: int
    owner: str

    def row(self, session: Session) -> Row:
        anew = {"populate_existing": True}
        found: Row = session.exec(self.job.reading, params={"row": self.key}, execution_options=anew).one()
        return found

    def taken(self, session: Session) -> Row:
        """The row to work on; raises FencedError when it is another's by now: who slept since the claim would go on in that name."""
        found = self.row(session)
        if found.lease_owner != self.owner:
            raise FencedError
        return found

    def is_left_undone(self, session: Session) -> bool:
        """Whether the row is still in hand and due; what stumbles after the transaction that ends its job has done it."""
        model = self.job.model
        held = (model.id == self.key, col(model.lease_owner) == self.owner)
        due = (col(self.job.due) <= self.desk.clock(), *self.job.ready)
        return session.exec(select(model.id).where(*held, *due).with_for_update()).first() is not None

    def stumble(self, session: Session) -> Stumble:
        """What is known of the job; what was set aside and made due anew by somebody begins anew."""
        found = session.exec(select(Stumble).where(*_about(self.job.name, self.key))).first()
        if found and found.set_aside_at:
            found.set_aside_at, found.told, found.error, found.tries, found.waits = None, False, "", 0, 0
        return found or Stumble(kind=self.job.name, key=self.key)

    def give_back(self, session: Session, **values: Any) -> None:
        release(session, self.job.model, self.key, self.owner, **values)

    def __str__(self) -> str:
        return f"{self.job.name} {self.key}"


def work_off(job: Job[Row], desk: Desk, key: int, work: Callable[[Row], None]) -> bool:
    """Whether the row was ours to work on: then `work(row)` was done, or waits, or is set aside, and the row is given back.

    `row.lease_owner` is the owner of the lease. What `work` gives back itself, in the transaction that ends the job, stays so.
    """
    owner = f"{desk.owner}#{next(_claims)}"
    lease = desk.in_hand.take(job.model, key, owner)
    try:
        with desk.store.write() as session:
            now = desk.clock()
            if not claim(session, job.model, key, owner, now, *job.is_due):
                return False
        with fenced(lease.may_send):
            _work(_Hold(job, desk, key, owner), work)
    finally:
        desk.in_hand.drop(lease)
    return True


def _work(hold: _Hold[Row], work: Callable[[Row], None]) -> None:
    try:
        with hold.desk.store.read() as session:
            row = hold.taken(session)
        work(row)
    except FencedError:
        log.warning("%s is another worker's by now", hold)
        _surely(hold, partial(_left, hold))
    except (Exception, *STRAY) as error:  # noqa: BLE001  Whatever it is, the policy says what follows.
        _surely(hold, partial(_stumbled, hold, error))
    else:
        _surely(hold, partial(_done, hold))


def _surely(hold: _Hold[Row], end: Callable[[], None]) -> None:
    """A row that cannot be given back now, because the database is away, is given back by one of the next ticks."""
    try:
        end()
    except (Exception, *STRAY):
        log.exception("%s could not be given back; it is tried again", hold)
        hold.desk.owed.add((hold.job.model, hold.key, hold.owner))


def give_back_what_is_owed(desk: Desk) -> None:
    """Ends the leases that could not be ended when their jobs did."""
    for model, key, owner in list(desk.owed):
        with desk.store.write() as session:
            release(session, model, key, owner)
        desk.owed.discard((model, key, owner))


def _left(hold: _Hold[Row]) -> None:
    with hold.desk.store.write() as session:
        hold.give_back(session)


def _done(hold: _Hold[Row]) -> None:
    with hold.desk.store.write() as session:
        hold.give_back(session)
        session.connection().execute(hold.job.forgetting, {"row": hold.key})


def _stumbled(hold: _Hold[Row], error: BaseException) -> None:
    if is_outage(error):
        _wait(hold, error)
    elif _try_again(hold, error):
        _set_aside(hold)


def _wait(hold: _Hold[Row], error: BaseException) -> None:
    log.log(logging.DEBUG if isinstance(error, TurnError) else logging.WARNING, "%s waits: %s", hold, error)
    with hold.desk.store.write() as session:
        if not hold.is_left_undone(session):
            hold.give_back(session)
            return
        stumble = hold.stumble(session)
        stumble.again_at = hold.desk.clock() + _pause(stumble, hold, error)
        stumble.waits += not isinstance(error, TurnError)
        session.add(stumble)
        hold.give_back(session, **getattr(error, "values", {}))


def _pause(stumble: Stumble, hold: _Hold[Row], error: BaseException) -> timedelta:
    asked_for: timedelta | None = getattr(error, "wait", None)
    if isinstance(error, TurnError) and asked_for is not None:
        return asked_for
    pause = min(hold.desk.after(stumble.waits), LONGEST_PAUSE)
    return max(pause, asked_for or pause)


def _try_again(hold: _Hold[Row], error: BaseException) -> bool:
    """Notes an error of the bot's own; True when it has been tried often enough, and the row is kept in hand."""
    with hold.desk.store.write() as session:
        if not hold.is_left_undone(session):
            log.error("%s stumbled after it was done", hold, exc_info=error)
            hold.give_back(session)
            return False
        stumble = hold.stumble(session)
        news, stumble.error = stumble.error != _place(error), _place(error)
        stumble.tries += 1
        stumble.again_at = hold.desk.clock() + min(hold.desk.after(stumble.tries - 1), LONGEST_PAUSE) / 2
        over, tries = stumble.tries >= TRIES, stumble.tries
        session.add(stumble)
        if not over:
            hold.give_back(session)
    if news:
        log.error("%s stumbled over an error of the bot's own", hold, exc_info=error)
    else:
        log.warning("%s stumbled again (try %s): %s", hold, tries, _place(error))
    return over


def _set_aside(hold: _Hold[Row]) -> None:
    """People are told where that can be done; where the telling itself stumbles, it is set aside all the same."""
    try:
        _put_by(hold, telling=True)
    except (Exception, *STRAY) as error:
        if is_outage(error):
            raise
        log.exception("%s is set aside, and nobody could be told", hold)
        _put_by(hold, telling=False)
    log.error(
        "%s is set aside%s", hold, "" if hold.job.final else "; it is tried once more when the bot is started anew"
    )
    hold.desk.set_aside(hold.job.name)


def _put_by(hold: _Hold[Row], *, telling: bool) -> None:
    now, row = hold.desk.clock(), None
    with hold.desk.store.write() as session:
        if not hold.is_left_undone(session):
            return
        stumble = hold.stumble(session)
        known, stumble.told = stumble.told, stumble.told or telling
        stumble.set_aside_at, stumble.again_at = now, None
        session.add(stumble)
        session.flush()
        due = select(hold.job.due).where(hold.job.model.id == hold.key).scalar_subquery()
        session.execute(update(Stumble).where(*_about(hold.job.name, hold.key)).values(due_at=due))
        row = hold.row(session) if telling else None
        if row is not None and not known:
            hold.job.told(session, row, now)
        hold.give_back(session, **(hold.job.aside(session, hold.row(session), now) if row is not None else {}))
    if row is not None:
        hold.job.say(row)


def take_up_again(session: Session, jobs: Iterable[Job[Any]]) -> int:
    """Makes what was set aside due once more, at the start of a process; gives the number. What is over is forgotten.

    What waited for something that was away is tried at once: whoever starts the bot anew may just have mended that.
    """
    away = (col(Stumble.set_aside_at).is_(None), col(Stumble.error) == "", col(Stumble.waits) > 0)
    session.execute(update(Stumble).where(*away).values(again_at=None, waits=0))
    taken_up = 0
    by_name = {job.name: job for job in jobs}
    aside = select(Stumble).where(col(Stumble.set_aside_at).is_not(None))
    for stumble in session.exec(aside.with_for_update(skip_locked=True)).all():
        job = by_name.get(stumble.kind)
        if job is None or job.final or not _is_made_due(session, job, stumble):
            session.delete(stumble)
            continue
        stumble.set_aside_at, stumble.again_at, stumble.error = None, None, ""
        stumble.tries = TRIES - 1
        session.add(stumble)
        taken_up += 1
    return taken_up


def _is_made_due(session: Session, job: Job[Any], stumble: Stumble) -> bool:
    row = session.get(job.model, stumble.key, populate_existing=True)
    values = job.again(session, row) if row else {}
    mine = update(job.model).where(col(job.model.id) == stumble.key)
    if values:
        session.execute(mine.values(**values))
    made_due = session.execute(mine.where(*job.ready).values({job.due.key: stumble.due_at}))
    return bool(made_due.rowcount == 1)  # type: ignore[attr-defined]


def set_aside_jobs(session: Session) -> Counter[str]:
    """How many jobs are set aside now, by kind."""
    counted = select(Stumble.kind, func.count()).where(col(Stumble.set_aside_at).is_not(None)).group_by(Stumble.kind)
    return Counter(dict(session.exec(counted).all()))


def stumble_of(session: Session, job: Job[Any], key: int) -> Stumble | None:
    """What went wrong with a job when it was last tried; None when all went well."""
    return session.exec(select(Stumble).where(*_about(job.name, key))).first()


def _about(kind: str, key: int) -> tuple[ColumnElement[bool], ...]:
    return (col(Stumble.kind) == kind, col(Stumble.key) == key)


def _place(error: BaseException) -> str:
    """Where it happened, such as `KeyError at prepare.py:91`; its text may hold what belongs into no table."""
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    file, line = frames[-1] if frames else ("nowhere", 0)
    return f"{type(error).__name__} at {Path(file).name}:{line}"
