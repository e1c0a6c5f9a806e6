"""Who the bot is in Slack: asked once per process, because asking on every request would cost more than the request.

Source: Slack API, "auth.test"; Bolt for Python, "Authorization".
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from approvals.slack_calls import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call

log = logging.getLogger(__name__)


PATIENCE = 12
PAUSE = timedelta(seconds=5)


def patiently(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Slack's answer to a harmless question; when Slack is away it is asked again for about a minute."""
    for _ in range(PATIENCE):
        try:
            return ask()
        except SlackBusyError as error:
            log.warning("waiting for Slack: %s", error)
            time.sleep(min(error.wait, PAUSE).total_seconds())
        except SlackAmbiguousError as error:
            log.warning("waiting for Slack: %s", error)
            time.sleep(PAUSE.total_seconds() / 5)
    return ask()


def channel_id(slack: WebClient, setting: str) -> str:
    """The id of the channel that a setting names, by id or as `#name`; raises SlackRefusedError when there is none."""
    if not setting.startswith("#"):
        return setting
    question: dict[str, Any] = {"types": "public_channel,private_channel", "limit": 200, "exclude_archived": True}
    while True:
        answer = patiently(lambda: call(slack, "conversations.list", **question))
        found = [str(channel["id"]) for channel in answer["channels"] if channel["name"] == setting[1:]]
        question["cursor"] = answer.get("response_metadata", {}).get("next_cursor")
        if found:
            return found[0]
        if not question["cursor"]:
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
        return str(self.learn()["team_id"])

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
