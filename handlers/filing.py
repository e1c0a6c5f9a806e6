"""A request is taken in: checked as far as the picture of the organization allows, and filed with one durable insert.

The command line and the forms come here with the same values, so that they accept the same and refuse the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from approvals.authority.rules import NoRuleError, Rule
from approvals.authority.session_rules import objection
from approvals.authority.wishes import wishes
from approvals.request.desk import AlreadyAskedError, Draft
from approvals.request.limits import FloodError
from handlers.caller import Caller
from handlers.declared import LONGEST_REASON, fields_of
from handlers.front import Front
from handlers.parser import Given
from handlers.wording import Problem, ago, problems
from operations.aws.errors import FieldError
from operations.core.base import Operation
from operations.core.fields import Kind
from operations.snapshot.organization import Organization

NO_ORGANIZATION = "this AWS account is in no organization yet. Make one with `/org create-organization`."


class NotAcceptedError(Exception):
    """Nothing was filed; `problems` say why and what to do; `telling` when they speak of the organization or the rules."""

    def __init__(self, *found: Problem, telling: bool = False) -> None:
        super().__init__("; ".join(problem.sentence for problem in found))
        self.problems = found
        self.telling = telling


@dataclass(frozen=True)
class Filed:
    """A request that is in the database, and its title in plain text."""

    number: int
    title: str


def file(front: Front, caller: Caller, operation: type[Operation], given: Given, delivery: str) -> Filed:
    """Files the request; a redelivery gives the earlier number. Raises NotAcceptedError."""
    asked, organization = checked(front, caller, operation, given)
    rule = _rule(front, asked, organization)
    draft = Draft(
        operation=operation.name,
        params=asked.model_dump(mode="json"),
        subject=asked.subject_for(caller.user),
        reason=given.reason,
        requester=caller.user,
        team=caller.team,
        channel=caller.channel,
        delivery=delivery,
        rule=rule,
        break_glass=given.break_glass,
    )
    return Filed(_number(front, draft), asked.title(organization))


def checked(front: Front, caller: Caller, operation: type[Operation], given: Given) -> tuple[Operation, Organization]:
    """What is asked for, with ids in place of names, and the picture in which they were found. Raises NotAcceptedError."""
    unwelcome = front.admission.lately(caller.user, caller.team)
    if unwelcome:  # Whom nobody knows yet a worker looks up, before anybody else hears of the request.
        raise NotAcceptedError(Problem("", unwelcome))
    asked = _valid(operation, given)
    organization = front.organization()
    if organization is None:
        front.refresh()
        raise NotAcceptedError(Problem("", front.unread()))
    if not organization.id and not operation.founds:
        raise NotAcceptedError(Problem("", NO_ORGANIZATION))
    return _settled(front, asked, organization), organization


def _valid(operation: type[Operation], given: Given) -> Operation:
    found: tuple[Problem, ...] = ()
    if len(given.reason) > LONGEST_REASON:
        sentence = f"the reason has {len(given.reason)} characters; {LONGEST_REASON} is the most. Shorten it."
        found = (Problem("reason", sentence),)
    try:
        asked = operation.model_validate(given.values)
    except ValidationError as error:
        raise NotAcceptedError(*problems(operation, error), *found) from error
    if found:
        raise NotAcceptedError(*found)
    return asked


def _settled(front: Front, asked: Operation, organization: Organization) -> Operation:
    """Names become ids. What the picture does not know may be new, so it is read again, and its age is told."""
    try:
        return asked.settled(organization)
    except FieldError as error:
        front.refresh()
        age = ago(organization.read_at, front.clock())
        again = f"The organization was read {age} and is being read again: if it is new, try again in a moment."
        raise NotAcceptedError(Problem(error.field, f"{error.message} {again}"), telling=True) from error


def _rule(front: Front, asked: Operation, organization: Organization) -> Rule:
    """The rule that decides unless it turns out not to be for this requester, whom only a worker may look up in Slack."""
    try:
        rule = front.rules().deciding(wishes(asked, organization))
    except NoRuleError as error:
        raise NotAcceptedError(Problem(place_field(type(asked)), str(error)), telling=True) from error
    field, why = objection(rule, asked)
    if why:
        raise NotAcceptedError(Problem(field, why))
    return rule


def _number(front: Front, draft: Draft) -> int:
    try:
        return front.desk.file(draft)
    except FloodError as error:
        raise NotAcceptedError(Problem("", str(error))) from error
    except AlreadyAskedError as error:
        if not error.number:
            sentence = (
                "the same was under way until a moment ago. `/org requests` shows it; ask again if it is still needed."
            )
        else:
            sentence = f"request #{error.number} already asks for this and is under way. `/org request {error.number}` shows it."
        raise NotAcceptedError(Problem("", sentence)) from error


def place_field(operation: type[Operation]) -> str:
    """The field that says where in the tree the request acts."""
    fields = fields_of(operation)
    for kind in (Kind.OU, Kind.TARGET, Kind.ACCOUNT):
        found = next((field.name for field in fields if field.flag.kind == kind), "")
        if found:
            return found
    return fields[0].name
