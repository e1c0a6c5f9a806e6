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
from approvals.authority.quorum import seat
from approvals.authority.reach import ask_of, hits, judged
from approvals.authority.requirements import Requirements, Seats, requirements_of, rules_named
from approvals.authority.rules import NoRuleError
from approvals.context import Context
from approvals.models import Interaction, Request, Vote, operation_of
from approvals.slack.blocks import escape
from approvals.slack.client import SlackAwayError
from approvals.states import Status
from operations.access.credentials import Credentials
from operations.snapshot.names import capital
from operations.snapshot.organization import Organization

CONTROL = "control:"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Approver:
    """Somebody who approved; `seats` is empty when they may not any more."""

    person: Person
    seats: Seats


def seats_of(context: Context, required: Requirements, person: Person) -> Seats:
    """For which group of each rule a person speaks now; nothing when they may not act at all. Raises SlackAwayError."""
    if person.objection(context.team()):
        return {}
    return required.seats(lambda rule: seat(rule, lambda names: context.people.among(person, names)))


def approvers_now(context: Context, request: Request, required: Requirements) -> list[Approver]:
    """Those who approved exactly this request, in the order of their votes. Raises SlackAwayError."""
    approved = select(Vote).where(Vote.request_id == request.id, Vote.decision == "approve").order_by(col(Vote.id))
    with context.store.read() as session:
        votes = session.exec(approved.where(Vote.digest == request.digest)).all()
    people = [context.people.look(vote.user) for vote in votes]
    return [Approver(person, seats_of(context, required, person)) for person in people]


def may_break(context: Context, required: Requirements, person: Person) -> bool:
    """Whether every rule that asks for an approval lets this person act at once. Raises SlackAwayError."""
    if person.objection(context.team()):
        return False
    return all(context.people.among(person, names) for names in required.break_glass)


def review_objection(context: Context, request: Request, person: Person) -> str:
    """Why this person may not sign the review, as a sentence; empty when they may. Raises SlackAwayError."""
    if person.user == request.requester or person.key == request.person:
        return "You acted under break glass, so somebody else has to review it."
    required = requirements_of(request, context.rules())
    if required is None:
        return f"{_gone(request)} no longer exists, so nobody is known who could review this."
    if not seats_of(context, required, person):
        return f"You are not among the approvers of {escape(rules_named(request))}, who review what it let happen."
    return ""


def _gone(request: Request) -> str:
    """The rules of a request of which one is no longer there."""
    named = rules_named(request)
    return f"{escape(named[0].upper() + named[1:])}"


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


class RulesChangedError(Exception):
    """Other rules decide by now than those on the card: `required`. Nobody has approved under what they saw."""

    def __init__(self, required: Requirements) -> None:
        super().__init__(f"decided by {', '.join(required.names)} now")
        self.required = required


@dataclass(frozen=True)
class JudgedClick:
    """What a decision is made from: the click, who clicked as Slack knows them now, and the time.

    `required` and `seats` (for which group of each rule those who approved speak now, by user id) are there when an open
    request is decided upon.
    """

    click: Interaction
    person: Person
    now: datetime
    required: Requirements | None = None
    seats: Mapping[str, Seats] = field(default_factory=dict)


def judge(context: Context, click: Interaction) -> JudgedClick:
    """The moment, when the clicker's standing in Slack allows the click; whether the request still waits is judged later.

    Raises ObjectionError, StrangeCardError, UnconfirmedCardError and SlackAwayError.
    """
    if click.team and click.team != context.team():
        raise ObjectionError("People of other workspaces cannot decide here.")
    person = context.people.look(click.user)
    objection = person.objection(context.team())
    if objection:
        raise ObjectionError(f"{capital(objection)}.")
    with context.store.read() as session:
        request = pressed_on(session, of_click(click), click.kind)
    judged = JudgedClick(click, person, context.clock())
    if click.kind == "review":
        object_if(review_objection(context, request, person))
        return judged
    if (click.kind == "end" or click.kind.startswith(CONTROL)) and not is_requester(request, person):
        _check_approver(context, request, person)
    if click.kind in ("approve", "deny") and request.status == Status.PENDING:
        required = _check_approver(context, request, person)
        if click.kind == "approve":
            _check_rules(context, request, required)
        clicking = {person.user: seats_of(context, required, person)}
        earlier = {approver.person.user: approver.seats for approver in approvers_now(context, request, required)}
        return replace(judged, required=required, seats=earlier | clicking)
    return judged


def object_if(sentence: str) -> None:
    """Raises ObjectionError with the sentence, when there is one."""
    if sentence:
        raise ObjectionError(sentence)


def _check_rules(context: Context, request: Request, required: Requirements) -> None:
    """Raises RulesChangedError where another rule decides by now than the card says, and ObjectionError where none does."""
    asker = context.people.look(request.requester)
    if why := asker.objection(context.team()):
        raise ObjectionError(
            f"{escape(asker.name)} asked for this, and {why}, so it cannot be approved any more. Deny it."
        )
    organization = context.organization()
    if organization is None:
        return
    try:
        now = judged_anew(context, request, asker, organization)
    except NoRuleError as error:
        raise ObjectionError(f"It can no longer be approved: {escape(str(error))}") from error
    if not set(now.names) <= set(required.names):
        raise RulesChangedError(now)


def judged_anew(context: Context, request: Request, asker: Person, organization: Organization) -> Requirements:
    """The rules that decide about a request as things are now. Raises NoRuleError and SlackAwayError."""
    operation = operation_of(request)
    ask = ask_of(operation, asker, context.people)
    return judged(context.rules(), ask, hits(operation, organization), context.guards()).now(request)


def _check_approver(context: Context, request: Request, person: Person) -> Requirements:
    if is_requester(request, person):
        raise ObjectionError("You asked for this, so somebody else has to decide. You may press “Cancel request”.")
    required = requirements_of(request, context.rules())
    if required is None:
        raise ObjectionError(
            f"{_gone(request)}, under which this was filed, no longer exists. Ask again under today's rules."
        )
    if not seats_of(context, required, person):
        raise ObjectionError(
            f"You are not among the approvers of {escape(rules_named(request))}, so nothing has been decided."
        )
    return required
