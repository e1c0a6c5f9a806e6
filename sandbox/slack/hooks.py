"""response_url: answers within 30 minutes, five times. Source: Slack's "Handling user interaction"."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.slack.api.compose import content
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.interactions import Interactions
from sandbox.slack.messages import Message
from sandbox.slack.triggers import Hook

Json = dict[str, Any]


@dataclass
class ResponseUrls:
    """Where the bot posts what belongs to a command or click."""

    actions: Interactions

    async def endpoint(self, request: Request) -> Response:
        """`ok` as text, or the reason with status 400 or 404."""
        try:
            body = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_payload"}, 400)
        try:
            with self.actions.workspace.lock:
                self._respond(self.actions.workspace.hooks.use(request.path_params["key"]), body)
        except SlackRefusal as refusal:
            gone = refusal.code in {"no_hook", "expired_url", "used_url"}
            return JSONResponse(refusal.as_answer(), 404 if gone else 400)
        return PlainTextResponse("ok")

    def _respond(self, hook: Hook, body: Json) -> None:
        origin = self._origin(hook)
        if body.get("delete_original") and origin:
            self.actions.workspace.delete(origin)
        elif body.get("replace_original") and origin:
            self._replace(origin, body)
        else:
            self.actions.answer(hook.user, hook.channel, body, hook.thread_ts)

    def _origin(self, hook: Hook) -> Message | None:
        if hook.message_ts is None:
            return None
        return self.actions.workspace.find_for(hook.user, hook.channel, hook.message_ts)

    def _replace(self, origin: Message, body: Json) -> None:
        given = content(body.get("text"), body.get("blocks"), body.get("attachments"), body.get("metadata"))
        if given.is_empty:
            raise SlackRefusal("no_text")
        self.actions.workspace.change(
            origin, text=given.text or "", blocks=given.blocks or [], attachments=given.attachments or []
        )
