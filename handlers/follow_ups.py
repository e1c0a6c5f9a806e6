"""The buttons of a request that is over. Most make a new one of it, filed and approved like any other; *Details* shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from slack_bolt import App
from slack_sdk import WebClient

from approvals.authority.press import Pressed, StrangeCardError, UnconfirmedCardError
from approvals.models import Request
from approvals.request.limits import FloodError
from approvals.request.remainder import remainder_of
from approvals.slack.blocks import Block, clean, escape, section
from approvals.slack.modals import asking
from approvals.states import TERMINAL, Status
from approvals.views.confirmations import to_cancel, to_undo
from handlers.action_ids import ANEW, ENDING
from handlers.actions import click_of
from handlers.caller import BROKEN, Caller, delivery, kept_in_form, of_interaction, pressed_before, pressed_request
from handlers.carried import Carried
from handlers.declared import LONGEST_REASON
from handlers.dependencies import Dependencies
from handlers.filing import NotAcceptedError, file
from handlers.forms import FormContext, form
from handlers.parser import Given
from handlers.problems import ways_on
from handlers.receipts import about, answer_form, receipt
from handlers.responder import Responder, open_view
from operations.core.base import Operation
from operations.core.registry import by_name
from operations.snapshot.organization import Organization

NOT_OVER = ":information_source: Request #{number} isn't finished yet. `/org request {number}` shows how it stands."
NO_UNDO = ":information_source: Request #{number} can't be undone."


NO_CANCEL = ":information_source: Request #{number} doesn't wait for approval, so it can't be cancelled. `/org request {number}` shows how it stands."
NOT_YOURS = ":x: Only the person who asked for request #{number} can {kind} it here."
CANCELLING = ":wastebasket: Request #{number} is being cancelled."


def register(app: App, deps: Dependencies) -> None:
    """Takes the buttons in, and what `/org cancel` and `/org undo` have asked before they do the same."""

    @app.view(ENDING)
    def ended(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        view = body["view"]
        caller = Carried.unpacked(view.get("private_metadata")).where(of_interaction(body))
        responder = Responder(deps, client, caller)
        told = _ended(responder, str(view["callback_id"]).partition(":")[2], view)
        answer_form(ack, responder, told)

    @app.action(ANEW)
    def anew(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        responder = Responder(deps, client, of_interaction(body))
        responder.as_member(lambda: _anew(responder, body))
        ack()

    @app.action("details")
    def details(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        responder = Responder(deps, client, of_interaction(body))
        responder.if_admitted(lambda: _show(responder, body))
        ack()


def ending(responder: Responder, kind: str, request: Request) -> list[Block]:
    """`/org cancel 12` and `/org undo 12`: a form asks what the button asks (none, then), or why not."""
    caller = responder.caller
    if request.requester != caller.user:
        return [section(NOT_YOURS.format(number=request.id, kind=kind))]
    asked = _asked(kind, request, responder.deps.organization())
    if isinstance(asked, str):
        return [section(asked.format(number=request.id))]
    pressed = Pressed(request.id or 0, request.key, channel=caller.channel, private=True)
    view = asking(f"end:{kind}", asked, kept_in_form(pressed, Carried.of_caller(caller).reply_to))
    open_view(responder.deps, responder.slack, caller, lambda: view)
    return []


def _asked(kind: str, request: Request, organization: Organization | None) -> Block | str:
    """The button's own question; or, as text, why it cannot be pressed."""
    if kind == "cancel":
        return to_cancel(request) if request.status == Status.PENDING else NO_CANCEL
    wanted = _wanted(kind, request)
    if isinstance(wanted, str):
        return wanted
    inverse = [operation.model_validate(given.values) for operation, given in wanted]
    return to_undo(request, [one.title(organization) if organization else one.name for one in inverse])


def _ended(responder: Responder, kind: str, view: dict[str, Any]) -> list[Block]:
    """Does what the button does; gives what is told."""
    deps, caller, pressed = responder.deps, responder.caller, pressed_before(view.get("private_metadata"))
    unwelcome = deps.admission.lately(caller.user, caller.team)
    if unwelcome or pressed is None:
        return [section(unwelcome or BROKEN)]
    name = delivery("view", caller.team, caller.user, view["id"])
    try:
        deps.intake.press(caller.user, name)
        request = deps.intake.pressed_on(pressed, kind)
    except (FloodError, StrangeCardError, UnconfirmedCardError) as error:
        return [section(f":x: {error}")]
    if request.requester != caller.user:
        return [section(NOT_YOURS.format(number=request.id, kind=kind))]
    if kind == "undo":
        return list(filed_anew(deps, caller, kind, request, name))
    deps.intake.click(click_of(caller, name, kind, pressed))
    return [section(CANCELLING.format(number=request.id))]


def _anew(responder: Responder, body: dict[str, Any]) -> None:
    view = _form(responder.deps, responder.caller, body)
    if view:
        open_view(responder.deps, responder.slack, responder.caller, lambda: view)
    else:
        told = list(_filed(responder.deps, responder.caller, body))
        responder.later("what was filed anew was not told", lambda: responder.bring(told))


def _show(responder: Responder, body: dict[str, Any]) -> None:
    """All that is known of the request, for whoever wants to see it."""
    request = request_pressed(responder.deps, body)
    if isinstance(request, str):
        responder.tell(request)
    else:
        responder.reply(about(responder.deps, responder.caller, request), replace=False)


def _form(deps: Dependencies, caller: Caller, body: dict[str, Any]) -> Block | None:
    """The form with all that was given, where it is to be corrected or filled in; else None."""
    request = request_pressed(deps, body)
    if isinstance(request, str) or request.status not in TERMINAL:
        return None
    operation, kind = by_name().get(request.operation), body["actions"][0]["action_id"]
    if operation is None or not (kind == "edit" or (kind == "again" and _is_to_be_filled_in(operation, request))):
        return None
    first, *others = _rest(request) or [(operation, _same(operation, request))]
    return None if others else form(first[0], FormContext.of(deps, first[1], caller))


def _is_to_be_filled_in(operation: type[Operation], request: Request) -> bool:
    """As it was, it would be refused again, or has something in it that is typed for each request."""
    return request.status == Status.REFUSED or any(field.flag.by_hand for field in operation.fields())


def request_pressed(deps: Dependencies, body: dict[str, Any]) -> Request | str:
    """The request whose button was pressed; or, as text, why there is none."""
    pressed = pressed_request(body)
    if pressed is None:
        return BROKEN
    try:
        return deps.intake.pressed_on(pressed, str(body["actions"][0]["action_id"]))
    except (StrangeCardError, UnconfirmedCardError) as error:
        return f":x: {error}"


def _filed(deps: Dependencies, caller: Caller, body: dict[str, Any]) -> Iterator[Block]:
    request, action = request_pressed(deps, body), body["actions"][0]
    if isinstance(request, str):
        yield section(request)
        return
    yield from filed_anew(deps, caller, str(action["action_id"]), request, str(action.get("action_ts")))


def filed_anew(deps: Dependencies, caller: Caller, kind: str, request: Request, once: str) -> Iterator[Block]:
    """Files what `kind` (undo, again) makes of a request, and gives what is told; `once` names what the person did."""
    wanted = _wanted(kind, request)
    if isinstance(wanted, str):
        yield section(wanted.format(number=request.id))
        return
    for index, (operation, given) in enumerate(wanted):
        name = delivery("click", caller.team, caller.user, kind, request.id, index, once)
        yield from _one(deps, caller, operation, given, name)


def _one(deps: Dependencies, caller: Caller, operation: type[Operation], given: Given, name: str) -> list[Block]:
    try:
        return receipt(deps, caller, file(deps, caller, operation, given, name))
    except NotAcceptedError as error:
        told = section(f":x: Not submitted: {escape('; '.join(problem.sentence for problem in error.problems))}")
        return [told, *ways_on(operation, given, error.problems)]


def _wanted(kind: str, request: Request) -> str | list[tuple[type[Operation], Given]]:
    """What is to be filed; or, as text, why nothing can be."""
    if request.status not in TERMINAL:
        return NOT_OVER
    operation = by_name().get(request.operation)
    if operation is None:
        return NO_UNDO
    if kind in ("again", "edit"):
        return _rest(request) or [(operation, _same(operation, request))]
    if request.status != Status.SUCCEEDED:
        return NO_UNDO
    try:
        asked = operation.model_validate(request.params)
    except ValidationError:
        return NO_UNDO
    inverse = asked.undone_by(request.preview.get("precondition", {}), request.memory)
    return [_following(one, "Undo", request) for one in inverse] or NO_UNDO


def _rest(request: Request) -> list[tuple[type[Operation], Given]]:
    """What is left of a request that is half done."""
    if request.status != Status.FAILED:
        return []
    try:
        return [_following(one, "The rest", request) for one in remainder_of(request)]
    except ValidationError:
        return []


def _following(one: Operation, what: str, request: Request) -> tuple[type[Operation], Given]:
    """What follows from a request that is over, with a reason that names it, as people see it: AWS's names may hold anything."""
    reason = clean(f"{what} of request #{request.id}: {request.title}")[:LONGEST_REASON]
    return type(one), Given(_values(type(one), one.model_dump(mode="json")), reason)


def _same(operation: type[Operation], request: Request) -> Given:
    return Given(_values(operation, request.params), request.reason)


def _values(operation: type[Operation], params: dict[str, Any]) -> dict[str, Any]:
    """The values as a command would give them: what was left out, or is typed by hand, stays out."""
    typed = {field.name for field in operation.fields() if field.flag.by_hand}
    return {name: value for name, value in params.items() if value not in (None, "", [], {}) and name not in typed}
