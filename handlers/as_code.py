"""`As code` on a finished request, and `/org code 12`: infrastructure code for whoever asks, in private."""

from __future__ import annotations

from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from approvals.models import Request
from approvals.slack.blocks import Block, escape, section
from approvals.views.as_code import as_code
from handlers.action_ids import CODE
from handlers.caller import of_interaction
from handlers.dependencies import Dependencies
from handlers.follow_ups import request_pressed
from handlers.queries import upload
from handlers.responder import Responder


def register(app: App, deps: Dependencies) -> None:
    """Takes the button in."""

    @app.action(CODE)
    def pressed(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        responder = Responder(deps, client, of_interaction(body))
        responder.if_admitted(lambda: _reply(responder, body))
        ack()


def _reply(responder: Responder, body: dict[str, Any]) -> None:
    request = request_pressed(responder.deps, body)
    blocks = [section(request)] if isinstance(request, str) else answer(responder, request)
    responder.reply(blocks, replace=False)


def answer(responder: Responder, request: Request) -> list[Block]:
    """The blocks of the private answer; what is too long for them is sent as files, by a worker."""
    organization = responder.deps.organization()
    if organization is None:
        return [section(f":hourglass: {escape(responder.deps.unread())}")]
    shown = as_code(request, organization)
    for name, text in shown.files.items():
        upload.send_text(responder, name, text, f"Request #{request.id} as code")
    return shown.blocks
