"""A request is taken in: checked as far as the snapshot of the organization allows, and filed with one durable insert.

The command line and the forms come here with the same values, so that they accept the same and refuse the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from approvals.authority.press import StrangeCardError, read
from approvals.authority.reach import ask_of, hits, judged
from approvals.authority.requirements import Requirements
from approvals.authority.rules import NoRuleError
from approvals.request.intake import AlreadyAskedError, Draft
from approvals.request.limits import FloodError
from approvals.slack.named import Named, Naming
from handlers.caller import Caller
from handlers.declared import LONGEST_REASON, fields_of
from handlers.dependencies import Dependencies
from handlers.parser import Given
from handlers.problems import Problem, problems
from operations.aws.codes import FOUND
from operations.aws.errors import FieldError, UnknownError
from operations.aws.prefilled import Prefilled
from operations.core.base import Operation
from operations.core.closing import Closing
from operations.core.fields import FieldKind, OperationField
from operations.core.lookalikes import pointed_out
from operations.core.visible import InvisibleError, check
from operations.snapshot.organization import Organization

NEW = "If it was made a moment ago, try again in a minute."
NO_ORGANIZATION = "this AWS account is in no organization yet. Create one first."


LookUp = Callable[[UnknownError], Organization | None]


class NotAcceptedError(Exception):
    """Nothing was filed; `problems` say why and what to do, which is for members only.

    `unknown` when a name is not known.
    """

    def __init__(self, *found: Problem, unknown: bool = False) -> None:
        super().__init__("; ".join(problem.sentence for problem in found))
        self.problems = found
        self.unknown = unknown


@dataclass(frozen=True)
class Filed:
    """A request that is in the database, its title in plain text, what its buttons carry, how many have to approve it, and
    what its requester should look at once more.
    """

    number: int
    title: str
    button: str
    approvals: int
    notes: tuple[str, ...] = ()


def file(deps: Dependencies, caller: Caller, operation: type[Operation], given: Given, delivery: str) -> Filed:
    """Files the request; a redelivery gives the earlier number. Raises NotAcceptedError."""
    asked, organization = checked(deps, caller, operation, given)
    required = _rules(deps, asked, organization)
    draft = Draft(
        operation=operation.name,
        params=asked.model_dump(mode="json"),
        subject=asked.subject_for(caller.user),
        reason=given.reason,
        requester=caller.user,
        team=caller.team,
        channel=caller.channel,
        delivery=delivery,
        required=required,
        break_glass=given.break_glass,
        follows=_follows(deps, given.after, asked),
    )
    number, button = _taken_in(deps, draft, asked)
    needed = 0 if given.break_glass else required.approvals
    return Filed(number, asked.title(organization), button, needed, pointed_out(asked, organization))


def _follows(deps: Dependencies, after: str, asked: Operation) -> int:
    """The request whose end has offered just this one; 0 where something else is asked for by now."""
    pressed = read(after, private=True)
    try:
        request = deps.intake.pressed_on(pressed, "next") if pressed and pressed.key else None
    except StrangeCardError:
        request = None
    given = asked.model_dump(mode="json")
    offered = Closing.model_validate(request.memory["closing"]).next if request and "closing" in request.memory else ()
    meant = [one for one in offered if one.operation == asked.name and one.values.items() <= given.items()]
    return request.id or 0 if request and meant else 0


def checked(
    deps: Dependencies, caller: Caller, operation: type[Operation], given: Given
) -> tuple[Operation, Organization]:
    """What is asked for, with ids in place of names, and the snapshot in which they were found. Raises NotAcceptedError."""
    unwelcome = deps.admission.lately(caller.user, caller.team)
    if unwelcome:  # Whom nobody knows yet a worker looks up, before anybody else hears of the request.
        raise NotAcceptedError(Problem("", unwelcome))
    asked = _valid(operation, given)
    organization = deps.organization()
    if organization is None:
        _read_again(deps, caller)
        raise NotAcceptedError(Problem("", deps.unread()))
    if not organization.id and not operation.founds:
        raise NotAcceptedError(Problem("", NO_ORGANIZATION, opens=_askable(deps, caller, [FOUND])))
    return _settled(deps, caller, asked, organization)


def _valid(operation: type[Operation], given: Given) -> Operation:
    found = tuple(Problem("reason", sentence) for sentence in reason_problems(given.reason))
    try:
        asked = operation.model_validate(given.values)
    except ValidationError as error:
        raise NotAcceptedError(*problems(operation, error), *found) from error
    if found:
        raise NotAcceptedError(*found)
    return asked


def reason_problems(reason: str) -> list[str]:
    """What is wrong with a reason, in sentences: too long, or something in it that nobody sees."""
    if len(reason) > LONGEST_REASON:
        return [f"the reason has {len(reason)} characters; {LONGEST_REASON} is the most. Shorten it."]
    try:
        check(reason, FieldKind.LONG_TEXT)
    except InvisibleError as error:
        return [str(error)]
    return []


def _settled(
    deps: Dependencies, caller: Caller, asked: Operation, organization: Organization
) -> tuple[Operation, Organization]:
    """Names become ids. What the snapshot doesn't know may be new: AWS is asked about it, and the organization is read again."""
    try:
        return _looked_up(asked, organization, deps.look_up if _is_member(deps, caller) else _nobody)
    except FieldError as error:
        _read_again(deps, caller)
        unknown = isinstance(error, UnknownError)
        sentence = f"{error.message} {NEW}" if unknown and not error.near else error.message
        opens = _askable(deps, caller, error.opens)
        found = Problem(error.field, sentence, error.near, error.wanted, opens)
        raise NotAcceptedError(found, unknown=unknown) from error


def _askable(deps: Dependencies, caller: Caller, helping: Sequence[Prefilled]) -> tuple[Prefilled, ...]:
    """What would help, as far as the rules let this person ask for it; Slack isn't asked who is in a group."""
    rules = deps.rules()

    def among(named: Sequence[str]) -> bool:
        return caller.user in named or any(Named(one).naming is not Naming.USER for one in named)

    return tuple(one for one in helping if rules.may_ask(one.operation, among))


def _looked_up(asked: Operation, organization: Organization, look_up: LookUp) -> tuple[Operation, Organization]:
    """The request with ids in place of names, and the snapshot that knows them, each name looked up once; raises FieldError."""
    tried: set[str] = set()
    while True:
        try:
            return asked.settled(organization), organization
        except UnknownError as error:
            newer = None if error.wanted in tried else look_up(error)
            if newer is None:
                raise
            tried.add(error.wanted)
            organization = newer


def _nobody(_: UnknownError) -> None:
    """Strangers have nothing asked of AWS."""


def _is_member(deps: Dependencies, caller: Caller) -> bool:
    return deps.admission.lately(caller.user, caller.team) == ""


def _read_again(deps: Dependencies, caller: Caller) -> None:
    """For members only: strangers have nothing asked of AWS."""
    if _is_member(deps, caller):
        deps.refresh()


def switched_off(deps: Dependencies, operation: type[Operation]) -> str:
    """Why nobody may ask for an operation here; empty for nearly every one."""
    try:
        deps.rules().check(operation.name)
    except NoRuleError as error:
        return str(error)
    return ""


def _rules(deps: Dependencies, asked: Operation, organization: Organization) -> Requirements:
    """The rules that decide unless they turn out not to be for this requester, whom only a worker may look up in Slack."""
    try:
        required = judged(deps.rules(), ask_of(asked), hits(asked, organization), deps.guards())
    except NoRuleError as error:
        raise NotAcceptedError(Problem(place_field(type(asked)), str(error))) from error
    field, why = required.session_objection(asked)
    if why:
        raise NotAcceptedError(Problem(field, why))
    return required


def _taken_in(deps: Dependencies, draft: Draft, asked: Operation) -> tuple[int, str]:
    try:
        return deps.intake.take_in(draft)
    except FloodError as error:
        raise NotAcceptedError(Problem("", str(error))) from error
    except AlreadyAskedError as error:
        about = subject_field(asked)
        does = "uses this address" if about and about.flag.kind is FieldKind.EMAIL else "asks for this"
        live = deps.intake.find(error.number)
        found = Problem(about.name if about else "", f"request #{error.number} already {does}.", number=error.number)
        raise NotAcceptedError(replace(found, shown=live.button if live else "")) from error


def subject_field(asked: Operation) -> OperationField | None:
    """The field by whose value two requests are about the same: the last one that is needed and stands in the subject."""
    subject = asked.subject().casefold()
    needed = [field for field in asked.fields() if field.required]
    found = [field for field in needed if str(getattr(asked, field.name)).casefold() in subject]
    return found[-1] if found else None


def place_field(operation: type[Operation]) -> str:
    """The field that says where in the tree the request acts."""
    fields = fields_of(operation)
    for kind in (FieldKind.OU, FieldKind.TARGET, FieldKind.ACCOUNT):
        found = next((field.name for field in fields if field.flag.kind == kind), "")
        if found:
            return found
    return fields[0].name
