"""Buttons. A decision is one durable insert before the ack; a worker looks up who clicked, decides, and tells them. Deny asks why.

Source: Slack API, "block_actions payload", "Modals" (Opening modals), "Block Kit: Input block".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from approvals.authority.press import Pressed, StrangeCardError, UnconfirmedCardError
from approvals.models import Request
from approvals.request.intake import Click
from approvals.request.limits import FloodError
from approvals.slack.blocks import Block, escape, section, shorten
from approvals.slack.modals import entry, modal, text_input
from handlers.action_ids import DECISION, DENY_FORM, LINK, OPEN_FORM
from handlers.caller import BROKEN, Caller, delivery, kept_in_form, of_interaction, pressed_before, pressed_request
from handlers.carried import Carried
from handlers.dependencies import Dependencies
from handlers.filing import reason_problems, switched_off
from handlers.forms import FormContext, form
from handlers.parser import Given
from handlers.responder import Responder, open_view, open_view_if, tell
from operations.core.registry import by_name
from operations.snapshot.names import capital

LONGEST_REASON, LONGEST_TITLE = 500, 500
WHO_READS_IT = "The requester sees this; it is kept in the audit log."

GONE = ":x: This operation no longer exists. `/org` shows what there is."
NO_REASON = "Say why: the requester needs to know what to change."


def register(app: App, deps: Dependencies) -> None:
    """Takes every button of ours in."""

    @app.action(DECISION)
    def decision(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        keep(deps, client, body)
        ack()

    @app.action("deny")
    def deny(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        _deny(deps, client, body)
        ack()

    @app.view(DENY_FORM)
    def denied(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        _denied(deps, client, ack, body)

    @app.action(OPEN_FORM)
    def form_button(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        open_form(deps, client, body, str(body["actions"][0]["action_id"]).split(":")[1])
        ack()

    @app.action(LINK)
    def link(ack: Any) -> None:
        ack()


def keep(deps: Dependencies, slack: WebClient, body: dict[str, Any]) -> Pressed | None:
    """Keeps a press for the workers and gives it; None when the button carries no request, which the presser is told."""
    pressed = pressed_request(body)
    if pressed is None:
        _tell(deps, slack, of_interaction(body), BROKEN)
    else:
        deps.intake.click(_click(body, pressed))
    return pressed


def _tell(deps: Dependencies, slack: WebClient, caller: Caller, line: str) -> None:
    """A private line for members; strangers get the one that is theirs."""
    responder = Responder(deps, slack, caller)
    responder.if_admitted(lambda: responder.tell(line))


def _click(body: dict[str, Any], pressed: Pressed) -> Click:
    caller, action = of_interaction(body), body["actions"][0]
    kind = str(action["action_id"])
    name = delivery("click", caller.team, caller.user, kind, pressed.carried, action.get("action_ts"), caller.trigger)
    return click_of(caller, name, kind, pressed)


def click_of(caller: Caller, name: str, kind: str, pressed: Pressed, reason: str = "") -> Click:
    """The click to keep; its answer goes to where the button stood, or where the presser is."""
    return Click(
        delivery=name,
        kind=kind,
        user=caller.user,
        team=caller.team,
        request_id=pressed.number,
        key=pressed.key,
        channel=pressed.channel or caller.channel,
        message_ts=pressed.ts,
        private=pressed.private,
        shown=pressed.shown,
        reason=reason,
    )


def _deny(deps: Dependencies, slack: WebClient, body: dict[str, Any]) -> None:
    """Asks for the reason, unless the click cannot decide anything: then it goes the way of all clicks, which says why."""
    caller, pressed = of_interaction(body), pressed_request(body)
    if pressed is None:
        _tell(deps, slack, caller, BROKEN)
        return
    click = _click(body, pressed)
    open_view_if(deps, slack, caller, lambda: _asks_why(deps, click, pressed))


def _asks_why(deps: Dependencies, click: Click, pressed: Pressed) -> Block | None:
    """The form; none for a click that cannot decide anything, which is left to the workers, who tell why."""
    request = _meant(deps, pressed) if deps.may_decide(click) else None
    if request is None:
        deps.intake.click(click)
        return None
    return deny_form(pressed, request.title)


def _meant(deps: Dependencies, pressed: Pressed) -> Request | None:
    """The request whose card it is; also while Slack has not confirmed the card."""
    try:
        return deps.intake.pressed_on(pressed, "deny")
    except UnconfirmedCardError:
        return deps.intake.find(pressed.number)
    except StrangeCardError:
        return None


def _denied(deps: Dependencies, slack: WebClient, ack: Any, body: dict[str, Any]) -> None:
    caller, view = of_interaction(body), body["view"]
    unwelcome = deps.admission.lately(caller.user, caller.team)
    if unwelcome:
        ack(response_action="errors", errors={"reason": unwelcome})
        return
    reason = reason_of(view["state"]["values"])
    wrong = reason_problems(reason) if reason else [NO_REASON]
    if wrong:
        ack(response_action="errors", errors={"reason": capital(wrong[0])})
        return
    name = delivery("view", caller.team, caller.user, view["id"])
    try:
        deps.intake.press(caller.user, name)
    except FloodError as error:
        ack(response_action="errors", errors={"reason": str(error)})
        return
    pressed = pressed_before(view.get("private_metadata"))
    if pressed is None:
        tell(deps, slack, caller, BROKEN)
    else:
        deps.intake.click(click_of(caller, name, "deny", pressed, reason))
    ack()


def open_form(deps: Dependencies, slack: WebClient, body: dict[str, Any], name: str) -> None:
    """The form of the operation of this name, with what the button carries; in a modal, with where that was opened, and why."""
    caller, action = of_interaction(body), body["actions"][0]
    kept = Carried.unpacked(body["view"].get("private_metadata") if caller.view else "")
    caller = kept.where(caller) if caller.view else caller
    operation = by_name().get(name)
    if operation is None:
        _tell(deps, slack, caller, GONE)
        return
    refusal = switched_off(deps, operation)
    if refusal:
        _tell(deps, slack, caller, refusal)
        return
    brought = Carried.unpacked(action.get("value"))
    given = Given(brought.of(operation), brought.reason or kept.reason, after=brought.after)
    scene = FormContext.of(deps, given, caller)
    open_view(deps, slack, caller, lambda: form(operation, scene))


def deny_form(pressed: Pressed, title: str) -> Block:
    """The modal view; `title` says what would be denied, and the press that opens it rides along."""
    blocks = [
        section(f"*{escape(shorten(title, LONGEST_TITLE))}*"),
        entry("reason", "Reason", text_input("reason", multiline=True, most=LONGEST_REASON), hint=WHO_READS_IT),
    ]
    return modal(DENY_FORM, f"Deny request #{pressed.number}", blocks, "Deny", kept_in_form(pressed))


def reason_of(values: Mapping[str, Mapping[str, Any]]) -> str:
    """The reason that was entered."""
    state: Mapping[str, Any] = values.get("reason", {}).get("reason", {})
    return str(state.get("value") or "").strip()[:LONGEST_REASON]
