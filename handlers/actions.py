"""Buttons. A decision is one durable insert before the ack; a worker looks up who clicked, decides, and tells them. Deny asks why.

Source: Slack API, "block_actions payload", "Modals" (Opening modals), "Block Kit: Input block".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from approvals.request.intake import Click
from approvals.slack.blocks import Block, clean, escape, section, shorten
from handlers.action_ids import DECISION, DENY_FORM, LINK, OPEN_FORM
from handlers.caller import Caller, delivery, of_interaction
from handlers.declared import Value, fields_of
from handlers.dependencies import Dependencies
from handlers.forms import FormContext, form
from handlers.parser import Given
from handlers.responder import Responder, open_view, open_view_if
from operations.core.base import Operation
from operations.core.registry import by_name

LONGEST_REASON, LONGEST_TITLE = 500, 500

NUMBER = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
LARGEST_NUMBER = 2**31 - 1
BROKEN = ":x: This button does not say which request it is about, so nothing was done. `/org requests` shows them."
GONE = ":x: This operation no longer exists. `/org help` shows what there is."
NO_REASON = "Say why, so that the requester knows what to change."


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
    def denied(ack: Any, body: dict[str, Any]) -> None:
        _denied(deps, ack, body)

    @app.action(OPEN_FORM)
    def open_form(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        _open_form(deps, client, body)
        ack()

    @app.action(LINK)
    def link(ack: Any) -> None:
        ack()


def keep(deps: Dependencies, slack: WebClient, body: dict[str, Any]) -> int | None:
    """Keeps a press for the workers; the number of its request, or None when it carries none, which the presser is told."""
    number = request_number(body)
    if number is None:
        _tell(deps, slack, of_interaction(body), BROKEN)
    else:
        deps.intake.click(_click(body, number))
    return number


def _tell(deps: Dependencies, slack: WebClient, caller: Caller, line: str) -> None:
    """A private line for members; strangers get the one that is theirs."""
    responder = Responder(deps, slack, caller)
    responder.if_admitted(lambda: responder.tell(line))


def request_number(body: dict[str, Any]) -> int | None:
    """The request's number that a button carries; None when it carries anything else."""
    value = str(body["actions"][0].get("value") or "")
    return int(value) if NUMBER.fullmatch(value) and int(value) <= LARGEST_NUMBER else None


def _click(body: dict[str, Any], number: int) -> Click:
    caller, action = of_interaction(body), body["actions"][0]
    kind = str(action["action_id"])
    name = delivery("click", caller.team, caller.user, kind, number, action.get("action_ts"), caller.trigger)
    return Click(name, kind, caller.user, caller.team, number, channel=caller.channel)


def _deny(deps: Dependencies, slack: WebClient, body: dict[str, Any]) -> None:
    """Asks for the reason, unless the click cannot decide anything: then it goes the way of all clicks, which says why."""
    caller, number = of_interaction(body), request_number(body)
    if number is None:
        _tell(deps, slack, caller, BROKEN)
        return
    click = _click(body, number)
    open_view_if(deps, slack, caller, lambda: _asks_why(deps, click))


def _asks_why(deps: Dependencies, click: Click) -> Block | None:
    """The form; none for a click that cannot decide anything, which is left to the workers, who tell why."""
    request = deps.intake.find(click.request_id) if deps.may_decide(click) else None
    if request is None:
        deps.intake.click(click)
        return None
    return deny_form(click.request_id, request.title, click.channel)


def _denied(deps: Dependencies, ack: Any, body: dict[str, Any]) -> None:
    caller, view = of_interaction(body), body["view"]
    unwelcome = deps.admission.lately(caller.user, caller.team)
    if unwelcome:
        ack(response_action="errors", errors={"reason": unwelcome})
        return
    reason = reason_of(view["state"]["values"])
    if not reason:
        ack(response_action="errors", errors={"reason": NO_REASON})
        return
    number, channel = request_denied(str(view.get("private_metadata", "")))
    if number is not None:
        name = delivery("view", caller.team, caller.user, view["id"])
        deps.intake.click(Click(name, "deny", caller.user, caller.team, number, channel=channel, reason=reason))
    ack()


def _open_form(deps: Dependencies, slack: WebClient, body: dict[str, Any]) -> None:
    caller, action = of_interaction(body), body["actions"][0]
    operation = by_name().get(str(action["action_id"]).partition(":")[2])
    if operation is None:
        _tell(deps, slack, caller, GONE)
        return
    scene = FormContext(carried(operation, action.get("value")), deps.organization(), caller.channel, deps.clock())
    open_view(deps, slack, caller, form(operation, scene))


def carried(operation: type[Operation], value: Any) -> Given:
    """What an `Open the form` button carries; whatever has another shape counts as nothing."""
    try:
        found = json.loads(str(value or "{}"))
    except ValueError:
        return Given()
    values = found.get("values") if isinstance(found, dict) else None
    if not isinstance(values, dict):
        return Given()
    known = {field.name for field in fields_of(operation)}
    kept: dict[str, Value] = {name: text for name, text in values.items() if name in known and _is_value(text)}
    return Given(kept, str(found.get("reason") or ""))


def _is_value(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(text, str) for text in value))


def deny_form(number: int, title: str, channel: str) -> Block:
    """The modal view; `title` says what would be denied, and the request's number and where it was clicked ride along."""
    return {
        "type": "modal",
        "callback_id": DENY_FORM,
        "title": _plain(f"Deny request #{number}"),
        "submit": _plain("Deny"),
        "close": _plain("Not now"),
        "private_metadata": json.dumps({"request": number, "channel": channel}),
        "blocks": [
            section(f"*{escape(shorten(title, LONGEST_TITLE))}*"),
            {
                "type": "input",
                "block_id": "reason",
                "label": _plain("Reason"),
                "hint": _plain("The requester, the thread and the audit get it"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "reason",
                    "multiline": True,
                    "max_length": LONGEST_REASON,
                },
            },
        ],
    }


def reason_of(values: Mapping[str, Mapping[str, Any]]) -> str:
    """The reason that was entered, without characters that nobody sees."""
    state: Mapping[str, Any] = values.get("reason", {}).get("reason", {})
    return clean(str(state.get("value") or "")).strip()[:LONGEST_REASON]


def request_denied(private_metadata: str) -> tuple[int | None, str]:
    """The request's number and the channel; None and nothing when the metadata is not ours."""
    try:
        found = json.loads(private_metadata or "{}")
    except ValueError:
        return None, ""
    number = found.get("request") if isinstance(found, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= LARGEST_NUMBER:
        return None, ""
    return number, str(found.get("channel") or "")


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
