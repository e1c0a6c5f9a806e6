"""Opening a modal: by the bot's own workers, first thing, because a trigger lives three seconds."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from handlers.front import Front

log = logging.getLogger(__name__)
TOO_LATE = ":warning: Slack was too slow for the form to open. Please try once more."


def open_modal(front: Front, client: WebClient, trigger: str, view: dict[str, Any], body: Mapping[str, Any]) -> None:
    """Opens `view` for the person behind `body`, a command's or a click's; tells them when Slack would not."""
    user, channel = _whose(body)

    def work() -> None:
        try:
            client.views_open(trigger_id=trigger, view=view)
        except (SlackApiError, OSError) as error:
            log.warning("a form could not be opened: %s", _code(error))
            tell(client, channel, user, TOO_LATE)

    front.run(work)


def tell(client: WebClient, channel: str, user: str, text: str) -> None:
    """A private line, as well as it goes: what matters is told by the outbox."""
    try:
        if channel:
            client.chat_postEphemeral(channel=channel, user=user, text=text)
    except (SlackApiError, OSError) as error:
        log.warning("a private line could not be shown: %s", _code(error))


def _whose(body: Mapping[str, Any]) -> tuple[str, str]:
    user = body.get("user_id") or body.get("user", {}).get("id", "")
    channel = body.get("channel_id") or body.get("channel", {}).get("id", "")
    return str(user), str(channel)


def _code(error: Exception) -> str:
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__
