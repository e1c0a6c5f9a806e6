"""The home tab: what waits, what I asked for, the organization at a glance, and buttons for the commonest requests."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from approvals.models import Request
from approvals.text import button, context, divider, header, section, shorten
from handlers.front import Front
from handlers.reads import line
from operations.organization import Organization

log = logging.getLogger(__name__)
COMMONEST = {"create-account": "Create an account", "move-account": "Move an account"}
MOST = 10


def home_view(
    live: Sequence[Request], mine: Sequence[Request], organization: Organization | None, now: datetime
) -> dict[str, Any]:
    """The home tab's view. Pure."""
    buttons = [button(label, f"form:{name}", name) for name, label in COMMONEST.items()]
    return {
        "type": "home",
        "blocks": [
            header("Your AWS Organization"),
            context(_glance(organization, now)),
            {"type": "actions", "elements": buttons},
            divider(),
            section("*Waiting and running*\n" + _lines(live, "Nothing waits and nothing runs.")),
            section("*What you asked for*\n" + _lines(mine, "Nothing yet. Try `/org create-account`.")),
        ],
    }


def _lines(found: Sequence[Request], nothing: str) -> str:
    return shorten("\n".join(line(request) for request in found), 2900) or nothing


def _glance(organization: Organization | None, now: datetime) -> str:
    if organization is None:
        return "The organization has not been read yet."
    minutes = int((now - organization.read_at).total_seconds() // 60)
    age = "just now" if minutes < 1 else f"{minutes} min ago"
    return f"{len(organization.accounts)} accounts in {len(organization.units) - 1} organizational units, as read {age}"


def register_home(app: App, front: Front) -> None:
    """Publishes the home tab whenever somebody opens it."""

    @app.event("app_home_opened")
    def opened(event: dict[str, Any], client: WebClient) -> None:
        if event.get("tab") == "home":
            front.run(lambda: _publish(front, client, str(event["user"])))


def _publish(front: Front, client: WebClient, user: str) -> None:
    live = front.desk.recent(live=True, limit=MOST)
    mine = front.desk.recent(requester=user, limit=MOST)
    try:
        client.views_publish(user_id=user, view=home_view(live, mine, front.organization(), front.clock()))
    except (SlackApiError, OSError) as error:
        log.warning("the home tab could not be published: %s", type(error).__name__)
