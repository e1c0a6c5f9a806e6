"""A click becomes a decision: who clicked is looked up anew, and one guarded UPDATE says who was first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from approvals import audit, lines, messages, review, session_book
from approvals.announce import operation_of
from approvals.approvers import rule_now
from approvals.context import Context
from approvals.leases import claim, release
from approvals.lifecycle import LostRaceError, transition
from approvals.models import Interaction, Request, Vote
from approvals.people import Person, SlackAwayError
from approvals.quorum import Seat, missing
from approvals.rules import Rule
from approvals.standing import approvers_now, seat_of
from approvals.states import Status
from approvals.text import escape
from operations.preview import digest

log = logging.getLogger(__name__)
CONTROL = "control:"
LONGEST_PAUSE = timedelta(seconds=30)


class InHandError(Exception):
    """A worker has the request in hand just now, and would write over what is asked; it is asked again in a moment."""


class ObjectionError(Exception):
    """This person may not do this; the text is what they are told, privately."""


class UnseenVoteError(Exception):
    """Somebody approved after the earlier approvers were looked up; everybody is looked up once more."""


@dataclass(frozen=True)
class Moment:
    """What a decision is made from: the click, who clicked as Slack knows them now, and the time.

    `rule` and `seats` (who approved, and for which group they speak now) are there when an open request is decided upon.
    """

    click: Interaction
    person: Person
    now: datetime
    rule: Rule | None = None
    seats: Mapping[str, Seat] = field(default_factory=dict)


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
    except ObjectionError as error:
        _tell(context, click, str(error))


def _decided(context: Context, click: Interaction) -> bool:
    moment = allowed(context, click)
    try:
        _carry_out(context, moment)
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


def allowed(context: Context, click: Interaction) -> Moment:
    """The moment, when the clicker's standing in Slack allows the click; whether the request still waits is judged later.

    Raises ObjectionError and SlackAwayError.
    """
    if click.team and click.team != context.team():
        raise ObjectionError("People of other workspaces cannot decide here.")
    person = context.people.look(click.user)
    objection = person.objection(context.team())
    if objection:
        raise ObjectionError(f"{objection[0].upper()}{objection[1:]}.")
    with context.store.read() as session:
        request = session.get(Request, click.request_id)
    if request is None:
        raise ObjectionError(f"There is no request #{click.request_id}.")
    moment = Moment(click, person, context.clock())
    if click.kind == "review":
        _object(review.objection(context, request, person))
        return moment
    if (click.kind == "end" or click.kind.startswith(CONTROL)) and not is_requester(request, person):
        _check_approver(context, request, person)
    if click.kind in ("approve", "deny") and request.status == Status.PENDING:
        rule = _check_approver(context, request, person)
        clicking = {person.user: seat_of(context, rule, person)}
        earlier = {approver.person.user: approver.seat for approver in approvers_now(context, request, rule)}
        return replace(moment, rule=rule, seats=earlier | clicking)
    return moment


def _object(sentence: str) -> None:
    if sentence:
        raise ObjectionError(sentence)


def _check_approver(context: Context, request: Request, person: Person) -> Rule:
    if is_requester(request, person):
        raise ObjectionError("You asked for this, so somebody else has to decide. You may press *Cancel request*.")
    rule = context.rules().named(request.rule)
    if rule is None:
        raise ObjectionError(
            f"The rule “{escape(request.rule)}” under which this was filed no longer exists. Ask again under today's rules."
        )
    rule = rule_now(request, rule)
    if not seat_of(context, rule, person):
        raise ObjectionError(
            f"You are not among the approvers of the rule “{escape(rule.name)}”, so nothing has been decided."
        )
    return rule


def is_requester(request: Request, person: Person) -> bool:
    """Whether this is the person who asked, from whatever account."""
    return person.user == request.requester or person.key == request.person


def _carry_out(context: Context, moment: Moment) -> None:
    act = _ACTS[moment.click.kind.partition(":")[0]]
    try:
        with context.store.write() as session:
            act(
                session,
                session.get_one(Request, moment.click.request_id, populate_existing=True, with_for_update=True),
                moment,
            )
            _drop(session, moment.click)
    except LostRaceError as error:
        _tell(context, moment.click, lines.too_late(error.request))
    except IntegrityError:
        _tell(context, moment.click, "Your approval was counted already; somebody else's is still needed.")
    except ObjectionError as error:
        _tell(context, moment.click, str(error))
    context.changed()


def _approve(session: Session, request: Request, moment: Moment) -> None:
    _check_open(session, request, moment)
    _vote(session, request, moment, "approve")
    if _still_missing(session, request, moment):
        messages.card(session, request, moment.now)
        return
    decided = transition(
        session, request.id or 0, Status.APPROVED, moment.now, moment.person.user, **_by(moment, due=True)
    )
    _announce_decision(session, decided, moment.now)


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
    _announce_decision(session, decided, moment.now)


def _cancel(session: Session, request: Request, moment: Moment) -> None:
    if not is_requester(request, moment.person):
        raise ObjectionError("Only the person who asked can cancel a request; approvers can deny it.")
    cancelled = transition(session, request.id or 0, Status.CANCELLED, moment.now, moment.person.user, **_by(moment))
    _announce_decision(session, cancelled, moment.now)


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
    _object(review.sign(session, request, moment.person.user, moment.now))


def _control(session: Session, request: Request, moment: Moment) -> None:
    """Something is asked of a request that waits, such as to cancel an invitation; the next look at AWS does it."""
    key = moment.click.kind.removeprefix(CONTROL)
    offered = operation_of(request).controls(request.memory) if request.status == Status.WAITING else ()
    control = next((control for control in offered if control.key == key), None)
    if control is None:
        raise ObjectionError("That can no longer be asked for: the request has gone on meanwhile.")
    if request.lease_owner and request.lease_until and request.lease_until > moment.now:
        raise InHandError
    request.memory = {**request.memory, "asked": key}
    request.due_at, request.polls = moment.now, 0
    session.add(request)
    audit.record(session, moment.now, f"request.asked.{key}", moment.person.user, request.id)
    messages.thread(session, request, moment.now, lines.asks_control(request, moment.person.user, control.label))


_ACTS: dict[str, Callable[[Session, Request, Moment], None]] = {
    "approve": _approve,
    "deny": _deny,
    "cancel": _cancel,
    "withdraw": _withdraw,
    "end": _end,
    "control": _control,
    "review": _review,
}


def _check_open(session: Session, request: Request, moment: Moment) -> None:
    """Raises LostRaceError when the request is decided, or has run out of time a moment ago; ObjectionError when it was tampered with."""
    if request.status != Status.PENDING:
        raise LostRaceError(session, request)
    if request.expires_at is not None and request.expires_at <= moment.now:
        raise ObjectionError("Nobody decided in time: this request has expired. It can be asked again.")
    if request.announced_at is None or is_requester(request, moment.person):
        raise ObjectionError("This request cannot be decided by you.")
    if digest(request.operation, request.params, request.preview.get("precondition", {})) != request.digest:
        audit.record(session, moment.now, "request.tampered", "orgbot", request.id)
        raise ObjectionError(
            "This request is not the one that was filed: its record was changed. Nothing is done; ask again."
        )


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


def _announce_decision(session: Session, request: Request, now: datetime) -> None:
    messages.card(session, request, now)
    messages.thread(session, request, now, lines.decided(request))
    messages.direct(session, request, now, lines.decided_for_requester(request))


def _tell(context: Context, click: Interaction, sentence: str) -> None:
    now = context.clock()
    with context.store.write() as session:
        number = click.request_id if session.get(Request, click.request_id) else None
        audit.record(session, now, f"click.{click.kind}.refused", click.user, number, why=sentence)
        messages.private(session, click, now, lines.private(click.request_id, sentence))
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
        _announce_decision(session, expired, now)


def forget_old_clicks(context: Context, older_than: timedelta) -> None:
    """Removes the marks of clicks that Slack no longer redelivers."""
    with context.store.write() as session:
        old = (col(Interaction.due_at).is_(None), col(Interaction.received_at) < context.clock() - older_than)
        session.execute(delete(Interaction).where(*old))
