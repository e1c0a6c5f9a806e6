"""Nobody waits in the dark: reminders that grow rarer, an escalation, a word before a request expires, and a direct message to
approvers who are not in the approval channel.

All times follow from when the request was announced, its required and its expiry; the row keeps what has been said already, so
that a bot that was away says only what is true now, and says it once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from approvals.audit import chain
from approvals.audit.proof import ESCALATED
from approvals.authority.directory import Directory
from approvals.authority.may import approvals_of, barred, may_act, votes_of
from approvals.authority.quorum import cannot_decide
from approvals.authority.requirements import Requirements, requirements_of, seats_of_vote
from approvals.context import Context
from approvals.models import LIVE, Message, Request
from approvals.outbox import telling
from approvals.queue import outgoing
from approvals.queue.store import changed, setting
from approvals.queue.worker import Job, work_off
from approvals.request.reachability import look_whether_reachable
from approvals.slack.blocks import mentions
from approvals.states import Status
from approvals.views import hindered, reminders, set_aside
from approvals.views.card import card

MOST_OF_A_GROUP = 20
NOTICE = timedelta(hours=1)
LOOK_AGAIN = timedelta(hours=1)
SHORT_LIVED = timedelta(hours=2)


def slots_passed(waited: timedelta, first: timedelta) -> int:
    """How many reminders fall into `waited`: after `first`, then after twice as long each time (1, 3, 7, 15 … times `first`)."""
    count = 0
    while first > timedelta(0) and _slot(count, first) <= waited:
        count += 1
    return count


def _slot(count: int, first: timedelta) -> timedelta:
    return first * ((2 << count) - 1)


def next_word(request: Request, required: Requirements | None) -> datetime | None:
    """When there is something to say next, given what has been said; None when only the expiry is left."""
    begun, end = request.announced_at, request.expires_at
    if begun is None or end is None:
        return None
    notice = notice_at(request)
    times = [notice]
    if required is not None:
        times += [begun + rule.escalate_after for rule in required.to_escalate(request).rules]
    if required is not None and required.remind > timedelta(0):
        reminder = begun + _slot(request.reminders, required.remind)
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


def begin(session: Session, request: Request, required: Requirements | None) -> None:
    """Notes when the first word is due; when the request is announced."""
    _note(session, request, remind_at=_next_look(request, required, request.announced_at))


def _next_look(request: Request, required: Requirements | None, now: datetime | None) -> datetime | None:
    """When something may have to be said next; meanwhile it is looked at every hour whether it can still be approved."""
    if now is None or request.expires_at is None or request.expires_at <= now:
        return None
    times = (next_word(request, required), now + LOOK_AGAIN)
    return min((time for time in times if time is not None and time < request.expires_at), default=None)


def remind(context: Context, number: int) -> None:
    """Says what is due about a request that waits, and notes when to look again."""
    work_off(REMIND, context.desk, number, lambda request: _remind(context, request))


def _remind(context: Context, request: Request) -> None:
    look_whether_reachable(context, request.id or 0)  # Other rules may decide from now on.
    now = context.clock()
    with context.store.read() as session:
        request = session.get_one(Request, request.id, populate_existing=True)
    without = _barred(context, request)
    with context.store.write() as session:
        request = session.get_one(Request, request.id, populate_existing=True, with_for_update=True)
        if request.status != Status.PENDING or request.remind_at is None or request.remind_at > now:
            return
        required = requirements_of(request, context.rules())
        if request.expires_at is None or now < request.expires_at:
            _say(session, request, required, now, without)
        _note(session, request, remind_at=_next_look(request, required, now))


def _barred(context: Context, request: Request) -> frozenset[str]:
    """Asked of Slack before the database is locked."""
    required = requirements_of(request, context.rules())
    return barred(context, (*required.deciders(), *required.escalate_to)) if required else frozenset()


def _say(
    session: Session, request: Request, required: Requirements | None, now: datetime, without: frozenset[str]
) -> None:
    """One line for the thread at a time: an escalation or the last notice makes a reminder needless."""
    waited = now - (request.announced_at or now)
    passed = max(slots_passed(waited, required.remind) if required else 0, request.reminders)
    reminded = passed > request.reminders
    _note(session, request, reminders=passed)
    notice = notice_at(request)
    called = _called_upon(request, required, waited) if required else ()
    if called:
        _escalate(session, request, called, now, without)
    elif notice is not None and notice <= now:
        _give_notice(session, request, _whom(session, request, required, without), now)
    elif reminded:
        line = reminders.reminder(request, _whom(session, request, required, without), _missing(session, request), now)
        outgoing.thread(session, request, now, line)


def _called_upon(request: Request, required: Requirements, waited: timedelta) -> tuple[str, ...]:
    """Whom the rules call upon whose time has come; each rule has its own."""
    due = [rule for rule in required.to_escalate(request).rules if waited >= rule.escalate_after]
    return tuple(dict.fromkeys(name for rule in due for name in rule.escalate_to))


def _escalate(
    session: Session, request: Request, called: tuple[str, ...], now: datetime, without: frozenset[str]
) -> None:
    _note(session, request, escalated_at=now, tell_at=now)
    chain.record(session, now, ESCALATED, chain.ORGBOT, request.id, to=list(called))
    to = mentions(called, without | cannot_decide(request, ()))
    outgoing.thread(session, request, now, reminders.escalation(request, to, now))
    telling.tell(session, request, now)


def _give_notice(session: Session, request: Request, who: str, now: datetime) -> None:
    _note(session, request, warned_at=now)
    line = reminders.warning(who, _missing(session, request))
    outgoing.thread(session, request, now, line)
    telling.tell(session, request, now, anew=True)


def _whom(session: Session, request: Request, required: Requirements | None, without: frozenset[str]) -> str:
    """Mentions of those who may still decide: the requester and those who approved already are left in peace."""
    if required is None:
        return ""
    approved = approvals_of(session, request.id)
    still = required.open(seats_of_vote(request, vote) for vote in approved)
    return mentions(still.deciders(), without | cannot_decide(request, approved))


def _missing(session: Session, request: Request) -> int:
    return max(request.approvals_needed - len(approvals_of(session, request.id)), 1)


def _note(session: Session, request: Request, **values: object) -> None:
    """Writes what has been said, guarded by the status: what is decided is not reminded of."""
    changed(session, _noting(*values), values, row=request.id)
    session.refresh(request)


@lru_cache
def _noting(*names: str) -> Any:
    waits = (col(Request.id) == bindparam("row"), col(Request.status) == Status.PENDING)
    return setting(Request, *names).where(*waits)


def tell_absent(context: Context, number: int) -> None:
    """Queues the direct messages about one request whose card is posted; later when Slack is away."""
    work_off(TELL, context.desk, number, lambda request: _tell_absent(context, request))


def _tell_absent(context: Context, request: Request) -> None:
    look_whether_reachable(context, request.id or 0)
    required = requirements_of(request, context.rules())
    absent = _absent(context, request, _still_asked(context, request, required)) if required else []
    with context.store.write() as session:
        if _settle_telling(session, request):
            for user in absent:
                _tell(session, context, request, user)


def _still_asked(context: Context, request: Request, required: Requirements) -> tuple[str, ...]:
    """Those whose approval is missing; whose rule is satisfied already is left in peace."""
    with context.store.read() as session:
        approved = approvals_of(session, request.id)
    return required.open(seats_of_vote(request, vote) for vote in approved).deciders()


def _absent(context: Context, request: Request, named: tuple[str, ...]) -> list[str]:
    """The user ids of approvers who don't see the card, without the requester, those who were told already and those who may not act."""
    called = [user for name in named for user in _users(context.cached_directory, name)]
    looks = called and request.card_ts  # Without a card nobody sees one, be they in the channel or not.
    present = context.cached_directory.in_channel(request.card_channel) if looks else set()
    passed_over = present | _told(context, request) | {request.requester}
    return [user for user in dict.fromkeys(called) if user not in passed_over and may_act(context, user)]


def _users(people: Directory, name: str) -> list[str]:
    return people.users(name)[:MOST_OF_A_GROUP]


def _told(context: Context, request: Request) -> set[str]:
    calls = select(Message.user).where(Message.request_id == request.id, col(Message.lane).startswith("call:"))
    with context.store.read() as session:
        return set(session.exec(calls).all())


def _settle_telling(session: Session, request: Request) -> bool:
    """Whether this was still to be done: the request waits, and no other worker was quicker."""
    seen = (col(Request.id) == request.id, col(Request.tell_at) == request.tell_at)
    mine = update(Request).where(*seen, col(Request.status) == Status.PENDING).values(tell_at=None)
    return bool(session.execute(mine).rowcount == 1)  # type: ignore[attr-defined]


def _tell(session: Session, context: Context, request: Request, user: str) -> None:
    if request.card_ts:
        told = [reminders.absent(request, request.card_channel)]
    else:
        told = hindered.decide_here(request, card(request, votes_of(session, request.id)))
    for body in told:
        outgoing.call(session, request, user, context.clock(), body)


def _tell_not_reminded(session: Session, request: Request, now: datetime) -> None:
    outgoing.tell_concerned(session, request, now, set_aside.not_reminded(request))


def _tell_not_told(session: Session, request: Request, now: datetime) -> None:
    outgoing.tell_concerned(session, request, now, set_aside.not_told(request))


WAITS = (LIVE, col(Request.status) == Status.PENDING)
REMIND: Job[Request] = Job("remind", Request, Request.remind_at, WAITS, told=_tell_not_reminded)
TELL: Job[Request] = Job(
    "tell", Request, Request.tell_at, (*WAITS, col(Request.announced_at).is_not(None)), told=_tell_not_told
)
