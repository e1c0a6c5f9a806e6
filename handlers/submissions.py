"""Forms that were sent: requests.

Source: Slack API, "view_submission payload", "Modals" (Displaying errors in views: `response_action: errors`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from approvals.slack.blocks import Block, clean, shorten
from handlers.action_ids import BREAK_GLASS_FORM, REQUEST_FORM
from handlers.break_glass import entered
from handlers.caller import Caller, delivery, of_interaction
from handlers.carried import Carried
from handlers.declared import field_of
from handlers.dependencies import Dependencies
from handlers.filing import NotAcceptedError, file
from handlers.forms import sent
from handlers.parser import Given
from handlers.problems import Problem, at_field, in_form
from handlers.receipts import answer_form, receipt
from handlers.responder import Responder
from operations.core.base import Operation
from operations.core.registry import by_name

LONGEST_ERROR = 2000
ASKED = "Checking who you are. Submit again in a moment."
UNKNOWN = "This operation no longer exists. /org shows what there is."


def register(app: App, deps: Dependencies) -> None:
    """Takes submitted forms in."""

    @app.view(REQUEST_FORM)
    def requested(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        view = body["view"]
        values = view["state"]["values"]
        caller = _caller(body)
        unwelcome = _unwelcome(deps, caller)
        operation = by_name().get(str(view["callback_id"]).partition(":")[2])
        if unwelcome or operation is None:
            ack(response_action="errors", errors={next(iter(values), "reason"): unwelcome or UNKNOWN})
            return
        try:
            given = replace(sent(operation, values), after=Carried.unpacked(view.get("private_metadata")).after)
            told = _file(deps, caller, operation, given, str(view["id"]))
        except NotAcceptedError as error:
            ack(response_action="errors", errors=errors_of(operation, _told(deps, caller, error)))
            return
        answer_form(ack, Responder(deps, client, caller), told)

    @app.view(BREAK_GLASS_FORM)
    def glass_broken(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        caller = _caller(body)
        told, errors = _break_glass(deps, caller, body["view"])
        if errors:
            ack(response_action="errors", errors=errors)
        else:
            answer_form(ack, Responder(deps, client, caller), told)


def _break_glass(deps: Dependencies, caller: Caller, view: dict[str, Any]) -> tuple[list[Block], dict[str, str]]:
    """Files what is confirmed; gives what the requester reads, and the errors by block."""
    unwelcome = _unwelcome(deps, caller)
    operation = by_name().get(str(view["callback_id"]).partition(":")[2])
    if unwelcome or operation is None:
        return [], {"confirm": unwelcome or UNKNOWN}
    given, errors = entered(operation, view)
    if errors:
        return [], errors
    try:
        return _file(deps, caller, operation, given, str(view["id"])), {}
    except NotAcceptedError as error:
        found = " ".join(in_form(operation, problem) for problem in _told(deps, caller, error))
        return [], {"confirm": shorten(clean(found), LONGEST_ERROR)}


def _unwelcome(deps: Dependencies, caller: Caller) -> str:
    """Why nothing is filed for this person, empty when it may be: what comes from another workspace waits for Slack's word."""
    known = deps.admission.lately(caller.user, caller.team)
    if known is not None or deps.admission.is_home(caller.team):
        return known or ""
    deps.admission.learn(deps.run, caller.user, caller.team)
    return ASKED


def _told(deps: Dependencies, caller: Caller, error: NotAcceptedError) -> tuple[Problem, ...]:
    """What is wrong with the form, for members; others are told to wait for Slack's word."""
    if deps.admission.lately(caller.user, caller.team) == "":
        return error.problems
    deps.admission.learn(deps.run, caller.user, caller.team)
    return (Problem("", ASKED),)


def _caller(body: dict[str, Any]) -> Caller:
    return Carried.unpacked(body["view"].get("private_metadata")).where(of_interaction(body))


def _file(deps: Dependencies, caller: Caller, operation: type[Operation], given: Given, view_id: str) -> list[Block]:
    name = delivery("view", caller.team, caller.user, view_id)
    return receipt(deps, caller, file(deps, caller, operation, given, name))


def errors_of(operation: type[Operation], found: tuple[Problem, ...]) -> dict[str, str]:
    """The problems by block; one about the whole request stands at the first field."""
    errors: dict[str, str] = {}
    first = operation.fields()[0].name if operation.fields() else "reason"
    for problem in found:
        block = problem.field if field_of(operation, problem.field) else first
        sentence = at_field(operation, problem)
        text = f"{errors[block]} {sentence}" if block in errors else sentence
        errors[block] = shorten(clean(text), LONGEST_ERROR)
    return errors
