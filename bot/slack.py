"""The bot's client for Slack's Web API: every call counted, and a memory of whether Slack answers.

The SDK retries nothing (it would post twice) and logs nothing: each error is told once, by whoever called.
Source: Slack API, "Using the Slack Web API"; Python Slack SDK, "Web client"; RFC 9110, "Date".
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.request import Request

from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web import SlackResponse
from slack_sdk.web.file_upload_v2_result import FileUploadV2Result

from approvals.slack.client import code_of, is_answer
from approvals.slack.codes import ANSWERS, NO_ANSWER, Answer, meaning
from approvals.slack.http import opener
from approvals.slack.pacing import ForPeople, Pacing
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


class SlacksClock:
    """How far Slack's clock is ahead of `clock`, by the dates of its answers; to the second, and no difference before the first."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.ahead = timedelta(0)

    def note(self, headers: Mapping[str, Any]) -> None:
        """Takes down when an answer was made; what is no date says nothing."""
        date = next((str(value) for name, value in headers.items() if name.lower() == "date"), "")
        try:
            self.ahead = parsedate_to_datetime(date) - self._clock()
        except (ValueError, TypeError, OverflowError):  # No date, one without a zone, and one that no calendar has.
            return


def _answer(method: str, came: SlackResponse) -> SlackResponse:
    """What came, where it is an answer of the method's."""
    if not is_answer(method, came.data):
        raise SlackRequestError("what came is no answer")
    return came


class CountingWebClient(WebClient):
    """Slack's client; `count` hears of each call with its method and outcome; `pacing` and `slacks_clock` are shared by all with
    the same token.
    """

    pacing: Pacing | ForPeople | None = None
    slacks_clock: SlacksClock | None = None
    count: Callable[[str, str], None] = staticmethod(lambda *_: None)

    def api_call(self, api_method: str, **request: object) -> SlackResponse:
        """As the SDK's; what is no answer of the method's is none, also to what the SDK itself goes on to ask."""
        try:
            answer = _answer(api_method, super().api_call(api_method, **request))  # type: ignore[arg-type]
        except SlackApiError as error:
            self._note(api_method, code_of(error) or NO_ANSWER, error.response)
            raise
        except Exception:
            self.count(api_method, NO_ANSWER)
            raise
        self._note(api_method, "ok", answer)
        return answer

    def _note(self, method: str, outcome: str, answer: Any) -> None:
        self.count(method, outcome)
        if self.slacks_clock and outcome != NO_ANSWER:
            self.slacks_clock.note(answer.headers)

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        """In place of the SDK's, which goes where it is led, and waits as long as something comes."""
        del url  # The request has it.
        with opener(self.proxy).open(req, timeout=self.timeout) as answer:
            return {"status": answer.status, "headers": answer.headers, "body": answer.read().decode()}

    def _upload_file(self, *, url: str, data: bytes, timeout: int, **_: Any) -> FileUploadV2Result:
        """The same for a file's content, which goes to an address of its own."""
        request = Request(url, data, method="POST")  # noqa: S310  Slack has just given the address.
        with opener(self.proxy).open(request, timeout=timeout) as answer:
            told = answer.read().decode("utf-8", "replace")
        if told.lstrip().startswith("<"):  # Slack says "OK"; its page, or that of something between, took no file.
            raise SlackRequestError("what came is no answer")
        return FileUploadV2Result(answer.status, told)


class OwnClient(Middleware):
    """Gives listeners this client: Bolt makes a plain one for each delivery."""

    def __init__(self, slack: WebClient) -> None:
        self._slack = slack

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], Any]) -> BoltResponse:  # noqa: A002  Bolt's name.
        """Bolt's answer so far."""
        req.context["client"] = self._slack
        next()
        return resp


def slack_client(settings: Settings, timeout: int = 15) -> CountingWebClient:
    """A client with the bot's token; `timeout` in seconds."""
    token = settings.slack_bot_token.get_secret_value()
    return CountingWebClient(token, base_url=settings.slack_api_url, timeout=timeout, retry_handlers=[])
