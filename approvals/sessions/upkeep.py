"""What is due with a role session: its message deleted or rewritten, its requester warned, its end told to AWS.

All of it is durable: a row says when it has to be looked at next, and a worker that dies leaves it due.
Source: Slack API, "chat.delete", "chat.update".
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_sdk import WebClient
from sqlmodel import Session

from approvals.audit import alarm, chain
from approvals.context import Context
from approvals.models import Request, RoleSession
from approvals.pools import STRAY
from approvals.queue import outgoing
from approvals.queue.worker import Job, is_outage, work_off
from approvals.sessions import book
from approvals.sessions.book import WARN_BEFORE, State
from approvals.sessions.opening import account_name, subject_of
from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call
from approvals.views import sessions
from approvals.views.set_aside import not_tended
from approvals.views.thread import Body
from operations.access.revocation import revoke
from operations.access.role_sessions import Wanted
from operations.access.session_refusals import refused, root_of
from operations.aws.errors import AmbiguousError, BusyError, CredentialsError, FencedError, RefusedError
from operations.core.observations import Failed

log = logging.getLogger(__name__)
GONE = frozenset({"message_not_found", "channel_not_found"})
ALERT_AFTER = 3
LONGEST_PAUSE = timedelta(minutes=5)
END_PAUSE = timedelta(seconds=15)


def tend(context: Context, slack: WebClient, number: int, bind: Callable[[int | None], None] = lambda _: None) -> None:
    """Does what is due with one session, and says when it is due again."""
    work_off(SESSION, context.desk, number, lambda row: _tend(context, slack, row, bind))


def _tend(context: Context, slack: WebClient, row: RoleSession, bind: Callable[[int | None], None]) -> None:
    """Each of the three is done, whatever comes of the others: a warning that stumbles must not keep a message from being deleted."""
    bind(row.request_id)
    number = row.id or 0
    errors: list[BaseException] = []
    for part in (_warn_or_expire, partial(_delete, slack), _end):
        try:
            part(context, number)
        except (Exception, *STRAY) as error:  # noqa: BLE001  Raised below, for the one policy.
            errors.append(error)
    if errors:
        raise min(errors, key=is_outage)  # An error of the bot's own before an outage.


def _tell_set_aside(session: Session, row: RoleSession, now: datetime) -> None:
    request = session.get_one(Request, row.request_id)
    outgoing.tell_concerned(session, request, now, not_tended(row, *_undone(row, now)))


def _undone(row: RoleSession, now: datetime) -> tuple[str, str]:
    """What has not happened, and what to do."""
    if row.state == State.ENDING:
        return "AWS has not been told that this session has ended", "Until then its credentials work; keep them safe."
    if row.delete_due_at and row.delete_due_at <= now:
        undone = (
            "the message with *Reveal* doesn't say"
            if row.offer
            else "the direct message with the credentials has not been deleted"
        )
        return undone, ""
    if _has_passed(row, now):
        return "the end of this session has not been written down", ""
    return "you are not warned before this session ends", ""


def _next_moment(_: Session, row: RoleSession, now: datetime) -> dict[str, Any]:
    """What is due later is still done then, and what was left undone is tried with it."""
    later = [moment for moment in (row.delete_due_at, row.expires_at) if moment and moment > now]
    return {"due_at": min(later)} if later else {}


SESSION: Job[RoleSession] = Job("session", RoleSession, RoleSession.due_at, told=_tell_set_aside, aside=_next_moment)


def _row(session: Session, number: int) -> RoleSession:
    """As it is now; it stays so to the end of the transaction."""
    return session.get_one(RoleSession, number, populate_existing=True, with_for_update=True)


def _warn_or_expire(context: Context, number: int) -> None:
    now = context.clock()
    with context.store.write() as session:
        row = _row(session, number)
        if _has_passed(row, now):
            book.over(session, row, State.EXPIRED, now, chain.ORGBOT)
        elif row.state == State.LIVE and not row.warned and row.expires_at and row.expires_at - WARN_BEFORE <= now:
            row.warned = True
            book.settle(row)
            said = sessions.nearly_over(row, account_name(context, row.account))
            outgoing.direct(session, session.get_one(Request, row.request_id), now, said)
        session.add(row)


def _has_passed(row: RoleSession, now: datetime) -> bool:
    """Whether its time is over; that of an offer is over when its message goes."""
    end = row.expires_at or row.delete_due_at
    return row.state in (State.LIVE, State.OFFERED) and end is not None and end <= now


def _delete(slack: WebClient, context: Context, number: int) -> None:
    """Takes the message out of Slack, or rewrites the one with the button: that holds no secret, and says how it ended.

    A deletion that is repeated finds nothing, and that is success.
    """
    with context.store.read() as session:
        row = _row(session, number)
        request = session.get_one(Request, row.request_id)
    if row.delete_due_at is None or row.delete_due_at > context.clock():
        return
    if not row.ts:  # It is still on its way.
        _later(context, number, END_PAUSE)
        return
    try:
        if row.offer:
            said = sessions.offer(subject_of(context, request, _wanted(request, row)), row, None)
            call(slack, "chat.update", channel=row.channel, ts=row.ts, **said)
        else:
            call(slack, "chat.delete", channel=row.channel, ts=row.ts)
    except SlackRefusedError as error:
        if error.code not in GONE and not row.offer:
            _not_deleted(context, number, error.code, timedelta(0))
            return
    except SlackBusyError as error:
        _not_deleted(context, number, "Slack is away", error.wait)
        return
    except SlackAmbiguousError:
        _not_deleted(context, number, "Slack's answer was lost", timedelta(0))
        return
    _done(context, row)


def _done(context: Context, seen: RoleSession) -> None:
    """What the message says is true, unless the session went on meanwhile: then it is rewritten once more."""
    with context.store.write() as session:
        row = _row(session, seen.id or 0)
        changed = row.offer and (row.state, row.access_key_id) != (seen.state, seen.access_key_id)
        row.delete_due_at, row.tries = context.clock() if changed else None, 0
        book.settle(row)
        session.add(row)


def _not_deleted(context: Context, number: int, why: str, least: timedelta) -> None:
    """Tries again, less and less often and without end; the third failure is told in the approval channel."""
    now = context.clock()
    log.warning("a message about credentials could not be deleted or rewritten: %s", why)
    with context.store.write() as session:
        row = _row(session, number)
        row.tries += 1
        if row.tries >= ALERT_AFTER and not row.alerted and not row.offer:
            row.alerted = True
            log.error("a message with credentials is still in Slack after %s tries: %s", row.tries, why)
            outgoing.thread(session, session.get_one(Request, row.request_id), now, sessions.not_deleted(row, why))
        row.delete_due_at = now + max(least, min(context.pace.after(row.tries), LONGEST_PAUSE))
        book.settle(row)
        session.add(row)


def _end(context: Context, number: int) -> None:
    """Tells AWS that the session has ended; while AWS is away it is told again and again, until the session's own end."""
    with context.store.read() as session:
        row = _row(session, number)
        request = session.get_one(Request, row.request_id)
        proven = row.state == State.ENDING and book.is_to_end(session, row)
    if row.state != State.ENDING:
        return
    if row.access_key_id and row.expires_at and row.expires_at > context.clock():
        if not proven:
            _not_proven(context, number)
            return
        try:
            revoke(context.aws, _wanted(request, row), row.role_id)
        except (BusyError, AmbiguousError, CredentialsError, FencedError) as error:
            log.warning("the end of a session waits: %s", error)
            _later(context, number, END_PAUSE)
            return
        except RefusedError as error:
            _not_ended(context, number, error)
            return
    _ended(context, number)


def _wanted(request: Request, row: RoleSession) -> Wanted:
    """The session as it was opened; its name is what AWS is told."""
    return Wanted(row.account, row.role, row.duration, request.person or request.requester, row.request_id)


def _ended(context: Context, number: int) -> None:
    now = context.clock()
    with context.store.write() as session:
        row = _row(session, number)
        book.over(session, row, State.ENDED, now, row.ended_by)
        _tell(session, row, now, sessions.ended(row, account_name(context, row.account)))


def _not_ended(context: Context, number: int, error: RefusedError) -> None:
    organization = context.organization()
    with context.store.write() as session:
        row = _row(session, number)
        request = session.get_one(Request, row.request_id)
        trusted = root_of(context.aws, organization.management_account if organization else "")
        failed = refused(error, _wanted(request, row), {}, trusted)
        _goes_on(session, context, row, error.code, failed)


def _not_proven(context: Context, number: int) -> None:
    """AWS is told of nothing that only the row says."""
    log.error("that a session is to be ended cannot be proven; AWS is not told")
    with context.store.write(alone=True) as session:
        row = _row(session, number)
        request = session.get_one(Request, row.request_id)
        alarm.sound(session, context.clock(), request, ["the record of its session was changed"], alarm.SESSION)
        _goes_on(session, context, row, "unproven", Failed("Its record was changed.", alarm.ADVICE))


def _goes_on(session: Session, context: Context, row: RoleSession, why: str, failed: Failed) -> None:
    now = context.clock()
    row.state = State.LIVE
    row.delete_due_at = now if row.offer else row.delete_due_at
    book.settle(row)
    chain.record(session, now, "credentials.not-ended", chain.ORGBOT, row.request_id, why=why)
    _tell(session, row, now, sessions.not_ended(row, account_name(context, row.account), failed.say, failed.advice))


def _later(context: Context, number: int, wait: timedelta) -> None:
    with context.store.write() as session:
        row = _row(session, number)
        row.due_at = context.clock() + wait
        session.add(row)


def _tell(session: Session, row: RoleSession, now: datetime, said: Body) -> None:
    """Into the thread and to the requester."""
    request = session.get_one(Request, row.request_id)
    session.add(row)
    outgoing.thread(session, request, now, said)
    outgoing.direct(session, request, now, said)
