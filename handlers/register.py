"""Everything that Slack may deliver, registered with the Bolt app.

Source: Bolt for Python, "Listening to and responding to …", "Handling errors".
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cachetools import LRUCache
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk import WebClient

from approvals.queue.worker import is_outage
from approvals.request.limits import FloodError
from handlers import actions, as_code, commands, follow_ups, home, options, sessions, shortcuts, submissions
from handlers.caller import Caller, delivery, of_interaction
from handlers.dependencies import Dependencies
from handlers.queries import clicks as looks
from handlers.responder import tell, where
from handlers.shapes import is_flat, is_whole

log = logging.getLogger(__name__)
MOST_TOLD = 1000  # People of whom it is remembered when they were told.
TOLD_AGAIN = timedelta(seconds=5)  # Telling is a call to Slack for each.
FAILED = ":warning: Something went wrong on my side. `/org requests` shows whether your request was received; if it wasn't, try again."


class Readable(Middleware):
    """Refuses what has none of the shapes that Slack sends, over which Bolt itself trips: the first that Bolt calls.

    A class and not a function, because Bolt collects all that a function could ask for, and Slack waits meanwhile.
    """

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], Any]) -> BoltResponse | None:  # noqa: A002  Bolt's name.
        """Bolt's answer so far, or 400 without a further look. What came over HTTP was measured before it was parsed."""
        if not (is_whole(req.body) and (req.mode == "http" or is_flat(req.body))):
            log.warning("a delivery that has no shape of Slack's was refused")
            return BoltResponse(status=400)
        next()
        return resp


class Unhurried(Middleware):
    """Takes no more presses of one person than people press, whatever the button; who presses on is told now and then."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._told: LRUCache[str, datetime] = LRUCache(maxsize=MOST_TOLD)

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], Any]) -> BoltResponse | None:  # noqa: A002  Bolt's name.
        """Bolt's answer so far; an empty one, and nothing else, for one press too many."""
        if req.body.get("type") == "block_actions":
            try:
                self._count(req.body)
            except FloodError as error:
                self._tell(req.context.client, of_interaction(req.body), f":hourglass: {error}")
                return BoltResponse(status=200, body="")
        next()
        return resp

    def _count(self, body: dict[str, Any]) -> None:
        caller, action = of_interaction(body), body["actions"][0]
        name = delivery("press", caller.team, caller.user, action, caller.trigger)
        self._deps.intake.press(caller.user, name)

    def _tell(self, slack: WebClient | None, caller: Caller, sentence: str) -> None:
        now, last = self._deps.clock(), self._told.get(caller.user)
        if slack and (last is None or now - last >= TOLD_AGAIN):
            self._told[caller.user] = now
            tell(self._deps, slack, caller, sentence)


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
