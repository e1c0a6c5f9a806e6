"""The buttons of a request that is over. Most make a new one of it, filed and approved like any other; *Details* shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from slack_bolt import App
from slack_sdk import WebClient

from approvals.authority.press import StrangeCardError, UnconfirmedCardError
from approvals.models import Request
from approvals.request.remainder import remainder_of
from approvals.slack.blocks import Block, escape
from approvals.states import TERMINAL, Status
from handlers.action_ids import ANEW
from handlers.caller import Caller, delivery, of_interaction
from handlers.commands import filed_line, whole
from handlers.declared import LONGEST_REASON
from handlers.dependencies import Dependencies
from handlers.filing import NotAcceptedError, file
from handlers.forms import FormContext, form
from handlers.parser import Given
from handlers.pressed import BROKEN, pressed_request
from handlers.responder import Responder, open_view
from operations.core.base import Operation
from operations.core.registry import by_name

NOT_OVER = ":information_source: Request #{number} is not over yet. `/org request {number}` shows how it stands."
NO_UNDO = ":information_source: Request #{number} cannot be undone by another request."


def register(app: App, deps: Dependencies) -> None:
    """Takes the buttons in."""

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


def _anew(responder: Responder, body: dict[str, Any]) -> None:
    view = _form(responder.deps, responder.caller, body)
    if view:
        open_view(responder.deps, responder.slack, responder.caller, lambda: view)
    else:
        responder.tell("\n".join(_filed(responder.deps, responder.caller, body)))


def _show(responder: Responder, body: dict[str, Any]) -> None:
    """All that is known of the request, for whoever wants to see it."""
    request = _pressed(responder.deps, body)
    if isinstance(request, str):
        responder.tell(request)
    else:
        responder.reply(whole(responder.deps, responder.caller, request), replace=False)


def _form(deps: Dependencies, caller: Caller, body: dict[str, Any]) -> Block | None:
    """The form with all that was given, where it is to be corrected; else None. A refused request would be refused again."""
    request = _pressed(deps, body)
    if isinstance(request, str) or request.status not in TERMINAL:
        return None
    operation, kind = by_name().get(request.operation), body["actions"][0]["action_id"]
    if operation is None or not (kind == "edit" or (kind == "again" and request.status == Status.REFUSED)):
        return None
    given = Given(_values(request.params), request.reason)
    return form(operation, FormContext(given, deps.organization(), caller.channel, deps.clock()))


def _pressed(deps: Dependencies, body: dict[str, Any]) -> Request | str:
    """The request whose button was pressed; or, as text, why there is none."""
    pressed = pressed_request(body)
    if pressed is None:
        return BROKEN
    try:
        return deps.intake.pressed_on(pressed, str(body["actions"][0]["action_id"]))
    except (StrangeCardError, UnconfirmedCardError) as error:
        return f":x: {error}"


def _filed(deps: Dependencies, caller: Caller, body: dict[str, Any]) -> Iterator[str]:
    request, action = _pressed(deps, body), body["actions"][0]
    if isinstance(request, str):
        yield request
        return
    wanted = _wanted(str(action["action_id"]), request)
    if isinstance(wanted, str):
        yield wanted.format(number=request.id)
        return
    for index, (operation, given) in enumerate(wanted):
        name = delivery(
            "click", caller.team, caller.user, action["action_id"], request.id, index, action.get("action_ts")
        )
        yield _one(deps, caller, operation, given, name)


def _one(deps: Dependencies, caller: Caller, operation: type[Operation], given: Given, name: str) -> str:
    try:
        filed = file(deps, caller, operation, given, name)
    except NotAcceptedError as error:
        return f":x: Nothing was filed: {escape('; '.join(problem.sentence for problem in error.problems))}"
    return filed_line(deps, filed)


def _wanted(kind: str, request: Request) -> str | list[tuple[type[Operation], Given]]:
    """What is to be filed; or, as text, why nothing can be."""
    if request.status not in TERMINAL:
        return NOT_OVER
    operation = by_name().get(request.operation)
    if operation is None:
        return NO_UNDO
    if kind in ("again", "edit"):
        return _rest(request) or [(operation, Given(_values(request.params), request.reason))]
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
    """What follows from a request that is over, with a reason that names it."""
    reason = f"{what} of request #{request.id}: {request.title}"[:LONGEST_REASON]
    return type(one), Given(_values(one.model_dump(mode="json")), reason)


def _values(params: dict[str, Any]) -> dict[str, Any]:
    """The values as a command would give them: what was left out stays out."""
    return {name: value for name, value in params.items() if value not in (None, "", [], {})}
