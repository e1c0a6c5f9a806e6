"""From a click to the moment in which it counts: who clicked is looked up in Slack anew, and so is everybody who has approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from approvals.authority.approvers import rule_now
from approvals.authority.directory import Person
from approvals.authority.may import approvers_now, seat_of
from approvals.authority.quorum import Seat
from approvals.authority.rules import Rule
from approvals.context import Context
from approvals.models import Interaction, Request
from approvals.request import break_glass
from approvals.slack.blocks import escape
from approvals.states import Status

CONTROL = "control:"


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
    judged = JudgedClick(click, person, context.clock())
    if click.kind == "review":
        object_if(break_glass.review_objection(context, request, person))
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


def is_requester(request: Request, person: Person) -> bool:
    """Whether this is the person who asked, from whatever account."""
    return person.user == request.requester or person.key == request.person
