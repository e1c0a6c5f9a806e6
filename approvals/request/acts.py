"""What each button of a card does, within one transaction on the request that it locks; one guarded UPDATE says who was first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session, select

from approvals.audit import audit
from approvals.authority.moment import CONTROL, Moment, ObjectionError, is_requester, object_if
from approvals.authority.quorum import Seat, missing
from approvals.models import Request, Vote
from approvals.queue import messages
from approvals.queue.leases import is_in_hand
from approvals.request import review
from approvals.request.announce import operation_of
from approvals.request.lifecycle import LostRaceError, transition
from approvals.sessions import session_book
from approvals.states import EXECUTING, Status
from approvals.views import lines
from approvals.views.held import GIVE_UP, HELD
from operations.core.preview import digest

CHANGED = "This request is not the one that was filed: its record was changed. Nothing is done; ask again."


class InHandError(Exception):
    """A worker has the request in hand just now, and would write over what is asked; it is asked again in a moment."""


class UnseenVoteError(Exception):
    """Somebody approved after the earlier approvers were looked up; everybody is looked up once more."""


def _approve(session: Session, request: Request, moment: Moment) -> None:
    _check_open(session, request, moment)
    _vote(session, request, moment, "approve")
    if _still_missing(session, request, moment):
        messages.card(session, request, moment.now)
        return
    decided = transition(
        session, request.id or 0, Status.APPROVED, moment.now, moment.person.user, **_by(moment, due=True)
    )
    announce_decision(session, decided, moment.now)


def _still_missing(session: Session, request: Request, moment: Moment) -> bool:
    approved = select(Vote.user).where(Vote.request_id == request.id, Vote.decision == "approve")
    users = session.exec(approved.where(Vote.digest == request.digest)).all()
    if moment.rule is None or not moment.seats.keys() >= set(users):
        raise UnseenVoteError
    return bool(missing(moment.rule, request.approvals_needed, (moment.seats[user] for user in users)))


def _deny(session: Session, request: Request, moment: Moment) -> None:
    _check_open(session, request, moment)
    _vote(session, request, moment, "deny")
    decided = transition(session, request.id or 0, Status.DENIED, moment.now, moment.person.user, **_by(moment))
    announce_decision(session, decided, moment.now)


def _cancel(session: Session, request: Request, moment: Moment) -> None:
    if not is_requester(request, moment.person):
        raise ObjectionError("Only the person who asked can cancel a request; approvers can deny it.")
    cancelled = transition(session, request.id or 0, Status.CANCELLED, moment.now, moment.person.user, **_by(moment))
    announce_decision(session, cancelled, moment.now)


def _withdraw(session: Session, request: Request, moment: Moment) -> None:
    """Takes the person's own approval back; their vote goes, so that they may vote anew, and the audit keeps both."""
    if request.status != Status.PENDING:
        raise LostRaceError(session, request)
    mine = (Vote.request_id == request.id, Vote.person == moment.person.key, Vote.decision == "approve")
    vote = session.exec(select(Vote).where(*mine)).first()
    if vote is None:
        raise ObjectionError("There is no approval of yours to withdraw, so nothing has changed.")
    session.delete(vote)
    audit.record(session, moment.now, "vote.withdrawn", moment.person.user, request.id, digest=vote.digest)
    messages.card(session, request, moment.now)
    messages.thread(session, request, moment.now, lines.withdrawn(request, moment.person.user))


def _end(session: Session, request: Request, moment: Moment) -> None:
    """The requester or an approver ends a role session; another worker tells AWS."""
    if not session_book.ask_to_end(session, request.id, moment.person.user, moment.now):
        raise ObjectionError("There is no session to end: it is over, or is being ended already.")


def _review(session: Session, request: Request, moment: Moment) -> None:
    object_if(review.sign(session, request, moment.person.user, moment.now))


def _control(session: Session, request: Request, moment: Moment) -> None:
    """Something is asked of a request that waits, such as to cancel an invitation; the next look at AWS does it."""
    key = moment.click.kind.removeprefix(CONTROL)
    offered = operation_of(request).controls(request.memory) if request.status == Status.WAITING else ()
    offered += (GIVE_UP,) if request.memory.get(HELD) and request.status in EXECUTING else ()
    control = next((control for control in offered if control.key == key), None)
    if control is None:
        raise ObjectionError("That can no longer be asked for: the request has gone on meanwhile.")
    if is_in_hand(request, moment.now):
        raise InHandError
    request.memory = {**request.memory, "asked": key}
    request.due_at, request.polls = moment.now, 0
    session.add(request)
    audit.record(session, moment.now, f"request.asked.{key}", moment.person.user, request.id)
    messages.thread(session, request, moment.now, lines.asks_control(request, moment.person.user, control.label))


def _check_open(session: Session, request: Request, moment: Moment) -> None:
    """Raises LostRaceError when the request is decided, or has run out of time a moment ago; ObjectionError when it was tampered with."""
    if request.status != Status.PENDING:
        raise LostRaceError(session, request)
    if request.expires_at is not None and request.expires_at <= moment.now:
        raise ObjectionError("Nobody decided in time: this request has expired. It can be asked again.")
    if request.announced_at is None or is_requester(request, moment.person):
        raise ObjectionError("This request cannot be decided by you.")
    if digest(request.operation, request.params, request.preview.get("precondition", {})) != request.digest:
        raise ObjectionError(CHANGED, event="request.tampered")


def _vote(session: Session, request: Request, moment: Moment, decision: str) -> None:
    vote = Vote(
        request_id=request.id or 0,
        user=moment.person.user,
        person=moment.person.key,
        decision=decision,
        reason=moment.click.reason,
        digest=request.digest,
        seat=moment.seats.get(moment.person.user, Seat.NONE),
        at=moment.now,
    )
    session.add(vote)
    session.flush()
    detail = {"digest": request.digest, "reason": vote.reason, "rule": request.rule, "seat": vote.seat}
    audit.record(session, moment.now, f"vote.{decision}", vote.user, request.id, **detail)


def _by(moment: Moment, *, due: bool = False) -> dict[str, object]:
    values: dict[str, object] = {
        "decided_by": moment.person.user,
        "decided_at": moment.now,
        "decision_reason": moment.click.reason,
    }
    return values | ({"due_at": moment.now} if due else {})


def announce_decision(session: Session, request: Request, now: datetime) -> None:
    """Tells the card, the thread and the requester how it was decided."""
    messages.card(session, request, now)
    messages.thread(session, request, now, lines.decided(request))
    messages.direct(session, request, now, lines.decided_for_requester(request))


ACTS: dict[str, Callable[[Session, Request, Moment], None]] = {
    "approve": _approve,
    "deny": _deny,
    "cancel": _cancel,
    "withdraw": _withdraw,
    "end": _end,
    "control": _control,
    "review": _review,
}
