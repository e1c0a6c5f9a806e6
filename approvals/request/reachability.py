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
from approvals.authority.may import approvers_now, involved
from approvals.authority.quorum import escalated, rule_now
from approvals.authority.reachable import Shortfall, shortfall
from approvals.authority.rules import Rule
from approvals.context import Context
from approvals.models import Request
from approvals.queue import outgoing
from approvals.slack.client import SlackAwayError
from approvals.states import Status
from approvals.views import unreachable
from approvals.views.unreachable import KEY

log = logging.getLogger(__name__)


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
    rule = context.rules().named(request.rule)
    if rule is None:
        return [Shortfall(request.rule, gone=True)]
    return _of_rule(context, request, _in_time(request, rule))


def _in_time(request: Request, rule: Rule) -> Rule:
    """The rule with those who are called upon before the request expires."""
    begun, end = request.announced_at, request.expires_at
    comes = bool(rule.escalate_to and begun and end) and begun + rule.escalate_after < end  # type: ignore[operator]
    return escalated(rule) if comes else rule_now(request, rule)


def _of_rule(context: Context, request: Request, rule: Rule) -> list[Shortfall] | None:
    context = replace(context, people=context.cached_directory)
    of_request = involved(context, request)
    approved = [approver.seat for approver in approvers_now(context, of_request, rule)]

    def short(able: Sequence[Able]) -> Shortfall | None:
        return shortfall(rule, request.approvals_needed, approved, [one.seat for one in able])

    found = electorate(context.people, rule, of_request.known, lambda able: short(able) is None)
    missing = short(found.able)
    if missing is None:
        return []
    return [missing] if found.complete else None


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
