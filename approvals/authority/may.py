"""Who may approve, deny, end, review, break the glass, see everybody's sessions: judged as Slack knows people now.

`judge` is for a click: who clicked is looked up anew, and so is everybody who has approved, because a membership may have ended.
`barred` and `may_act` are for showing and telling only, so that nobody is told to wait for somebody who may not act; user groups are
named as they are, because whom they notify is Slack's to know.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import col, select

from approvals.authority.directory import Person
from approvals.authority.press import of_click, pressed_on
from approvals.authority.quorum import Seat, rule_now, seat
from approvals.authority.rules import Rule
from approvals.context import Context
from approvals.models import Interaction, Request, Vote
from approvals.slack.blocks import escape
from approvals.slack.client import SlackAwayError
from approvals.states import Status
from operations.access.credentials import Credentials

CONTROL = "control:"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Approver:
    """Somebody who approved; `seat` is Seat.NONE when they may not any more."""

    person: Person
    seat: Seat


def seat_of(context: Context, rule: Rule, person: Person) -> Seat:
    """For which group a person speaks now; none when they may not act at all. Raises SlackAwayError."""
    if person.objection(context.team()):
        return Seat.NONE
    return seat(rule, lambda names: context.people.among(person, names))


def approvers_now(context: Context, request: Request, rule: Rule) -> list[Approver]:
    """Those who approved exactly this request, in the order of their votes. Raises SlackAwayError."""
    approved = select(Vote).where(Vote.request_id == request.id, Vote.decision == "approve").order_by(col(Vote.id))
    with context.store.read() as session:
        votes = session.exec(approved.where(Vote.digest == request.digest)).all()
    people = [context.people.look(vote.user) for vote in votes]
    return [Approver(person, seat_of(context, rule, person)) for person in people]


def may_break(context: Context, rule: Rule, person: Person) -> bool:
    """Whether the rule lets this person act at once. Raises SlackAwayError."""
    return not person.objection(context.team()) and context.people.among(person, rule.break_glass)


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


def is_requester(request: Request, person: Person) -> bool:
    """Whether this is the person who asked, from whatever account."""
    return person.user == request.requester or person.key == request.person


def barred(context: Context, named: Iterable[str]) -> frozenset[str]:
    """Those of `named` (user ids, user group ids, e-mails) who are deactivated, guests, of another workspace, or unknown.

    Nobody while Slack does not tell: who may decide must not be left out.
    """
    try:
        return frozenset(name for name in named if _is_person(name) and _objection_to(context, name))
    except SlackAwayError as error:
        log.warning("whether all who are named may decide is not known now: %s", error)
        return frozenset()


def may_act(context: Context, user: str) -> bool:
    """Whether Slack knows nothing against this user; raises SlackAwayError."""
    return not _objection_to(context, user)


def _is_person(name: str) -> bool:
    return "@" in name or not name.startswith("S")


def _objection_to(context: Context, name: str) -> str:
    user = context.cached_directory.by_email(name) if "@" in name else name
    return context.cached_directory.look(user).objection(context.team()) if user else "nobody has this address"


def oversees(context: Context, user: str) -> bool:
    """Whether this person approves credentials by some rule; asks Slack, and raises people.SlackAwayError."""
    person = context.people.look(user)
    if person.objection(context.team()):
        return False
    rules = [rule for rule in context.rules().rules if not rule.operations or Credentials.name in rule.operations]
    return any(context.people.among(person, rule.approvers) for rule in rules)


class ObjectionError(Exception):
    """This person may not do this; the text is what they are told, privately.

    `event` goes into the audit besides the refusal, where the refusal is not all that happened.
    """

    def __init__(self, sentence: str, event: str = "") -> None:
        super().__init__(sentence)
        self.event = event


@dataclass(frozen=True)
class JudgedClick:
    """What a decision is made from: the click, who clicked as Slack knows them now, and the time.

    `rule` and `seats` (who approved, and for which group they speak now) are there when an open request is decided upon.
    """

    click: Interaction
    person: Person
    now: datetime
    rule: Rule | None = None
    seats: Mapping[str, Seat] = field(default_factory=dict)


def judge(context: Context, click: Interaction) -> JudgedClick:
    """The moment, when the clicker's standing in Slack allows the click; whether the request still waits is judged later.

    Raises ObjectionError, StrangeCardError, UnconfirmedCardError and SlackAwayError.
    """
    if click.team and click.team != context.team():
        raise ObjectionError("People of other workspaces cannot decide here.")
    person = context.people.look(click.user)
    objection = person.objection(context.team())
    if objection:
        raise ObjectionError(f"{objection[0].upper()}{objection[1:]}.")
    with context.store.read() as session:
        request = pressed_on(session, of_click(click), click.kind)
    judged = JudgedClick(click, person, context.clock())
    if click.kind == "review":
        object_if(review_objection(context, request, person))
        return judged
    if (click.kind == "end" or click.kind.startswith(CONTROL)) and not is_requester(request, person):
        _check_approver(context, request, person)
    if click.kind in ("approve", "deny") and request.status == Status.PENDING:
        rule = _check_approver(context, request, person)
        clicking = {person.user: seat_of(context, rule, person)}
        earlier = {approver.person.user: approver.seat for approver in approvers_now(context, request, rule)}
        return replace(judged, rule=rule, seats=earlier | clicking)
    return judged


def object_if(sentence: str) -> None:
    """Raises ObjectionError with the sentence, when there is one."""
    if sentence:
        raise ObjectionError(sentence)


def _check_approver(context: Context, request: Request, person: Person) -> Rule:
    if is_requester(request, person):
        raise ObjectionError("You asked for this, so somebody else has to decide. You may press “Cancel request”.")
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
