"""Who the bot is in Slack: asked once per process, because asking on every request would cost more than the request.

Source: Slack API, "auth.test", "conversations.list"; Bolt for Python, "Authorization".
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from approvals.authority.directory import Workspace
from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call
from bot import signals

log = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
Answer = dict[str, Any]
Asking = Callable[[Callable[[], Answer]], Answer]


def patiently(ask: Callable[[], Answer], pause: Callable[[float], None] = signals.pause) -> Answer:
    """Slack's answer to a harmless question, asked again for as long as Slack is away, with pauses of 1 s to a minute.

    Ending instead would have a container started again and again, which asks more often and tells less. Raises
    SlackRefusedError, and signals.ToldToEndError while it waits.
    """
    wait = FIRST_PAUSE
    while True:
        try:
            return ask()
        except (SlackBusyError, SlackAmbiguousError) as error:
            asked_for = error.wait.total_seconds() if isinstance(error, SlackBusyError) else 0
            seconds = max(wait, asked_for)
            log.warning("waiting for Slack, which is asked again in %.0f s: %s", seconds, error)
        pause(seconds)
        wait = min(2 * wait, LONGEST_PAUSE)


def channels(slack: WebClient, asking: Asking = patiently) -> Iterator[Answer]:
    """The channels that the bot sees, archived ones too, as conversations.list tells them; raises SlackRefusedError."""
    question: dict[str, Any] = {"types": "public_channel,private_channel", "limit": 200}
    while True:
        answer = asking(lambda: call(slack, "conversations.list", **question))
        yield from answer["channels"]
        question["cursor"] = (answer.get("response_metadata") or {}).get("next_cursor")
        if not question["cursor"]:
            return


def channel_id(slack: WebClient, setting: str, asking: Asking = patiently) -> str:
    """The id of the channel that a setting names, by id or as `#name`; raises SlackRefusedError when there is none."""
    if not setting.startswith("#"):
        return setting
    for channel in channels(slack, asking):
        if channel["name"] == setting[1:]:
            return str(channel["id"])
    raise SlackRefusedError("conversations.list", "channel_not_found", f": the bot sees no channel {setting}")


class Identity:
    """The bot's team, user and bot id; `authorize` gives them to Bolt without a call per request."""

    def __init__(self, slack: WebClient) -> None:
        self._slack = slack
        self._answer: dict[str, Any] = {}
        self._lock = threading.Lock()

    def learn(self) -> dict[str, Any]:
        """auth.test's answer, asked for until Slack gives one; raises SlackRefusedError for a wrong token."""
        with self._lock:
            if not self._answer:
                self._answer = patiently(lambda: call(self._slack, "auth.test"))
            return self._answer

    @property
    def team(self) -> str:
        return self.workspace.team

    @property
    def workspace(self) -> Workspace:
        """Where the bot is installed."""
        return Workspace.of(self.learn())

    @property
    def bot_id(self) -> str:
        return str(self.learn().get("bot_id", ""))

    def authorize(self) -> AuthorizeResult:
        """What Bolt asks for on every request."""
        answer = self.learn()
        return AuthorizeResult(
            enterprise_id=answer.get("enterprise_id"),
            team_id=answer.get("team_id"),
            bot_id=answer.get("bot_id"),
            bot_user_id=answer.get("user_id"),
            bot_token=self._slack.token,
        )
