"""Break glass: who may act at once, and the review by somebody else that stays open until it is signed."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from approvals.audit import chain
from approvals.audit.proof import GLASS
from approvals.authority.requirements import Requirements
from approvals.models import Request
from approvals.outbox import telling
from approvals.queue import outgoing
from approvals.request.lifecycle import transition
from approvals.slack.blocks import slack_date
from approvals.states import Status
from approvals.views import thread


def break_glass(
    session: Session, request: Request, required: Requirements, now: datetime, without: frozenset[str]
) -> None:
    """Starts it without an approval, loudly; nobody is noted as the one who approved, and the review is open.

    `without` are those of the rule who may not act, and are not called.
    """
    number = request.id or 0
    chain.record(
        session,
        now,
        GLASS,
        request.requester,
        number,
        reason=request.reason,
        rules=list(required.names),
    )
    started = transition(session, number, Status.APPROVED, now, request.requester, decided_at=now, due_at=now)
    outgoing.card(session, started, now)
    outgoing.thread(session, started, now, thread.glass_broken(started, required, without))


def sign(session: Session, request: Request, user: str, now: datetime) -> str:
    """Notes who has reviewed it, once; gives a sentence when there is nothing to sign, or it is signed already."""
    if not request.break_glass or request.decided_at is None:
        return "Nothing was done under break glass, so there is nothing to review."
    if request.reviewed_by:
        return f"It was already reviewed by <@{request.reviewed_by}> {slack_date(request.reviewed_at)}."
    request.reviewed_by, request.reviewed_at = user, now
    chain.record(session, now, "request.reviewed", user, request.id, digest=request.digest)
    session.flush()
    outgoing.card(session, request, now)
    outgoing.thread(session, request, now, thread.reviewed(request))
    if not request.pruned:  # Where its messages stand is known no longer.
        telling.retell(session, request, now)
    return ""
