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

from approvals.slack.client import code_of
from approvals.slack.codes import ANSWERS, NO_ANSWER, Answer, meaning
from approvals.slack.pacing import Pacing
from bot.config.settings import Settings

AWAY = frozenset({"internal_error", "fatal_error", NO_ANSWER, "service_unavailable", "request_timeout"})
PASSING = 5.0  # Seconds: one lost answer is no reason to call the bot cut off.
logging.getLogger("slack_sdk.web.base_client").setLevel(logging.CRITICAL)


class SlackHealth:
    """Whether Slack's Web API answers, by the calls that are made anyway; `clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = -math.inf  # Until the first answer.
        self._last = "it has not been asked yet"
        self._refused = ""
        self.failing = True

    def note(self, method: str, outcome: str) -> None:
        """Takes down how a call went: `ok`, Slack's error code, or `no answer`."""
        self._last = f"{method}: {outcome}"
        away, self._refused = outcome in AWAY, outcome if ANSWERS.get(outcome) is Answer.LOGIN else ""
        self.failing = away or bool(self._refused)
        if not away:
            self._since = None
        elif self._since is None:
            self._since = self._clock()

    def problem(self, *, connected: bool) -> str:
        """Why the bot is cut off from Slack, as a line; empty while it is not."""
        if self._refused:
            return f"Slack refuses the bot's token: {meaning(self._refused)}"
        since = self._since
        if since is not None and self._clock() - since >= PASSING:
            return f"Slack does not answer ({self._last})"
        return "" if connected else "not connected"


class CountingWebClient(WebClient):
    """Slack's client; `count` hears of each call with its method and outcome, and `pacing` is shared by all with the same token."""

    pacing: Pacing | None = None
    count: Callable[[str, str], None] = staticmethod(lambda *_: None)

    def api_call(self, api_method: str, **request: object) -> SlackResponse:
        """As the SDK's."""
        try:
            answer = super().api_call(api_method, **request)  # type: ignore[arg-type]
        except SlackApiError as error:
            self.count(api_method, code_of(error) or NO_ANSWER)
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
