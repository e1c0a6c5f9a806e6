"""The bot's client for Slack's Web API: every call counted, and a memory of whether Slack answers.

The SDK retries nothing (it would post twice) and logs nothing: each error is told once, by whoever called.
Source: Slack API, "Using the Slack Web API"; Python Slack SDK, "Web client".

Slack's error codes in sentences with the way out, for whoever sets the bot up.

Source: Slack API, "auth.test", "conversations.info", "users.info", "usergroups.users.list", "apps.connections.open" (Errors).
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Callable

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from approvals.slack.client import MAYBE_DONE, SERVER_ERROR
from bot.config.settings import Settings

NO_ANSWER = "no answer"
CODE = re.compile(r"[a-z_]+")  # The SDK puts a page that is no JSON into the same field.
COPY_AGAIN = "copy it again from the app's settings in Slack"
INSTALL_AGAIN = "install the app again in the workspace, and copy its new token"
NO_PERSON = "Slack knows nobody like that in this workspace; correct the e-mail address or user id"
NO_GROUP = "Slack knows no such user group in this workspace, or it is disabled; correct its id (S…)"
SLACK_MEANINGS = {
    "account_inactive": f"the token belongs to an app that was removed; {INSTALL_AGAIN}",
    "channel_not_found": "the bot sees no such channel; correct ORGBOT_APPROVAL_CHANNEL, or type /invite @orgbot in the channel",
    "invalid_auth": f"Slack does not know this token; {COPY_AGAIN}",
    "missing_scope": f"the app lacks a scope for it; take manifest.yml as the app's manifest, and {INSTALL_AGAIN}",
    NO_ANSWER: "Slack gave no answer that can be read; try again in a minute, or correct SLACK_API_URL",
    "no_such_subteam": NO_GROUP,
    "not_allowed_token_type": f"this is a token of another kind; {COPY_AGAIN}",
    "not_authed": f"Slack was given no token; {COPY_AGAIN}",
    "ratelimited": "Slack is asked too much just now; try again in a minute",
    "subteam_not_found": NO_GROUP,
    "token_expired": f"the token has expired; {INSTALL_AGAIN}",
    "token_revoked": f"the token was revoked; {INSTALL_AGAIN}",
    "user_not_found": NO_PERSON,
    "user_not_visible": NO_PERSON,
    "users_not_found": NO_PERSON,
}

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
            self.count(api_method, code_of(error))
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


def slack_meaning(code: str) -> str:
    """One sentence, with Slack's code in brackets."""
    return f"{SLACK_MEANINGS.get(code, 'Slack refuses it; its API pages explain the code')} ({code})"


def code_of(error: SlackApiError) -> str:
    """Slack's code for an error, such as `invalid_auth`; NO_ANSWER where what came is none of Slack's own."""
    response = error.response
    code = str(response.get("error") or "") if response is not None else ""
    broken = int(getattr(response, "status_code", 0) or 0) >= SERVER_ERROR
    return code if CODE.fullmatch(code) and not broken else NO_ANSWER
