"""The intents: each call that changes something in AWS is written down before it is sent, and its outcome afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, select

from approvals.context import Context
from approvals.models import Attempt, Request
from approvals.queue.leases import renew
from approvals.queue.store import changed, setting
from approvals.states import Outcome

IN_DOUBT = frozenset({Outcome.OPEN, Outcome.AMBIGUOUS})
WITHOUT_EFFECT = frozenset({Outcome.REFUSED, Outcome.BUSY, Outcome.FENCED})

# Each call that changes something asks for these: they are made once.
_OF_REQUEST = col(Attempt.request_id) == bindparam("request")
_AT_STEP = (_OF_REQUEST, col(Attempt.step) == bindparam("step"))
_MADE = select(Attempt).where(*_AT_STEP).order_by(col(Attempt.number))
_LAST = select(func.max(Attempt.number)).where(*_AT_STEP)
_SENT = select(Attempt.id).where(_OF_REQUEST, col(Attempt.outcome).not_in(WITHOUT_EFFECT)).limit(1)
_ENDING = setting(Attempt, "outcome", "detail", "finished_at").where(col(Attempt.id) == bindparam("row"))


class LeaseLostError(Exception):
    """Another worker holds the request now; this one must not touch it any more."""


def made(session: Session, request_id: int, step: str) -> Sequence[Attempt]:
    """The attempts at a step so far, oldest first."""
    return session.exec(_MADE, params={"request": request_id, "step": step}).all()


def any_sent(session: Session, request_id: int) -> bool:
    """Whether any attempt of a request, at whichever step, may have had an effect."""
    return session.exec(_SENT, params={"request": request_id}).first() is not None


def any_accepted(session: Session, since: datetime) -> bool:
    """Whether AWS has accepted any call of this installation since then, whichever request it was for."""
    query = select(Attempt.finished_at).where(Attempt.outcome == Outcome.OK).order_by(col(Attempt.id).desc())
    last = session.exec(query.limit(1)).first()
    return last is not None and last >= since


def begin(session: Session, request_id: int, step: str, owner: str, now: datetime) -> Attempt:
    """Writes the intent down and renews the lease; raises LeaseLostError. The call may leave only after the commit."""
    if not renew(session, Request, request_id, owner, now):
        raise LeaseLostError
    last = session.exec(_LAST, params={"request": request_id, "step": step}).one()
    attempt = Attempt(request_id=request_id, step=step, number=(last or 0) + 1, owner=owner, started_at=now)
    session.add(attempt)
    session.flush()
    return attempt


def end(session: Session, attempt: Attempt, outcome: Outcome, now: datetime, detail: str = "") -> None:
    """Writes down what is known of the call now."""
    values = {"outcome": outcome, "detail": detail[:500], "finished_at": now}
    changed(session, _ENDING, values, row=attempt.id)


def fence(context: Context, attempt: Attempt) -> Callable[[], bool]:
    """Whether the call may still leave: the request is there and ours, no later attempt exists, and the intent is not old.

    The call was signed after the intent was written, so that its signature is no older than the intent.
    """

    def may_leave() -> bool:
        now = context.clock()
        if now - (attempt.started_at or now) > context.pace.guard:
            return False
        with context.store.read() as session:
            request = session.get(Request, attempt.request_id, populate_existing=True)
            latest = [later.number for later in made(session, attempt.request_id, attempt.step)[-1:]]
        return request is not None and request.lease_owner == attempt.owner and latest == [attempt.number]

    return may_leave
