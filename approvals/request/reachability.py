"""A request whose approvals cannot be reached: its requester is told at once, and its card says so.

Looked at when it has been put before approvers, whenever it is reminded of, and at each click; while Slack does not tell who
may decide, nothing is claimed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from approvals.audit import chain
from approvals.authority.able import Able, electorate
from approvals.authority.may import Involved, approvers_now, involved
from approvals.authority.quorum import Seat, escalated
from approvals.authority.reachable import Shortfall, shortfall
from approvals.authority.requirements import Requirement, Requirements, requirements_of, stored_of
from approvals.context import Context
from approvals.models import Request
from approvals.queue import outgoing
from approvals.slack.client import SlackAwayError
from approvals.states import Status
from approvals.views import unreachable
from approvals.views.unreachable import KEY

log = logging.getLogger(__name__)
UNKNOWN = "unknown"


def look_whether_reachable(context: Context, number: int) -> None:
    """Tells when the approvals cannot be reached any more, and when they can again; each once."""
    with context.store.read() as session:
        request = session.get_one(Request, number, populate_existing=True)
    if request.status != Status.PENDING or request.announced_at is None:
        return
    try:
        found = _shortfalls(context, request)
    except SlackAwayError as error:
        log.warning("whether the approvals can be reached is not known now: %s", error)
        return
    if found is not None:
        _note(context, number, [asdict(one) for one in found])


def _shortfalls(context: Context, request: Request) -> list[Shortfall] | None:
    """What cannot be reached, for each rule of the request; None when it cannot be known."""
    required = requirements_of(request, context.rules())
    if required is None:
        return [Shortfall(str(kept["name"]), gone=True) for kept in stored_of(request)]
    context = replace(context, people=context.cached_directory)
    of_request = involved(context, request)
    found = [_of_rule(context, of_request, _in_time(request, one)) for one in required.all if one.approvals]
    return (
        None if any(short is UNKNOWN for short in found) else [short for short in found if isinstance(short, Shortfall)]
    )


def _in_time(request: Request, one: Requirement) -> Requirement:
    """The rule with those who are called upon before the request expires."""
    begun, end = request.announced_at, request.expires_at
    comes = bool(one.rule.escalate_to and begun and end) and begun + one.rule.escalate_after < end  # type: ignore[operator]
    return replace(one, rule=escalated(one.rule)) if comes and not request.escalated_at else one


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
        if request.status != Status.PENDING or request.memory.get(KEY, []) == found:
            return
        request.memory = {**request.memory, KEY: found}
        session.add(request)
        session.flush()
        event = "request.unreachable" if found else "request.reachable"
        chain.record(session, now, event, "orgbot", number, shortfalls=found)
        outgoing.direct(session, request, now, unreachable.for_requester(request))
        outgoing.card(session, request, now)
