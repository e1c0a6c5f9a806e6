"""A click becomes a decision, once: it is claimed, judged, carried out or answered, and kept for later when Slack is away.

What a button does happens within one transaction on the request that it locks; one guarded UPDATE says who was first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from approvals.audit import chain
from approvals.authority.directory import NotAMemberError
from approvals.authority.may import CONTROL, JudgedClick, ObjectionError, judge, object_if
from approvals.authority.quorum import Seat, missing
from approvals.context import Context
from approvals.models import Interaction, Request, Vote, operation_of
from approvals.queue import outgoing
from approvals.queue.leases import claim, is_in_hand, release
from approvals.request import break_glass
from approvals.request.lifecycle import LostRaceError, transition
from approvals.request.reachability import look_whether_reachable
from approvals.sessions import book
from approvals.slack.client import SlackAwayError
from approvals.states import EXECUTING, Status
from approvals.views import thread
from approvals.views.on_hold import GIVE_UP, ON_HOLD
from operations.core.preview import digest

CHANGED = "This request is not the one that was filed: its record was changed. Nothing is done; ask again."
COUNTED = "Your approval was counted already; somebody else's is still needed."

log = logging.getLogger(__name__)
LONGEST_PAUSE = timedelta(seconds=30)


def decide(context: Context, interaction: int) -> None:
    """Carries one click out, or tells the clicker why not; when Slack is away the click is kept for later."""
    click = _claimed(context, interaction)
    if click is None:
        return
    try:
        while not _decided(context, click):
            log.info("somebody else approved meanwhile; all who did are looked up again")
    except SlackAwayError as error:
        log.warning("a click waits for Slack: %s", error)
        _postpone(context, click)
    except InHandError:
        _postpone(context, click)
    except NotAMemberError as error:
        _tell(context, click, str(error), about=False)
    except ObjectionError as error:
        _tell(context, click, str(error), error.event)
    else:
        look_whether_reachable(context, click.request_id)


def _decided(context: Context, click: Interaction) -> bool:
    judged = judge(context, click)
    try:
        _carry_out(context, judged)
    except UnseenVoteError:
        return False
    return True


def _claimed(context: Context, interaction: int) -> Interaction | None:
    with context.store.write() as session:
        if not claim(session, Interaction, interaction, context.owner, context.clock()):
            return None
        click = session.get_one(Interaction, interaction, populate_existing=True)
        if click.due_at is not None:
            return click
        release(session, Interaction, interaction, context.owner)  # Somebody else has dealt with it meanwhile.
        return None


def _carry_out(context: Context, judged: JudgedClick) -> None:
    act = ACTIONS[judged.click.kind.partition(":")[0]]
    try:
        with context.store.write() as session:
            act(
                session,
                session.get_one(Request, judged.click.request_id, populate_existing=True, with_for_update=True),
                judged,
            )
            _drop(session, judged.click)
    except LostRaceError as error:
        _tell(context, judged.click, thread.too_late(error.request))
    except IntegrityError:
        _tell(context, judged.click, COUNTED)
    except ObjectionError as error:
        _tell(context, judged.click, str(error), error.event)
    context.changed()


def _tell(context: Context, click: Interaction, sentence: str, event: str = "", *, about: bool = True) -> None:
    """Why nothing was done, in a transaction of its own: that of the act has left no trace. Without `about`, nothing is said of
    the request.
    """
    now = context.clock()
    with context.store.write() as session:
        number = click.request_id if session.get(Request, click.request_id) else None
        if event:
            chain.record(session, now, event, "orgbot", number)
        chain.record(session, now, f"click.{click.kind}.refused", click.user, number, why=sentence)
        outgoing.private(
            session, click, now, thread.private(click.request_id, sentence) if about else thread.body(sentence)
        )
        _drop(session, click)


def _drop(session: Session, click: Interaction) -> None:
    """The click is dealt with; its row stays as the mark by which a redelivery is known, without a due time."""
    release(session, Interaction, click.id or 0, click.lease_owner, due_at=None)


def _postpone(context: Context, click: Interaction) -> None:
    wait = min(context.pace.after(click.tries), LONGEST_PAUSE)
    with context.store.write() as session:
        values = {"tries": click.tries + 1, "due_at": context.clock() + wait}
        release(session, Interaction, click.id or 0, context.owner, **values)


def expire(context: Context, number: int) -> None:
    """Ends a request that nobody decided in time."""
    now = context.clock()
    with context.store.write() as session:
        try:
            expired = transition(session, number, Status.EXPIRED, now, "orgbot")
        except LostRaceError:
            return
        announce_decision(session, expired, now)


def forget_old_clicks(context: Context, older_than: timedelta) -> None:
    """Removes the marks of clicks that Slack no longer redelivers."""
    with context.store.write() as session:
        old = (col(Interaction.due_at).is_(None), col(Interaction.received_at) < context.clock() - older_than)
        session.execute(delete(Interaction).where(*old))


class InHandError(Exception):
    """A worker has the request in hand just now, and would write over what is asked; it is asked again in a moment."""


class UnseenVoteError(Exception):
    """Somebody approved after the earlier approvers were looked up; everybody is looked up once more."""


def _approve(session: Session, request: Request, judged: JudgedClick) -> None:
    _check_open(session, request, judged)
    request.approvals_needed = max(request.approvals_needed, judged.needed)
    _vote(session, request, judged, "approve")
    if _still_missing(session, request, judged):
        outgoing.card(session, request, judged.now)
        return
    decided = transition(
        session, request.id or 0, Status.APPROVED, judged.now, judged.person.user, **_by(judged, due=True)
    )
    announce_decision(session, decided, judged.now)


def _still_missing(session: Session, request: Request, judged: JudgedClick) -> bool:
    approved = select(Vote.user).where(Vote.request_id == request.id, Vote.decision == "approve")
    users = set(session.exec(approved.where(Vote.digest == request.digest)).all())
    if judged.rule is None or not judged.seats.keys() >= users:
        raise UnseenVoteError
    return bool(missing(judged.rule, request.approvals_needed, (judged.seats[user] for user in users)))


def _deny(session: Session, request: Request, judged: JudgedClick) -> None:
    _check_open(session, request, judged)
    _vote(session, request, judged, "deny")
    decided = transition(session, request.id or 0, Status.DENIED, judged.now, judged.person.user, **_by(judged))
    announce_decision(session, decided, judged.now)


def _cancel(session: Session, request: Request, judged: JudgedClick) -> None:
    if not judged.asked_for(request):
        raise ObjectionError("Only the person who asked can cancel a request; approvers can deny it.")
    cancelled = transition(session, request.id or 0, Status.CANCELLED, judged.now, judged.person.user, **_by(judged))
    announce_decision(session, cancelled, judged.now)


def _withdraw(session: Session, request: Request, judged: JudgedClick) -> None:
    """Takes the person's own approval back; their vote goes, so that they may vote anew, and the audit keeps both."""
    if request.status != Status.PENDING:
        raise LostRaceError(session, request)
    mine = [vote for vote in _votes(session, request) if vote.decision == "approve" and judged.cast(vote)]
    if not mine:
        raise ObjectionError("There is no approval of yours to withdraw, so nothing has changed.")
    for vote in mine:
        session.delete(vote)
        chain.record(session, judged.now, "vote.withdrawn", judged.person.user, request.id, digest=vote.digest)
    outgoing.card(session, request, judged.now)
    outgoing.thread(session, request, judged.now, thread.withdrawn(request, judged.person.user))


def _end(session: Session, request: Request, judged: JudgedClick) -> None:
    """The requester or an approver ends a role session; another worker tells AWS."""
    if not book.ask_to_end(session, request.id, judged.person.user, judged.now):
        raise ObjectionError("There is no session to end: it is over, or is being ended already.")


def _review(session: Session, request: Request, judged: JudgedClick) -> None:
    object_if(break_glass.sign(session, request, judged.person.user, judged.now))


def _control(session: Session, request: Request, judged: JudgedClick) -> None:
    """Something is asked of a request that waits, such as to cancel an invitation; the next look at AWS does it."""
    key = judged.click.kind.removeprefix(CONTROL)
    offered = operation_of(request).controls(request.memory) if request.status == Status.WAITING else ()
    offered += (GIVE_UP,) if request.memory.get(ON_HOLD) and request.status in EXECUTING else ()
    control = next((control for control in offered if control.key == key), None)
    if control is None:
        raise ObjectionError("That can no longer be asked for: the request has gone on meanwhile.")
    if is_in_hand(request, judged.now):
        raise InHandError
    request.memory = {**request.memory, "asked": key}
    request.due_at, request.polls = judged.now, 0
    session.add(request)
    chain.record(session, judged.now, f"request.asked.{key}", judged.person.user, request.id)
    outgoing.thread(session, request, judged.now, thread.asks_control(request, judged.person.user, control.label))


def _check_open(session: Session, request: Request, judged: JudgedClick) -> None:
    """Raises LostRaceError when the request is decided, or has run out of time a moment ago; ObjectionError when it was tampered with."""
    if request.status != Status.PENDING:
        raise LostRaceError(session, request)
    if request.expires_at is not None and request.expires_at <= judged.now:
        raise ObjectionError("Nobody decided in time: this request has expired. It can be asked again.")
    if request.announced_at is None or judged.asked_for(request):
        raise ObjectionError("This request cannot be decided by you.")
    if digest(request.operation, request.params, request.preview.get("precondition", {})) != request.digest:
        raise ObjectionError(CHANGED, event="request.tampered")


def _votes(session: Session, request: Request) -> Sequence[Vote]:
    return session.exec(select(Vote).where(Vote.request_id == request.id)).all()


def _vote(session: Session, request: Request, judged: JudgedClick, decision: str) -> None:
    """Notes one vote a person: whoever has voted from another account, or under another address, has voted."""
    if any(judged.cast(vote) for vote in _votes(session, request)):
        raise ObjectionError(COUNTED)
    vote = Vote(
        request_id=request.id or 0,
        user=judged.person.user,
        person=judged.person.key,
        decision=decision,
        reason=judged.click.reason,
        digest=request.digest,
        seat=judged.seats.get(judged.person.user, Seat.NONE),
        at=judged.now,
    )
    session.add(vote)
    session.flush()
    detail = {"digest": request.digest, "reason": vote.reason, "rule": request.rule, "seat": vote.seat}
    chain.record(session, judged.now, f"vote.{decision}", vote.user, request.id, **detail)


def _by(judged: JudgedClick, *, due: bool = False) -> dict[str, object]:
    values: dict[str, object] = {
        "decided_by": judged.person.user,
        "decided_at": judged.now,
        "decision_reason": judged.click.reason,
    }
    return values | ({"due_at": judged.now} if due else {})


def announce_decision(session: Session, request: Request, now: datetime) -> None:
    """Tells the card, the thread and the requester how it was decided."""
    outgoing.card(session, request, now)
    outgoing.thread(session, request, now, thread.decided(request))
    outgoing.direct(session, request, now, thread.decided_for_requester(request))


ACTIONS: dict[str, Callable[[Session, Request, JudgedClick], None]] = {
    "approve": _approve,
    "deny": _deny,
    "cancel": _cancel,
    "withdraw": _withdraw,
    "end": _end,
    "control": _control,
    "review": _review,
}
