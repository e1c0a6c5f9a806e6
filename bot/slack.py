"""The bot's client for Slack's Web API: every call counted, and a memory of whether Slack answers.

The SDK retries nothing (it would post twice) and logs nothing: each error is told once, by whoever called.
Source: Slack API, "Using the Slack Web API"; Python Slack SDK, "Web client".
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from approvals.slack.client import MAYBE_DONE
from bot import slack_words
from bot.config.settings import Settings
from bot.slack_words import NO_ANSWER

AWAY = MAYBE_DONE | {NO_ANSWER, "service_unavailable", "request_timeout"}
PASSING = 5.0  # Seconds: one lost answer is no reason to call the bot cut off.
logging.getLogger("slack_sdk.web.base_client").setLevel(logging.CRITICAL)


class SlackHealth:
    """Whether Slack's Web API answers, by the calls that are made anyway; `clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = -math.inf  # Until the first answer.
        self._last = "it has not been asked yet"
        self.failing = True

    def note(self, method: str, outcome: str) -> None:
        """Takes down how a call went: `ok`, Slack's error code, or `no answer`."""
        self._last = f"{method}: {outcome}"
        self.failing = outcome in AWAY
        if not self.failing:
            self._since = None
        elif self._since is None:
            self._since = self._clock()

    def problem(self, *, connected: bool) -> str:
        """Why the bot is cut off from Slack, as a line; empty while it is not."""
        since = self._since
        if since is not None and self._clock() - since >= PASSING:
            return f"Slack does not answer ({self._last})"
        return "" if connected else "not connected"


class CountingWebClient(WebClient):
    """Slack's client; `count` hears of each call with its method and outcome."""

    count: Callable[[str, str], None] = staticmethod(lambda *_: None)

    def api_call(self, api_method: str, **request: object) -> SlackResponse:
        """As the SDK's."""
        try:
            answer = super().api_call(api_method, **request)  # type: ignore[arg-type]
        except SlackApiError as error:
            self.count(api_method, slack_words.code_of(error))
            raise
        except Exception:
            self.count(api_method, NO_ANSWER)
            raise
        self.count(api_method, "ok")
        return answer


def slack_client(settings: Settings, timeout: int = 15) -> CountingWebClient:
    """A client with the bot's token; `timeout` in seconds."""
    token = settings.slack_bot_token.get_secret_value()
    return CountingWebClient(token, base_url=settings.slack_api_url, timeout=timeout, retry_handlers=[])
