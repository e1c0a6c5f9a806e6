"""Break glass: who may act at once, and the review by somebody else that stays open until it is signed."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from approvals.audit import chain
from approvals.authority.directory import Person
from approvals.authority.may import seat_of
from approvals.authority.rules import Rule
from approvals.context import Context
from approvals.models import Request
from approvals.queue import outgoing
from approvals.request.lifecycle import transition
from approvals.slack.blocks import escape
from approvals.states import Status
from approvals.views import thread


def may_break(context: Context, rule: Rule, person: Person) -> bool:
    """Whether the rule lets this person act at once. Raises SlackAwayError."""
    return not person.objection(context.team()) and context.people.among(person, rule.break_glass)


def break_glass(session: Session, request: Request, rule: Rule, now: datetime, without: frozenset[str]) -> None:
    """Starts it without an approval, loudly; nobody is noted as the one who approved, and the review is open.

    `without` are those of the rule who may not act, and are not called.
    """
    number = request.id or 0
    chain.record(session, now, "request.break_glass", request.requester, number, reason=request.reason, rule=rule.name)
    started = transition(session, number, Status.APPROVED, now, request.requester, decided_at=now, due_at=now)
    outgoing.card(session, started, now)
    outgoing.thread(session, started, now, thread.glass_broken(started, rule, without))


def review_objection(context: Context, request: Request, person: Person) -> str:
    """Why this person may not sign the review, as a sentence; empty when they may. Raises SlackAwayError."""
    if person.user == request.requester or person.key == request.person:
        return "You acted under break glass, so somebody else has to review it."
    rule = context.rules().named(request.rule)
    if rule is None:
        return f"The rule “{escape(request.rule)}” no longer exists, so nobody is known who could review this."
    if not seat_of(context, rule, person):
        return f"You are not among the approvers of the rule “{escape(rule.name)}”, who review what it let happen."
    return ""


def sign(session: Session, request: Request, user: str, now: datetime) -> str:
    """Notes who has reviewed it, once; gives a sentence when there is nothing to sign, or it is signed already."""
    if not request.break_glass or request.decided_at is None:
        return "Nothing was done under break glass, so there is nothing to review."
    if request.reviewed_by:
        return f"It was already reviewed by <@{request.reviewed_by}> {thread.when(request.reviewed_at)}."
    request.reviewed_by, request.reviewed_at = user, now
    chain.record(session, now, "request.reviewed", user, request.id, digest=request.digest)
    session.flush()
    outgoing.card(session, request, now)
    outgoing.thread(session, request, now, thread.reviewed(request))
    return ""
