"""Who the bot is in Slack: asked once per process, because asking on every request would cost more than the request.

Source: Slack API, "auth.test"; Bolt for Python, "Authorization".
"""

from __future__ import annotations

import threading
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient


class Identity:
    """The bot's team, user and bot id; `authorize` gives them to Bolt without a call per request."""

    def __init__(self, slack: WebClient) -> None:
        self._slack = slack
        self._answer: dict[str, Any] = {}
        self._lock = threading.Lock()

    def learn(self) -> dict[str, Any]:
        """auth.test's answer, asked for once; raises slack_sdk's errors until it has succeeded."""
        with self._lock:
            if not self._answer:
                self._answer = dict(self._slack.auth_test().data)  # type: ignore[arg-type]
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
