"""Everything that Slack may deliver, registered with the Bolt app.

Source: Bolt for Python, "Listening to and responding to …", "Handling errors".
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from typing import Any

from slack_bolt import App, BoltResponse

from handlers import actions, anew, commands, home, options, sessions, views
from handlers.front import Front
from handlers.looks import clicks as looks

log = logging.getLogger(__name__)
FAILED = (
    ":warning: Something went wrong on my side, and I do not know whether your request was filed. "
    "`/org requests` shows it if it was; otherwise please try again."
)


def register(app: App, front: Front) -> None:
    """Registers every listener; the order matters only for the last, which takes what no other took."""

    @app.middleware
    def readable(body: dict[str, Any], next: Callable[[], None]) -> BoltResponse | None:  # noqa: A002  Bolt's name.
        """Bolt itself trips over an action without its id."""
        if not _is_readable(body):
            log.warning("a click that names no button was refused")
            return BoltResponse(status=400)
        next()
        return None

    for part in (commands, views, actions, anew, sessions, options, home, looks):
        part.register(app, front)

    @app.action(re.compile(".*"))
    def unknown(ack: Any) -> None:
        """A control that only holds a value, or a button of an older version: Slack wants an answer all the same."""
        ack()

    @app.error
    def failed(error: Exception, body: dict[str, Any]) -> BoltResponse | None:
        log.error("a delivery of Slack's failed: %s\n%s", type(error).__name__, _where(error))
        return (
            BoltResponse(status=200, body={"response_type": "ephemeral", "text": FAILED}) if "command" in body else None
        )


def _is_readable(body: dict[str, Any]) -> bool:
    if body.get("type") != "block_actions":
        return True
    actions = body.get("actions")
    if not isinstance(actions, list):
        return False
    return all(isinstance(action, dict) and isinstance(action.get("action_id"), str) for action in actions)


def _where(error: Exception) -> str:
    """The lines of code that led there, without the error's own text: that may hold what somebody typed."""
    return "".join(traceback.format_tb(error.__traceback__)).rstrip()
