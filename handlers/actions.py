"""Pressed buttons: kept with one insert, decided by the workers. A button carries the request's number and nothing else."""

from __future__ import annotations

import logging
import re
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from approvals.desk import Click
from approvals.states import Status
from handlers.deny import deny_modal
from handlers.filing import delivery_key
from handlers.forms import form
from handlers.front import Front
from handlers.modals import open_modal, tell
from handlers.parser import Asked, asked, operation_named, read
from handlers.typed import ParseError

log = logging.getLogger(__name__)
HIGHEST = 2**31 - 1
Body = dict[str, Any]


def register_actions(app: App, front: Front) -> None:
    """Registers the decision buttons, those that open forms, and the links, of which Slack tells as well."""
    _register_decisions(app, front)
    _register_forms(app, front)


def _register_decisions(app: App, front: Front) -> None:

    @app.action(re.compile("^(approve|cancel)$"))
    def decide(ack: Ack, body: Body, action: Body, client: WebClient) -> None:
        click = _click(front, body, action, client)
        if click:
            front.desk.click(click)
        ack()

    @app.action("deny")
    def deny(ack: Ack, body: Body, action: Body, client: WebClient) -> None:
        click = _click(front, body, action, client)
        if click and _may_give_a_reason(front, click):
            open_modal(front, client, body["trigger_id"], deny_modal(click.request_id, click.channel), body)
        elif click:
            front.desk.click(click)
        ack()


def _register_forms(app: App, front: Front) -> None:
    @app.action(re.compile("^form(:.*)?$"))
    def open_form(ack: Ack, body: Body, action: Body, client: WebClient) -> None:
        ack()
        request = _wanted(action)
        if request:
            view = form(request, str(body.get("channel", {}).get("id", "")), front.organization())
            open_modal(front, client, body["trigger_id"], view, body)

    @app.action(re.compile("^link"))
    def follow_link(ack: Ack) -> None:
        ack()


def _click(front: Front, body: Body, action: Body, client: WebClient) -> Click | None:
    """The click as it is kept; None, and a private line, when the button carries no request's number."""
    user = body["user"]["id"]
    team = body["user"].get("team_id") or body.get("team", {}).get("id", "")
    channel = str(body.get("channel", {}).get("id", ""))
    value = str(action.get("value", ""))
    if not (value.isascii() and value.isdigit() and 0 < len(value) <= 10 and 0 < int(value) <= HIGHEST):
        log.warning("a button without a request's number was pressed")
        front.run(lambda: tell(client, channel, user, ":warning: This button belongs to no request. Nothing was done."))
        return None
    kind = action["action_id"]
    key = delivery_key("click", team, user, kind, value, action.get("action_ts"), body.get("trigger_id"))
    return Click(key, kind, user, team, int(value), channel)


def _may_give_a_reason(front: Front, click: Click) -> bool:
    """Whether asking for a reason makes sense; otherwise the workers tell the clicker why nothing happens."""
    request = front.desk.find(click.request_id)
    waits = request is not None and request.status == Status.PENDING and request.requester != click.user
    return waits and click.team == front.team()


def _wanted(action: Body) -> Asked | None:
    """The form behind a button: `form:create-account`, or `form` with a mistyped command to correct."""
    _, _, name = action["action_id"].partition(":")
    try:
        return Asked(operation_named(name), {}) if name else asked(read(str(action.get("value", ""))))
    except ParseError:
        return None
