"""Whether a request that waits can still be approved: whoever asked may still ask, the rules on its card are those that decide,
and their approvals can be reached. Where that has changed, its card and its requester learn it.

Looked at when it has been put before approvers, at each click, every hour, and when the rules or the places of accounts have
changed; while Slack does not tell who somebody is, nothing is claimed. What AWS tells at the click is not asked here, so that
many may wait.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from approvals.audit import chain
from approvals.audit.proof import RULES_CHANGED, WITHDRAWN, mark
from approvals.authority.able import Able, Shortfall, electorate, shortfall
from approvals.authority.directory import Person
from approvals.authority.may import Involved, approvals_of, approvers_now, asking, involved
from approvals.authority.quorum import Seat, escalated
from approvals.authority.reach import judged_anew
from approvals.authority.requirements import (
    Requirement,
    Requirements,
    is_escalated,
    people_to_ask_anew,
    requirements_of,
    stored_of,
)
from approvals.authority.rules import NoRuleError
from approvals.context import Context, NotYetError
from approvals.models import LIVE, Request, Vote
from approvals.outbox import telling
from approvals.queue import outgoing
from approvals.queue.store import Store
from approvals.request.lifecycle import LostRaceError, transition
from approvals.slack.client import SlackAwayError
from approvals.states import Status
from approvals.views import thread
from approvals.views.on_hold import SHORT
from operations.snapshot.names import capital

log = logging.getLogger(__name__)
UNKNOWN = "unknown"
NOT_ANY_MORE = "{name}, who asked for this, {why}. Nothing has been changed."


def look_soon(store: Store, at: datetime) -> None:
    """Has every request that waits looked at, when the rules or the places of accounts have changed."""
    waits = (LIVE, col(Request.status) == Status.PENDING, col(Request.card_ts) != "")
    with store.write() as session:
        session.execute(update(Request).where(*waits).values(tell_at=at))


def look_whether_reachable(context: Context, number: int) -> None:
    """Has other people asked where other rules decide, and tells when the approvals cannot be reached any more, and when they
    can again; each once.
    """
    request = _as_it_is(context, number)
    if request.status != Status.PENDING or request.announced_at is None:
        return
    try:
        _look(context, request)
    except (SlackAwayError, NotYetError) as error:
        log.warning("whether request %s can be approved is not known now: %s", number, error)


def _look(context: Context, request: Request) -> None:
    cached = replace(context, people=context.cached_directory)
    asker = cached.people.look(request.requester)
    if context.people.stranger(asker):
        _end_if_gone(context, request)
        return
    found = _found(cached, request, asker)
    if isinstance(found, Requirements):
        put_before(context, request.id or 0, found)
        found = _found(cached, _as_it_is(context, request.id or 0), asker)
    if isinstance(found, list):
        _note(context, request.id or 0, [asdict(one) for one in found])


def _as_it_is(context: Context, number: int) -> Request:
    with context.store.read() as session:
        return session.get_one(Request, number, populate_existing=True)


def _end_if_gone(context: Context, request: Request) -> None:
    """Whoever has left asks for nothing any more; looked up as Slack knows them at this moment, because it is the end."""
    asker, now = context.people.look(request.requester), context.clock()
    stranger = context.people.stranger(asker)
    if stranger is None:
        return
    why = NOT_ANY_MORE.format(name=asker.name, why=stranger.about)
    with context.store.write() as session:
        try:
            ended = transition(session, request.id or 0, Status.STALE, now, chain.ORGBOT, outcome=why)
        except LostRaceError:
            return
        outgoing.card(session, ended, now)
        outgoing.thread(session, ended, now, thread.ended_badly(ended))
        telling.tell(session, ended, now, anew=True)


def _found(context: Context, request: Request, asker: Person) -> Requirements | list[Shortfall] | None:
    """The rules whose people have to be asked, where they are others; else what cannot be reached, None when that is unknown."""
    kept = requirements_of(request, context.rules())
    try:
        now = judged_anew(context, request, asker, live=False)
    except NoRuleError as error:
        return [Shortfall("", why=capital(str(error)))]
    of_request = involved(context, request)
    if people_to_ask_anew(kept, now):
        return asking(context, now, of_request)
    if kept is None:
        return [Shortfall(str(one["name"]), gone=True) for one in stored_of(request)]
    required = asking(context, kept, of_request)
    if required.approvals > request.approvals_needed or required.with_others_than(request):
        return required
    return _shortfalls(context, request, required, of_request)


def put_before(context: Context, number: int, required: Requirements) -> None:
    """The card names the rules that decide now. Approvals that were given under other ones no longer count: whoever gave them
    saw another card.
    """
    now = context.clock()
    with context.store.write() as session:
        request = session.get_one(Request, number, populate_existing=True, with_for_update=True)
        if request.status != Status.PENDING:
            return
        others = people_to_ask_anew(requirements_of(request, context.rules()), required)
        lapsed = withdraw_all(session, request, now) if others else None
        outgoing.card(session, request, now)
        note_rules(session, request, required, now, lapsed)


def note_rules(
    session: Session, request: Request, required: Requirements, now: datetime, lapsed: int | None = None
) -> None:
    """With the request, and in the audit, by which they are proven; people learn it. `lapsed` is how many approvals no longer
    count, where other rules decide.
    """
    more = required.approvals > request.approvals_needed
    request.sqlmodel_update(required.columns())
    if request.card_ts:
        request.tell_at = now  # Those who are asked now may not be in the channel.
    session.add(request)
    session.flush()
    demands = mark(request.rules)
    chain.record(session, now, RULES_CHANGED, chain.ORGBOT, request.id, **required.told(), demands=demands)
    said = thread.now_decides(request, others=lapsed is not None, more=more)
    outgoing.thread(session, request, now, thread.other_rules(said, lapsed or 0))
    telling.tell(session, request, now)


def withdraw_all(session: Session, request: Request, now: datetime) -> int:
    """Takes every approval back; gives their number."""
    found = approvals_of(session, request.id)
    for vote in found:
        withdraw(session, vote, now, chain.ORGBOT)
    return len(found)


def withdraw(session: Session, vote: Vote, now: datetime, actor: str) -> None:
    """Takes an approval back; the vote goes, so that they may vote anew, and the audit keeps both."""
    session.delete(vote)
    chain.record(session, now, WITHDRAWN, actor, vote.request_id, digest=vote.digest, of=vote.user)


def _shortfalls(
    context: Context, request: Request, required: Requirements, of_request: Involved
) -> list[Shortfall] | None:
    """What cannot be reached, for each rule of the request; None when it cannot be known."""
    found = [_of_rule(context, of_request, _in_time(request, one)) for one in required.all if one.approvals]
    return (
        None if any(short is UNKNOWN for short in found) else [short for short in found if isinstance(short, Shortfall)]
    )


def _in_time(request: Request, one: Requirement) -> Requirement:
    """The rule with those who are called upon before the request expires."""
    begun, end = request.announced_at, request.expires_at
    comes = bool(one.rule.escalate_to and begun and end) and begun + one.rule.escalate_after < end  # type: ignore[operator]
    return replace(one, rule=escalated(one.rule)) if comes and not is_escalated(request, one.rule) else one


def _of_rule(context: Context, of_request: Involved, one: Requirement) -> Shortfall | str | None:
    """What is missing of one rule; None when it is enough, UNKNOWN when there are too many to ask."""
    approvers = approvers_now(context, of_request, Requirements((one,)))
    approved = [approver.seats.get(one.rule.name, Seat.NONE) for approver in approvers]

    def short(able: Sequence[Able]) -> Shortfall | None:
        return shortfall(one.rule, one.promised, approved, [person.seat for person in able])

    found = electorate(context.people, one.rule, of_request.known, lambda able: short(able) is None)
    missing = short(found.able)
    return missing if missing is None or found.complete else UNKNOWN


def _note(context: Context, number: int, found: list[dict[str, Any]]) -> None:
    now = context.clock()
    with context.store.write() as session:
        request = session.get_one(Request, number, populate_existing=True, with_for_update=True)
        if request.status != Status.PENDING or request.memory.get(SHORT, []) == found:
            return
        request.memory = {**request.memory, SHORT: found}
        session.add(request)
        session.flush()
        event = "request.unreachable" if found else "request.reachable"
        chain.record(session, now, event, chain.ORGBOT, number, shortfalls=found)
        telling.tell(session, request, now, anew=bool(found))
        outgoing.card(session, request, now)
