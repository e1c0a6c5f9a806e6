"""The home tab: what waits, what runs, what I asked for, the organization at a glance, and the commonest requests.

Source: Slack API, "App Home", "views.publish" (100 blocks), "app_home_opened event".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from approvals.models import Request
from approvals.slack_calls import call
from approvals.states import Status
from approvals.text import Block, button, context, divider, header
from handlers.declared import readable
from handlers.front import Front
from handlers.modals import careful
from handlers.reads import titled
from handlers.wording import ago
from operations.organization import Organization
from operations.registry import by_name

COMMONEST = ("create-account", "move-account")
SHOWN = 15


@dataclass(frozen=True)
class Work:
    """The requests that the home tab shows, newest first."""

    pending: Sequence[Request]
    running: Sequence[Request]
    mine: Sequence[Request]


def home_view(work: Work, organization: Organization | None, now: datetime) -> Block:
    """The home tab's view."""
    return {
        "type": "home",
        "blocks": [
            header("Your AWS Organization"),
            context(_glance(organization, now)),
            {"type": "actions", "elements": [_form_button(name) for name in COMMONEST if name in by_name()]},
            divider(),
            *titled("Waiting for approval", work.pending[:SHOWN]),
            *titled("Running", work.running[:SHOWN]),
            *titled("Asked by you", work.mine[:SHOWN]),
            context("`/org help` shows all that can be asked for."),
        ],
    }


def _form_button(operation: str) -> Block:
    return button(readable(operation), f"form:{operation}", "{}")


def _glance(organization: Organization | None, now: datetime) -> str:
    if organization is None:
        return ":hourglass: The organization has not been read from AWS yet."
    units = len(organization.units) - 1  # The root is no organizational unit.
    return (
        f"{len(organization.accounts)} accounts in {units} organizational units, read {ago(organization.read_at, now)}"
    )


def register(app: App, front: Front) -> None:
    """Shows the home tab to whoever opens it."""

    @app.event("app_home_opened")
    def opened(body: dict[str, Any], event: dict[str, Any], client: WebClient) -> None:
        if event.get("tab", "home") == "home" and body.get("team_id", front.team()) == front.team():
            user = str(event["user"])
            careful(front, "the home tab could not be shown", lambda: publish(front, client, user))


def publish(front: Front, slack: WebClient, user: str) -> None:
    """Makes and publishes one person's home tab; raises what slack_calls.call raises."""
    live = front.desk.recent(live=True, limit=100)
    work = Work(
        pending=[request for request in live if request.status == Status.PENDING],
        running=[request for request in live if request.status != Status.PENDING],
        mine=front.desk.recent(requester=user, limit=SHOWN),
    )
    call(slack, "views.publish", user_id=user, view=home_view(work, front.organization(), front.clock()))
