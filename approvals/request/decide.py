"""A click becomes a decision, once: it is claimed, judged, carried out or answered, and kept for later when Slack is away.

What a button does happens within one transaction on the request that it locks; one guarded UPDATE says who was first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from approvals.audit import alarm, chain
from approvals.audit.evidence import counted_before
from approvals.audit.proof import WISH, WISHED, mark
from approvals.authority.directory import NotAMemberError
from approvals.authority.may import (
    CONTROL,
    JudgedClick,
    ObjectionError,
    RulesChangedError,
    approvals_of,
    judge,
    object_if,
    votes_of,
)
from approvals.authority.press import CardElsewhereError, StrangeCardError, UnconfirmedCardError, UndatedError
from approvals.authority.requirements import Requirements, rules_do
from approvals.context import Context, NotYetError
from approvals.models import LIVE, Interaction, Message, Request, Vote
from approvals.outbox import telling
from approvals.outbox.sending import LANE
from approvals.queue import outgoing
from approvals.queue.leases import is_in_hand, release
from approvals.queue.outgoing import tell_concerned
from approvals.queue.worker import Job, LaterError, stumble_of, work_off
from approvals.request import break_glass
from approvals.request.lifecycle import LostRaceError, transition
from approvals.request.prepare import ANNOUNCE, TELL_SILENCE_AFTER, refuse
from approvals.request.reachability import look_whether_reachable, note_rules, put_before, withdraw
from approvals.sessions import book
from approvals.slack.blocks import escape
from approvals.slack.client import SlackAwayError
from approvals.slack.codes import meaning
from approvals.states import Status
from approvals.views import hindered, set_aside, thread
from approvals.views.card import card
from approvals.views.hindered import HINDERED
from approvals.views.living import controls_of
from operations.core.preview import digest
from operations.snapshot.names import capital

CHANGED = "This request is not the one that was filed: its record was changed. Nothing is done; ask again."
APPROVED_ALREADY = "You have approved this. Press “Withdraw approval” first, then deny it."
COUNTED_BEFORE = "This press was counted before, so nothing was done. Press again on the card."
COUNTED = "Your approval was counted already; somebody else's is still needed."

log = logging.getLogger(__name__)


def decide(context: Context, interaction: int) -> None:
    """Carries one click out, or tells the clicker why not; when Slack is away the click is kept for later."""
    work_off(CLICK, context.desk, interaction, lambda click: _decide_or_say_why_not(context, click))


def _decide_or_say_why_not(context: Context, click: Interaction) -> None:
    """What somebody has to mend is told at once; what may be over in a moment when it has kept the press for a while."""
    if alarm.is_forged_press(context, click):
        _tell(context, click, alarm.NOT_PRESSED, about=False)
        return
    try:
        _decide(context, click)
    except (LaterError, SlackAwayError) as error:
        if isinstance(error, SlackAwayError) and error.to_mend:
            _tell_hindered(context, click, hindered.unknown(meaning(error.to_mend)))
        elif click.received_at and click.received_at + TELL_SILENCE_AFTER <= context.clock():
            _tell_hindered(context, click, _why_it_waits(error))
        raise


def _why_it_waits(error: LaterError | SlackAwayError) -> str:
    if isinstance(error, NotYetError):
        return hindered.UNREAD
    if isinstance(error, InHandError):
        return hindered.UNCONFIRMED if isinstance(error.__cause__, UnconfirmedCardError) else hindered.AT_WORK
    return hindered.unknown()


def _decide(context: Context, click: Interaction) -> None:
    try:
        while not _decided(context, click):
            log.info("somebody else approved meanwhile; all who did are looked up again")
    except UnconfirmedCardError as error:
        raise InHandError from error
    except NotAMemberError as error:
        _tell(context, click, str(error), about=False)
    except StrangeCardError as error:
        _refuse_press(context, click, error)
    except RulesChangedError as error:
        _put_before_others(context, click, error.required)
    except ObjectionError as error:
        _tell(context, click, str(error), error.event)
    else:
        look_whether_reachable(context, click.request_id)


def _tell_hindered(context: Context, click: Interaction, why: str) -> None:
    """The presser and the requester hear, once, what keeps the press from counting; it is kept, and tried again."""
    if click.tries:
        return
    now = context.clock()
    with context.store.write() as session:
        first = update(Interaction).where(col(Interaction.id) == click.id, col(Interaction.tries) == 0).values(tries=1)
        if session.execute(first).rowcount != 1:  # type: ignore[attr-defined]
            return
        request = session.get(Request, click.request_id, populate_existing=True, with_for_update=True)
        told = thread.private(click.request_id, hindered.press_waits(why))
        outgoing.private(session, click, now, told, request.id if request else None).marker = _markers(click)[0]
        if request is not None and request.key == click.key:
            _tell_requester(session, click, request, why, now)


def _tell_requester(session: Session, click: Interaction, request: Request, why: str, now: datetime) -> None:
    """Once for each reason; whoever pressed has heard it."""
    if request.status == Status.PENDING and request.requester != click.user and request.memory.get(HINDERED) != why:
        request.memory = {**request.memory, HINDERED: why}
        session.add(request)
        outgoing.direct(session, request, now, hindered.decision_waits(request, why)).marker = _markers(click)[1]


def _markers(click: Interaction) -> tuple[str, str]:
    """By which what was said of a press that waits is taken back, to the presser and to the requester, where it has not left yet."""
    return f"press-{click.id}-waits", f"press-{click.id}-keeps-waiting"


def _refuse_press(context: Context, click: Interaction, error: StrangeCardError) -> None:
    if isinstance(error, UndatedError):
        with context.store.write() as session:
            outgoing.card(session, session.get_one(Request, click.request_id), context.clock())
    if isinstance(error, CardElsewhereError):
        _tell(context, click, str(error))
        return
    log.warning("a press of %s was refused: its card is not one of this database's", click.kind)
    context.strange_press()
    _tell_of_strange_card(context, click, str(error))


def _put_before_others(context: Context, click: Interaction, required: Requirements) -> None:
    """Who pressed saw other rules on the card, so their press does not count."""
    put_before(context, click.request_id, required)
    with context.store.read() as session:
        request = session.get_one(Request, click.request_id)
    _tell(context, click, f"{escape(capital(rules_do(request, 'decide')))} now. Look at the card again.")


def _decided(context: Context, click: Interaction) -> bool:
    judged = judge(context, click)
    try:
        _carry_out(context, judged)
    except UnseenVoteError:
        return False
    return True


def _carry_out(context: Context, judged: JudgedClick) -> None:
    act = ACTIONS[judged.click.kind.partition(":")[0]]
    try:
        with context.store.write() as session:
            act(
                session,
                session.get_one(Request, judged.click.request_id, with_for_update=True),
                judged,
            )
            _drop(session, judged.click)
    except LostRaceError as error:
        _tell(context, judged.click, thread.too_late(error.request))


def _tell(context: Context, click: Interaction, sentence: str, event: str = "", *, about: bool = True) -> None:
    """Why nothing was done, in a transaction of its own: that of the act has left no trace. Without `about`, nothing is said of
    the request.
    """
    now = context.clock()
    with context.store.write() as session:
        number = click.request_id if session.get(Request, click.request_id) else None
        if event:
            chain.record(session, now, event, chain.ORGBOT, number)
        chain.record(session, now, f"click.{click.kind}.refused", click.user, number, why=sentence)
        told = thread.private(click.request_id, sentence) if about else thread.body(sentence)
        outgoing.private(session, click, now, told, number if about else None)
        _drop(session, click)


def _tell_of_strange_card(context: Context, click: Interaction, sentence: str) -> None:
    """That nothing was done, about no request: the one that has the number here is another."""
    now = context.clock()
    with context.store.write() as session:
        chain.record(session, now, f"click.{click.kind}.refused", click.user, None, why=sentence)
        outgoing.private(session, click, now, thread.body(f":information_source: {sentence}"), None)
        _drop(session, click)


def _drop(session: Session, click: Interaction) -> None:
    """The click is dealt with; its row stays as the mark by which a redelivery is known, without a due time."""
    outgoing.unsay(session, *_markers(click))
    release(session, Interaction, click.id or 0, click.lease_owner, due_at=None)


def _tell_set_aside(session: Session, click: Interaction, now: datetime) -> None:
    number = click.request_id if session.get(Request, click.request_id) else None
    chain.record(session, now, f"click.{click.kind}.set-aside", click.user, number)
    outgoing.private(session, click, now, set_aside.not_carried_out(click), number)


CLICK: Job[Interaction] = Job(
    "click",
    Interaction,
    Interaction.due_at,
    told=_tell_set_aside,
    aside=lambda _session, _click, _now: {"due_at": None},
    final=True,  # The clicker was told that it didn't count, and may have pressed anew since.
)


def expire(context: Context, number: int) -> None:
    """Ends a request that nobody decided in time, or about which nobody could be asked."""
    work_off(EXPIRE, context.desk, number, lambda request: _expire(context, request))


def _expire(context: Context, request: Request) -> None:
    now, number = context.clock(), request.id or 0
    with context.store.write() as session:
        unasked = _unasked(session, request)
        try:
            if unasked:
                telling.tell(session, refuse(session, number, now, outcome=unasked), now, anew=True)
            else:
                announce_decision(session, transition(session, number, Status.EXPIRED, now, chain.ORGBOT), now)
        except LostRaceError:
            return


def _unasked(session: Session, request: Request) -> str:
    """Why approvers were never asked, as a sentence; empty when they were."""
    if request.announced_at is None:
        stumble = stumble_of(session, ANNOUNCE, request.id or 0)
        return set_aside.NOT_ASKED_IN_TIME if stumble and stumble.error else set_aside.NOBODY_ASKED
    return "" if request.card_ts else _no_card(session, request)


def _no_card(session: Session, request: Request) -> str:
    """Why there was no card, where approvers were not asked to decide elsewhere either."""
    about = Message.request_id == request.id
    asked = select(Message.id).where(about, col(Message.lane).startswith("call:"), Message.status == "sent")
    unsent = select(Message).where(about, Message.kind == "card", Message.status != "sent")
    card = session.exec(unsent.order_by(col(Message.id))).first()
    if card is None or session.exec(asked.limit(1)).first() is not None:
        return ""
    stumble = stumble_of(session, LANE, card.id or 0)
    if stumble and stumble.set_aside_at:
        return hindered.no_card_in_time(set_aside.ERROR)
    return hindered.no_card_in_time(meaning(card.error)) if card.error else ""


def _tell_not_expired(session: Session, request: Request, now: datetime) -> None:
    tell_concerned(session, request, now, set_aside.not_expired(request))


EXPIRE: Job[Request] = Job(
    "expire",
    Request,
    Request.expires_at,
    (LIVE, col(Request.status) == Status.PENDING),
    told=_tell_not_expired,
)


def forget_old_clicks(context: Context, older_than: timedelta) -> None:
    """Removes the marks of clicks that Slack no longer redelivers."""
    with context.store.write() as session:
        old = (col(Interaction.due_at).is_(None), col(Interaction.received_at) < context.clock() - older_than)
        session.execute(delete(Interaction).where(*old))


class InHandError(LaterError):
    """A worker has the request in hand just now, and would write over what is asked; it is asked again in a moment."""


class UnseenVoteError(Exception):
    """Somebody approved after the earlier approvers were looked up; everybody is looked up once more."""


def _approve(session: Session, request: Request, judged: JudgedClick) -> None:
    _check_open(session, request, judged)
    _note_number(session, request, judged)
    _vote(session, request, judged, "approve")
    _note_seats(session, request, judged)
    if _still_missing(session, request, judged):
        outgoing.card(session, request, judged.now)
        telling.tell(session, request, judged.now)
        return
    decided = transition(
        session, request.id or 0, Status.APPROVED, judged.now, judged.person.user, **_by(judged, due=True)
    )
    announce_decision(session, decided, judged.now)


def _note_number(session: Session, request: Request, judged: JudgedClick) -> None:
    """A rule may ask for as many approvals as there are people, and there are more by now than when it was filed."""
    required = judged.required
    if required is not None and required.approvals != request.approvals_needed:
        note_rules(session, request, required, judged.now)


def _note_seats(session: Session, request: Request, judged: JudgedClick) -> None:
    """For the card: whom each of those who approved speaks for now."""
    for vote in approvals_of(session, request.id):
        vote.seats = dict(judged.seats.get(vote.user, vote.seats))


def _still_missing(session: Session, request: Request, judged: JudgedClick) -> bool:
    users = {vote.user for vote in approvals_of(session, request.id) if vote.digest == request.digest}
    if judged.required is None or not judged.seats.keys() >= users:
        raise UnseenVoteError
    return bool(judged.required.open(judged.seats[user] for user in users).all)


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
    """Takes the person's own approval back, from whatever account it was given."""
    if request.status != Status.PENDING:
        raise LostRaceError(session, request)
    mine = [vote for vote in approvals_of(session, request.id) if judged.cast(vote)]
    if not mine:
        raise ObjectionError("You haven't approved this, so there is nothing to withdraw.")
    for vote in mine:
        withdraw(session, vote, judged.now, judged.person.user)
    outgoing.card(session, request, judged.now)
    outgoing.thread(session, request, judged.now, thread.withdrawn(request, judged.person.user))
    telling.tell(session, request, judged.now)


def _end(session: Session, request: Request, judged: JudgedClick) -> None:
    """The requester or an approver ends a role session; another worker tells AWS."""
    if not book.ask_to_end(session, request.id, judged.person.user, judged.now):
        raise ObjectionError("There is no session to end: it is over, or is being ended already.")


def _review(session: Session, request: Request, judged: JudgedClick) -> None:
    object_if(break_glass.sign(session, request, judged.person.user, judged.now))


def _show(session: Session, request: Request, judged: JudgedClick) -> None:
    """An approver gets the request with its buttons, privately: there is no card."""
    if request.status != Status.PENDING:
        raise LostRaceError(session, request)
    _check_announced(request)
    for shown in hindered.decide_here(request, card(request, votes_of(session, request.id))):
        outgoing.private(session, judged.click, judged.now, shown, request.id)


def _control(session: Session, request: Request, judged: JudgedClick) -> None:
    """Something is asked of a request that waits, such as to cancel an invitation; the next look at AWS does it."""
    key = judged.click.kind.removeprefix(CONTROL)
    control = next((control for control in controls_of(request) if control.key == key), None)
    if control is None:
        raise ObjectionError("That can no longer be asked for: the request has gone on meanwhile.")
    if is_in_hand(request, judged.now):
        raise InHandError("a worker has the request in hand")
    request.memory = {**request.memory, WISH: key}
    request.due_at, request.polls = judged.now, 0
    chain.record(session, judged.now, f"{WISHED}{key}", judged.person.user, request.id)
    outgoing.thread(session, request, judged.now, thread.asks_control(request, judged.person.user, control.label))


def _check_announced(request: Request) -> None:
    if request.announced_at is None:
        raise ObjectionError("This request cannot be decided yet: what it would do is still being looked up.")


def _check_open(session: Session, request: Request, judged: JudgedClick) -> None:
    """Raises LostRaceError when the request is decided, or has run out of time a moment ago; ObjectionError when it was tampered with."""
    if request.status != Status.PENDING:
        raise LostRaceError(session, request)
    if request.expires_at is not None and request.expires_at <= judged.now:
        raise ObjectionError("Nobody decided in time: this request has expired. It can be asked again.")
    _check_announced(request)
    if digest(request.operation, request.params, request.preview.get("precondition", {})) != request.digest:
        raise ObjectionError(CHANGED, event="request.tampered")


def _vote(session: Session, request: Request, judged: JudgedClick, decision: str) -> None:
    """Notes one vote a person: whoever has voted from another account, or under another address, has voted. A press counts once,
    whoever makes its row due anew.
    """
    if counted_before(session, request.id or 0, judged.click.delivery):
        raise ObjectionError(COUNTED_BEFORE)
    if any(judged.cast(vote) for vote in votes_of(session, request.id)):
        raise ObjectionError(APPROVED_ALREADY if decision == "deny" else COUNTED)
    vote = Vote(
        request_id=request.id or 0,
        user=judged.person.user,
        person=judged.person.key,
        decision=decision,
        reason=judged.click.reason,
        digest=request.digest,
        seats=dict(judged.seats[judged.person.user]),
        at=judged.now,
    )
    session.add(vote)
    session.flush()
    detail = {"digest": request.digest, "reason": vote.reason, "seats": vote.seats, "person": mark(vote.person)}
    detail["press"] = mark(judged.click.delivery)
    chain.record(session, judged.now, f"vote.{decision}", vote.user, request.id, **detail)


def _by(judged: JudgedClick, *, due: bool = False) -> dict[str, object]:
    values: dict[str, object] = {
        "decided_by": judged.person.user,
        "decided_at": judged.now,
        "decision_reason": judged.click.reason,
    }
    return values | ({"due_at": judged.now} if due else {})


def announce_decision(session: Session, request: Request, now: datetime) -> None:
    """Tells the card, the thread and the requester how it was decided; what is over, and not by them, they are to notice."""
    outgoing.card(session, request, now)
    telling.note(session, request, now)
    telling.tell(session, request, now, anew=request.status in (Status.DENIED, Status.EXPIRED))


ACTIONS: dict[str, Callable[[Session, Request, JudgedClick], None]] = {
    "approve": _approve,
    "deny": _deny,
    "cancel": _cancel,
    "withdraw": _withdraw,
    "end": _end,
    "control": _control,
    "review": _review,
    "show": _show,
}
