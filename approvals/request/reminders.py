"""Nobody waits in the dark: reminders that grow rarer, an escalation, a word before a request expires, and a direct message to
approvers who are not in the approval channel.

All times follow from when the request was announced, its rule and its expiry; the row keeps what has been said already, so
that a bot that was away says only what is true now, and says it once.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from approvals.audit import chain
from approvals.authority.directory import Directory
from approvals.authority.may import barred, may_act
from approvals.authority.quorum import called_upon, cannot_decide
from approvals.authority.rules import Rule
from approvals.context import Context
from approvals.models import Message, Request, Vote
from approvals.queue import outgoing
from approvals.request.reachability import look_whether_reachable
from approvals.slack.blocks import mentions
from approvals.slack.client import SlackAwayError
from approvals.states import Status
from approvals.views import reminders

log = logging.getLogger(__name__)
MOST_OF_A_GROUP = 20
PAUSE = timedelta(minutes=1)

NOTICE = timedelta(hours=1)
SHORT_LIVED = timedelta(hours=2)


def slots_passed(waited: timedelta, first: timedelta) -> int:
    """How many reminders fall into `waited`: after `first`, then after twice as long each time (1, 3, 7, 15 … times `first`)."""
    count = 0
    while first > timedelta(0) and _slot(count, first) <= waited:
        count += 1
    return count


def _slot(count: int, first: timedelta) -> timedelta:
    return first * ((2 << count) - 1)


def next_word(request: Request, rule: Rule | None) -> datetime | None:
    """When there is something to say next, given what has been said; None when only the expiry is left."""
    begun, end = request.announced_at, request.expires_at
    if begun is None or end is None:
        return None
    notice = notice_at(request)
    times = [notice]
    if rule is not None and not request.escalated_at and rule.escalate_to:
        times.append(begun + rule.escalate_after)
    if rule is not None and rule.remind > timedelta(0):
        reminder = begun + _slot(request.reminders, rule.remind)
        times.append(reminder if reminder < (end - NOTICE if _lives_long(request) else end) else None)
    return min((time for time in times if time is not None and time < end), default=None)


def notice_at(request: Request) -> datetime | None:
    """When it is told that the request expires soon; None when it was told, or when the request lives too short for that."""
    if request.expires_at is None or request.warned_at or not _lives_long(request):
        return None
    return request.expires_at - NOTICE


def _lives_long(request: Request) -> bool:
    begun, end = request.announced_at, request.expires_at
    return begun is not None and end is not None and end - begun > SHORT_LIVED


def begin(session: Session, request: Request, rule: Rule | None) -> None:
    """Notes when the first word is due; when the request is announced."""
    _note(session, request, remind_at=next_word(request, rule))


def remind(context: Context, number: int) -> None:
    """Says what is due about a request that waits, and notes when to look again."""
    look_whether_reachable(context, number)
    now = context.clock()
    without = _barred(context, number)
    with context.store.write() as session:
        request = session.get_one(Request, number, populate_existing=True, with_for_update=True)
        if request.status != Status.PENDING or request.remind_at is None or request.remind_at > now:
            return
        rule = context.rules().named(request.rule)
        if request.expires_at is None or now < request.expires_at:
            _say(session, request, rule, now, without)
        _note(session, request, remind_at=next_word(request, rule) if not _over(request, now) else None)


def _barred(context: Context, number: int) -> frozenset[str]:
    """Asked of Slack before the database is locked."""
    with context.store.read() as session:
        request = session.get_one(Request, number, populate_existing=True)
    rule = context.rules().named(request.rule)
    return barred(context, (*called_upon(request, rule), *rule.escalate_to)) if rule else frozenset()


def _over(request: Request, now: datetime) -> bool:
    return request.expires_at is not None and request.expires_at <= now


def _say(session: Session, request: Request, rule: Rule | None, now: datetime, without: frozenset[str]) -> None:
    """One line for the thread at a time: an escalation or the last notice makes a reminder needless."""
    waited = now - (request.announced_at or now)
    passed = max(slots_passed(waited, rule.remind) if rule else 0, request.reminders)
    reminded = passed > request.reminders
    _note(session, request, reminders=passed)
    notice = notice_at(request)
    if rule is not None and rule.escalate_to and not request.escalated_at and waited >= rule.escalate_after:
        _escalate(session, request, rule, now, without)
    elif notice is not None and notice <= now:
        _give_notice(session, request, _whom(session, request, rule, without), now)
    elif reminded:
        line = reminders.reminder(request, _whom(session, request, rule, without), _missing(session, request), now)
        outgoing.thread(session, request, now, line)


def _escalate(session: Session, request: Request, rule: Rule, now: datetime, without: frozenset[str]) -> None:
    _note(session, request, escalated_at=now, tell_at=now)
    chain.record(session, now, "request.escalated", "orgbot", request.id, to=list(rule.escalate_to))
    to = mentions(rule.escalate_to, without | cannot_decide(request, ()))
    outgoing.thread(session, request, now, reminders.escalation(request, to, now))


def _give_notice(session: Session, request: Request, who: str, now: datetime) -> None:
    _note(session, request, warned_at=now)
    line = reminders.warning(who, _missing(session, request))
    outgoing.thread(session, request, now, line)
    outgoing.direct(session, request, now, reminders.warning_for_requester(request))


def _whom(session: Session, request: Request, rule: Rule | None, without: frozenset[str]) -> str:
    """Mentions of those who may still decide: the requester and those who approved already are left in peace."""
    if rule is None:
        return ""
    return mentions(called_upon(request, rule), without | cannot_decide(request, _approvals(session, request)))


def _missing(session: Session, request: Request) -> int:
    return max(request.approvals_needed - len(_approvals(session, request)), 1)


def _approvals(session: Session, request: Request) -> list[Vote]:
    query = select(Vote).where(Vote.request_id == request.id, Vote.decision == "approve")
    return list(session.exec(query).all())


def _note(session: Session, request: Request, **values: object) -> None:
    """Writes what has been said, guarded by the status: what is decided is not reminded of."""
    waits = (col(Request.id) == request.id, col(Request.status) == Status.PENDING)
    session.execute(update(Request).where(*waits).values(**values))
    session.refresh(request)


def tell_absent(context: Context, number: int) -> None:
    """Queues the direct messages about one request whose card is posted; later when Slack is away."""
    look_whether_reachable(context, number)
    with context.store.read() as session:
        request = session.get_one(Request, number, populate_existing=True)
    rule = context.rules().named(request.rule)
    try:
        absent = _absent(context, request, called_upon(request, rule)) if rule else []
    except SlackAwayError as error:
        log.warning("absent approvers cannot be told yet: %s", error)
        with context.store.write() as session:
            _settle_telling(session, request, tell_at=context.clock() + PAUSE)
        return
    with context.store.write() as session:
        if _settle_telling(session, request, tell_at=None):
            for user in absent:
                _tell(session, context, request, user)


def _absent(context: Context, request: Request, named: tuple[str, ...]) -> list[str]:
    """The user ids of approvers who don't see the card, without the requester, those who were told already and those who may not act."""
    called = [user for name in named for user in _users(context.cached_directory, name)]
    present = context.cached_directory.in_channel(request.card_channel or context.approval_channel) if called else set()
    passed_over = present | _told(context, request) | {request.requester}
    return [user for user in dict.fromkeys(called) if user not in passed_over and may_act(context, user)]


def _users(people: Directory, name: str) -> list[str]:
    return people.users(name)[:MOST_OF_A_GROUP]


def _told(context: Context, request: Request) -> set[str]:
    calls = select(Message.user).where(Message.request_id == request.id, col(Message.lane).startswith("call:"))
    with context.store.read() as session:
        return set(session.exec(calls).all())


def _settle_telling(session: Session, request: Request, **values: object) -> bool:
    """Whether this was still to be done: the request waits, and no other worker was quicker."""
    seen = (col(Request.id) == request.id, col(Request.tell_at) == request.tell_at)
    mine = update(Request).where(*seen, col(Request.status) == Status.PENDING).values(**values)
    return bool(session.execute(mine).rowcount == 1)  # type: ignore[attr-defined]


def _tell(session: Session, context: Context, request: Request, user: str) -> None:
    body = reminders.absent(request, request.card_channel or context.approval_channel)
    outgoing.call(session, request, user, context.clock(), body)
