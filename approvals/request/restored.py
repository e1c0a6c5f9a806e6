"""After a restore: what was done since the backup was taken is not in the database, so that nothing is done before it is known.

What was under way may have gone on since, and is looked at in AWS as after a lost answer; what waited for approval is put before
approvers anew. What can't be proven ends at once: the file, too, could be written to. See `quarantine` beside this.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import JSON, update
from sqlmodel import Session, col, select

from approvals.audit import alarm, chain
from approvals.audit.evidence import unproven
from approvals.audit.proof import DOUBTED, LEARNED, mark
from approvals.models import LIVE, Attempt, Interaction, Message, Request, RoleSession, UtcTime, operation_of
from approvals.outbox import telling
from approvals.queue import outgoing
from approvals.queue.outgoing import LINE, LIVING, SOUGHT, is_outdated
from approvals.request import attempts
from approvals.request.lifecycle import transition
from approvals.request.reachability import withdraw_all
from approvals.sessions import book
from approvals.sessions.handover import KIND as CREDENTIALS
from approvals.slack.blocks import slack_date
from approvals.states import EXECUTING, Outcome, Status
from approvals.views import thread
from approvals.views.on_hold import UNBEGUN
from approvals.views.thread import Body, body
from operations.core.registry import by_name
from operations.snapshot.names import counted

log = logging.getLogger(__name__)
Row = TypeVar("Row", Request, Message, RoleSession)
MAY_RUN = frozenset({"run", "lane", "home"})  # Kinds of jobs that go on: they look at AWS, and tell.
FROM = "orgbot was restored from a backup"
ASK_AGAIN = f"{FROM} that was taken before approvers were asked. Ask again."
UNPROVEN = f"{FROM}, and its record was changed, so it has ended. Whoever runs orgbot was told; ask again."
UNKNOWN_HANDOVER = (
    f"{FROM}, and whether the credentials were handed over since is not known. What was handed over expires by itself."
)


def prepare(session: Session, backup_at: datetime, now: datetime) -> dict[str, Any]:
    """What was under way, waiting or about to be said when the backup was taken may have gone on since. Gives what of it to tell."""
    session.execute(update(Interaction).values(due_at=None))  # Presses that nobody had looked at yet.
    _doubt_messages(session, backup_at, now)
    _lose_sessions(session, now)
    numbers = session.exec(select(Request.id).where(LIVE).order_by(col(Request.id))).all()
    live = [readable(session, Request, number, now) for number in numbers]
    under_way = sum(request.status in EXECUTING for request in live)
    outgoing.notice(session, now, _told(backup_at, under_way, len(live) - under_way))
    for request in live:
        _go_over(session, request, backup_at, now)
    return {"backup_at": backup_at.isoformat(), "under_way": under_way, "live": len(live)}


def _go_over(session: Session, request: Request, backup_at: datetime, now: datetime) -> None:
    begun = request.status in EXECUTING
    missing = unproven(session, request.id or 0, runs=begun)
    if missing:
        alarm.sound(session, now, request, missing, alarm.STOPPED if begun else alarm.NOT_ASKED)
        _end_unproven(session, request, Status.FAILED if begun else Status.REFUSED, now)
    else:
        (_doubt if begun else _ask_anew)(session, request, backup_at, now)


def readable(session: Session, model: type[Row], key: int | None, now: datetime) -> Row:
    """The row as an object; one that can't be read, or holds something of another kind, loses what it held, so that it can be ended."""
    try:
        row = session.get_one(model, key)
        if all(isinstance(getattr(row, name), type(empty)) for name, empty in _documents(model)):
            return row
    except (ValueError, TypeError):
        log.exception("a row of %s can't be read", model.__tablename__)
    session.execute(update(model).where(col(model.id) == key).values({**dict(_documents(model)), **_times(model, now)}))
    return session.get_one(model, key, populate_existing=True)


def _documents(model: type[Row]) -> Iterator[tuple[str, Any]]:
    """The columns that hold JSON, and what they hold where nothing is known."""
    columns = model.__table__.columns  # type: ignore[attr-defined]
    yield from (
        (name, model.model_fields[name].get_default(call_default_factory=True))
        for name, column in columns.items()
        if isinstance(column.type, JSON)
    )


def _times(model: type[Row], now: datetime) -> dict[str, datetime | None]:
    columns = model.__table__.columns  # type: ignore[attr-defined]
    return {
        name: None if column.nullable else now for name, column in columns.items() if isinstance(column.type, UtcTime)
    }


def _end_unproven(session: Session, request: Request, status: Status, now: datetime) -> None:
    """What it says of itself is not gone by, not even for its name."""
    ended = transition(session, request.id or 0, status, now, chain.ORGBOT, outcome=UNPROVEN, advice=alarm.ADVICE)
    if ended.card_ts:
        outgoing.card(session, ended, now)
    outgoing.tell_concerned(session, ended, now, body(f":x: Request #{ended.id}: {UNPROVEN}"))


def _told(backup_at: datetime, under_way: int, pending: int) -> Body:
    """For the approval channel."""
    return body(
        f":warning: *{FROM} of {slack_date(backup_at)}.* Nothing is changed in AWS for now.\n"
        f"{counted(under_way, 'request')} under way: looked up in AWS. {counted(pending, 'request')} waiting for approval: put before "
        "approvers again afterwards, because what was decided since the backup isn't known.\n"
        "Whoever runs orgbot: make sure that no other orgbot uses the old database, then run `orgbot restore --release`."
    )


def _doubt_messages(session: Session, backup_at: datetime, now: datetime) -> None:
    """What can be looked for in Slack is, before it is posted; what cannot is not repeated."""
    waiting = select(Message.id).where(col(Message.status).in_(("queued", "sending"))).order_by(col(Message.id))
    for message in [readable(session, Message, number, now) for number in session.exec(waiting).all()]:
        if message.kind in ("private", CREDENTIALS):
            message.status, message.error, message.due_at = "dropped", "restored", None
        elif message.kind in (*LIVING, LINE) and is_outdated(session, message):
            message.status, message.due_at = "sent", None  # Said by a later one.
        elif message.kind in SOUGHT and message.status == "queued":
            message.status, message.started_at = "sending", backup_at
        session.add(message)
        session.flush()


def _lose_sessions(session: Session, now: datetime) -> None:
    """Whether a button was pressed since, and opened something, is not known; it opens nothing any more."""
    unknown = (book.State.MINTED, book.State.OFFERED)
    numbers = session.exec(select(RoleSession.id).where(col(RoleSession.state).in_(unknown))).all()
    for row in [readable(session, RoleSession, number, now) for number in numbers]:
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
        known = {UNBEGUN: True}  # By which it is judged as what has just been approved, so that the audit has it.
        request.memory = {**request.memory, **known}
        facts = {name: mark(value) for name, value in known.items()}
        chain.record(session, now, LEARNED, chain.ORGBOT, request.id, step=request.step, facts=facts)
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
