"""Everything that Slack may deliver, registered with the Bolt app.

Source: Bolt for Python, "Listening to and responding to …", "Handling errors".
"""

from __future__ import annotations

import logging
import re
from typing import Any

from slack_bolt import App, BoltResponse

from approvals.queue.worker import is_outage
from handlers import actions, as_code, commands, follow_ups, home, options, sessions, shortcuts, submissions
from handlers.dependencies import Dependencies
from handlers.door import Unhurried
from handlers.queries import clicks as looks
from handlers.responder import where

log = logging.getLogger(__name__)
FAILED = ":warning: Something went wrong on my side. `/org requests` shows whether your request was received; if it wasn't, try again."


def register(app: App, deps: Dependencies) -> None:
    """Registers every listener; the order matters only for the last, which takes what no other took."""

    app.middleware(Unhurried(deps))
    for part in (commands, submissions, shortcuts, actions, follow_ups, as_code, sessions, options, home, looks):
        part.register(app, deps)

    @app.action(re.compile(".*"))
    def unknown(ack: Any) -> None:
        """A control that only holds a value, or a button of an older version: Slack wants an answer all the same."""
        ack()

    @app.error
    def failed(error: Exception, body: dict[str, Any]) -> BoltResponse | None:
        place = "" if is_outage(error) else f"\n{where(error)}"  # What else is away says so itself, once.
        log.error("a delivery of Slack's failed: %s%s", type(error).__name__, place)
        return (
            BoltResponse(status=200, body={"response_type": "ephemeral", "text": FAILED}) if "command" in body else None
        )
