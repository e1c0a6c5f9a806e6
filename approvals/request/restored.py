"""After a restore: what was done since the backup was taken is not in the database, so that nothing is done before it is known.

In quarantine what was under way is looked at in AWS and followed, and no call that changes anything leaves; what waits for people
waits on. It ends when whoever runs the bot says so (`orgbot restore --release`): that the database it replaces is not worked on
any more, only they know. What waited for approval is put before approvers anew then, because it may have been decided since.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from approvals.audit import chain
from approvals.audit.proof import DOUBTED
from approvals.models import LIVE, Attempt, Installation, Interaction, Message, Request, RoleSession, operation_of
from approvals.outbox import telling
from approvals.queue import outgoing
from approvals.queue.outgoing import FILE, LINE, LIVING, is_outdated
from approvals.queue.store import Store
from approvals.request import attempts
from approvals.request.attempts import Outcome
from approvals.request.lifecycle import transition
from approvals.request.reachability import withdraw_all
from approvals.sessions import book
from approvals.sessions.handover import KIND as CREDENTIALS
from approvals.slack.blocks import slack_date
from approvals.states import EXECUTING, Status
from approvals.views import thread
from approvals.views.on_hold import FAILED_LOOKS, UNBEGUN
from approvals.views.thread import Body, body
from operations.core.registry import by_name
from operations.snapshot.names import counted, utc

log = logging.getLogger(__name__)
RESTORED, HELD, RELEASED = (
    "restored",
    "held",
    "released",
)  # How far a restore is; empty when there was none, or it is over.
MAY_RUN = frozenset({"run", "lane", "home"})  # Kinds of jobs that go on: they look at AWS, and tell.
POSTS = ("card", "thread", "dm", "notice", *LIVING, LINE, FILE)  # Kinds of messages that can be looked for in Slack.
FROM = "orgbot was restored from a backup"
ASK_AGAIN = f"{FROM} that was taken before approvers were asked. Ask again."
UNKNOWN_HANDOVER = (
    f"{FROM}, and whether the credentials were handed over since is not known. What was handed over expires by itself."
)


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
        if self._on and _released(self._store, self._clock()):
            log.warning("the quarantine is over: what was approved is carried out again")
            self._on = False

    def line(self) -> tuple[str, bool | None, str]:
        """For `/readyz`."""
        if not self._on:
            return ("quarantine", True, "over")
        since = utc(self._backup_at) if self._backup_at else "an unknown time"
        return ("quarantine", None, f"{FROM} of {since} and changes nothing in AWS; `orgbot restore --release` ends it")

    def _begin(self) -> bool:
        with self._store.write(alone=True) as session:
            found = session.exec(select(Installation)).first()
            if found is None or not found.quarantine:
                return False
            self._backup_at = found.backup_at
            if found.quarantine == RESTORED:
                found.quarantine, found.held_at = HELD, self._clock()
                session.add(found)
                _prepare(session, found.backup_at or self._clock(), self._clock())
        return True


def _released(store: Store, now: datetime) -> bool:
    """Whether it is over; the first process that sees it says so."""
    with store.read() as session:
        state = session.exec(select(Installation.quarantine)).first()
    if state == HELD:
        return False
    with store.write(alone=True) as session:
        mine = update(Installation).where(col(Installation.quarantine) == RELEASED).values(quarantine="")
        if session.execute(mine).rowcount == 1:  # type: ignore[attr-defined]
            chain.record(session, now, "database.released", chain.ORGBOT)
            outgoing.notice(session, now, body(":white_check_mark: *orgbot carries out approved requests again.*"))
    return True


def unseen(session: Session) -> list[int]:
    """The numbers of the requests under way that have not been looked at in AWS since the restore."""
    held_at = session.exec(select(Installation.held_at)).one()
    under_way = select(Request).where(LIVE, col(Request.status).in_(EXECUTING)).order_by(col(Request.id))
    return [request.id or 0 for request in session.exec(under_way).all() if not _is_seen(request, held_at)]


def _is_seen(request: Request, held_at: datetime | None) -> bool:
    later = held_at is not None and request.due_at is not None and request.due_at > held_at
    return later and not request.memory.get(FAILED_LOOKS)


def release(store: Store) -> list[int]:
    """Asks every process to go on; instead gives the requests that were not looked at yet, if there are any."""
    with store.write(alone=True) as session:
        found = session.exec(select(Installation)).first()
        if found is None or found.quarantine not in (HELD, RELEASED):
            raise NotHeldError(found.quarantine if found else "")
        left = unseen(session)
        if not left:
            found.quarantine = RELEASED
            session.add(found)
        return left


class NotHeldError(Exception):
    """There is nothing to release; the text says why."""

    def __init__(self, state: str) -> None:
        super().__init__(
            "start orgbot first: it looks in AWS at what was under way"
            if state == RESTORED
            else "this database is not in quarantine: nothing was restored since the last release"
        )


def _prepare(session: Session, backup_at: datetime, now: datetime) -> None:
    """What was under way, waiting or about to be said when the backup was taken may have gone on since."""
    session.execute(update(Interaction).values(due_at=None))  # Presses that nobody had looked at yet.
    _doubt_messages(session, backup_at)
    _lose_sessions(session, now)
    live = session.exec(select(Request).where(LIVE).order_by(col(Request.id))).all()
    for request in live:
        (_doubt if request.status in EXECUTING else _ask_anew)(session, request, backup_at, now)
    under_way = sum(request.status in EXECUTING for request in live)
    told = {"under_way": under_way, "live": len(live)}
    chain.record(session, now, "database.restored", chain.ORGBOT, backup_at=backup_at.isoformat(), **told)
    outgoing.notice(session, now, _told(backup_at, under_way, len(live) - under_way))


def _told(backup_at: datetime, under_way: int, pending: int) -> Body:
    """For the approval channel."""
    return body(
        f":warning: *{FROM} of {slack_date(backup_at)}.* Nothing is changed in AWS for now.\n"
        f"{counted(under_way, 'request')} under way: looked up in AWS. {counted(pending, 'request')} waiting for approval: put before "
        "approvers again afterwards, because what was decided since the backup isn't known.\n"
        "Whoever runs orgbot: make sure that no other orgbot uses the old database, then run `orgbot restore --release`."
    )


def _doubt_messages(session: Session, backup_at: datetime) -> None:
    """What can be looked for in Slack is, before it is posted; what cannot is not repeated."""
    waiting = select(Message).where(col(Message.status).in_(("queued", "sending"))).order_by(col(Message.id))
    for message in session.exec(waiting).all():
        if message.kind in ("private", CREDENTIALS):
            message.status, message.error, message.due_at = "dropped", RESTORED, None
        elif message.kind in (*LIVING, LINE) and is_outdated(session, message):
            message.status, message.due_at = "sent", None  # Said by a later one.
        elif message.kind in POSTS and message.status == "queued":
            message.status, message.started_at = "sending", backup_at
        session.add(message)
        session.flush()


def _lose_sessions(session: Session, now: datetime) -> None:
    """Whether a button was pressed since, and opened something, is not known; it opens nothing any more."""
    unknown = (book.State.MINTED, book.State.OFFERED)
    for row in session.exec(select(RoleSession).where(col(RoleSession.state).in_(unknown))).all():
        if row.state == book.State.MINTED:
            book.undelivered(session, row, now)
            book.settle(row)
        else:
            book.over(session, row, book.State.EXPIRED, now, chain.ORGBOT)
        session.add(row)


def _doubt(session: Session, request: Request, backup_at: datetime, now: datetime) -> None:
    """Each step that is left may have been taken: it is looked at as after a lost answer."""
    if by_name()[request.operation].delivers:
        _end(session, request, Status.FAILED, UNKNOWN_HANDOVER, now)
        return
    if request.status == Status.APPROVED:
        request.memory = {**request.memory, UNBEGUN: True}
    request.due_at, request.polls = now, 0
    session.add(request)
    chain.record(session, now, DOUBTED, chain.ORGBOT, request.id)
    for step in operation_of(request).steps(request.preview["precondition"])[request.step :]:
        made = attempts.made(session, request.id or 0, step.key)
        if all(attempt.outcome in attempts.WITHOUT_EFFECT for attempt in made):
            number = max((attempt.number for attempt in made), default=0) + 1
            row = Attempt(request_id=request.id or 0, step=step.key, number=number, owner="", started_at=backup_at)
            row.outcome, row.detail = Outcome.AMBIGUOUS, "it may have been sent after the backup was taken"
            session.add(row)


def _ask_anew(session: Session, request: Request, _: datetime, now: datetime) -> None:
    """Approvers look once more at what would happen now. What they had not seen may have been granted at once since."""
    if request.announced_at is None:
        _end(session, request, Status.REFUSED, ASK_AGAIN, now)
        return
    withdraw_all(session, request, now)
    request.announced_at, request.due_at = None, now
    request.expires_at = request.remind_at = request.tell_at = None
    session.add(request)
    outgoing.thread(
        session, request, now, thread.progress(f"{FROM}. Approvals given before no longer count.", icon=":warning:")
    )


def _end(session: Session, request: Request, status: Status, why: str, now: datetime) -> None:
    ended = transition(session, request.id or 0, status, now, chain.ORGBOT, outcome=why)
    if ended.card_ts:
        outgoing.card(session, ended, now)
        outgoing.thread(session, ended, now, thread.ended_badly(ended))
    telling.tell(session, ended, now, anew=True)
