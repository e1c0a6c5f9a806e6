"""`/org`: understood, validated, filed with one insert, and answered; whatever calls Slack is left to the workers."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from approvals.text import button, escape, section
from handlers import help as helping
from handlers import reads
from handlers.filing import Asker, ComplaintsError, delivery_key, file
from handlers.forms import form
from handlers.front import Front
from handlers.modals import open_modal
from handlers.parser import Asked, asked, operation_named, read
from handlers.typed import ParseError

log = logging.getLogger(__name__)
LONGEST_RETRY = 1900
Block = dict[str, Any]


def register_commands(app: App, front: Front) -> None:
    """Registers the slash command."""

    @app.command("/org")
    def org(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        try:
            blocks = _answer(front, body, client)
        except ParseError as error:
            blocks = [_problem(str(error))]
        if blocks:
            ack(text=_notification(blocks), blocks=blocks, response_type="ephemeral")
        else:
            ack()


def _answer(front: Front, body: dict[str, Any], client: WebClient) -> list[Block]:
    """What the asker alone is told; nothing when a form opens instead."""
    typed = read(str(body.get("text", "")))
    if typed.verb == "help":
        return helping.about(operation_named(typed.rest[0].lower())) if typed.rest else helping.overview()
    if typed.verb == "requests":
        return reads.requests(front, body["user_id"])
    if typed.verb == "request":
        return reads.request(front, typed.rest)
    request = asked(typed)
    if request.form or request.missing():
        open_modal(front, client, body["trigger_id"], form(request, body["channel_id"], front.organization()), body)
        return []
    return _file(front, body, request)


def _file(front: Front, body: dict[str, Any], request: Asked) -> list[Block]:
    user, team = body["user_id"], body["team_id"]
    once = body.get("trigger_id") or repr(sorted(body.items()))
    asker = Asker(user, team, body.get("channel_id", ""), delivery_key("command", team, user, once))
    try:
        number = file(front, asker, request.operation, request.values, request.reason)
    except ComplaintsError as error:
        return _complaints(request, error, str(body.get("text", "")))
    return [section(filed(front, number, request))]


def filed(front: Front, number: int, request: Asked) -> str:
    """The confirmation that the asker sees at once."""
    return (
        f":hourglass_flowing_sand: Request #{number} (`{request.operation.name}`) is filed. "
        f"Its card comes to <#{front.approval_channel}>, and you get a direct message at every turn."
    )


def _complaints(request: Asked, error: ComplaintsError, text: str) -> list[Block]:
    names = {field.name: field.flag.names[0] for field in request.operation.fields()}
    lines = [
        f"`{names[name]}`: {escape(sentence)}" if name in names else escape(sentence)
        for name, sentence in error.fields.items()
    ]
    blocks = [_problem("\n".join(lines), "Nothing was filed.")]
    if set(error.fields) & set(names) and len(text) <= LONGEST_RETRY:
        blocks.append({"type": "actions", "elements": [button("Correct it in the form", "form", text)]})
    return blocks


def _problem(text: str, lead: str = "That did not work:") -> Block:
    return section(f":warning: {lead}\n{text}")


def _notification(blocks: list[Block]) -> str:
    """The text that stands in for the blocks in notifications."""
    first = next((block["text"]["text"] for block in blocks if isinstance(block.get("text"), dict)), "orgbot")
    return str(first)[:300]
