"""Submitted forms: the errors at their fields, or one insert and the form closes."""

from __future__ import annotations

import json
import re
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from approvals.desk import Click
from approvals.text import shorten
from handlers.commands import filed
from handlers.deny import DENY, REASON
from handlers.filing import Asker, ComplaintsError, delivery_key, file
from handlers.forms import submitted
from handlers.front import Front
from handlers.modals import tell
from handlers.parser import Asked, operation_named

LONGEST_ERROR = 2000


def register_views(app: App, front: Front) -> None:
    """Registers the forms of requests and that of a denial."""

    @app.view(re.compile("^request:"))
    def request(ack: Ack, body: dict[str, Any], view: dict[str, Any], client: WebClient) -> None:
        operation = operation_named(view["callback_id"].partition(":")[2])
        values, reason = submitted(operation, view["state"]["values"])
        asker = _asker(body, view)
        try:
            number = file(front, asker, operation, values, reason)
        except ComplaintsError as error:
            ack(response_action="errors", errors=_at_fields(error, next(iter(operation.model_fields))))
            return
        ack()
        confirmation = filed(front, number, Asked(operation, values, reason))
        front.run(lambda: tell(client, asker.channel, asker.user, confirmation))

    @app.view(DENY)
    def deny(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        context = json.loads(view["private_metadata"])
        reason = view["state"]["values"][REASON][REASON].get("value") or ""
        asker = _asker(body, view)
        click = Click(
            asker.delivery, "deny", asker.user, asker.team, int(context["request"]), asker.channel, reason.strip()
        )
        front.desk.click(click)
        ack()


def _asker(body: dict[str, Any], view: dict[str, Any]) -> Asker:
    user = body["user"]["id"]
    team = body["user"].get("team_id") or body["team"]["id"]
    channel = str(json.loads(view.get("private_metadata") or "{}").get("channel", ""))
    return Asker(user, team, channel, delivery_key("view", team, user, view["id"]))


def _at_fields(error: ComplaintsError, first: str) -> dict[str, str]:
    """Slack shows an error at a field only, so what is about the whole request stands at the first one."""
    return {name or first: shorten(sentence, LONGEST_ERROR) for name, sentence in error.fields.items()}
