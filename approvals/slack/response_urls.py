"""Answers to where a command or a click came from: the response_url that Slack sent along, good for 30 minutes and 5 uses.

Source: Slack API, "Handling user interaction in your Slack apps" (Message responses).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.webhook import WebhookClient

from approvals.slack.blocks import shorten
from approvals.slack.client import SlackAmbiguousError, SlackRefusedError

HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
METHOD = "response_url"


class ResponseUrls:
    """Posts to response_urls of Slack's own, or of the stand-in behind `api_url`; to no other host."""

    def __init__(self, api_url: str, timeout: int) -> None:
        self._own = urlsplit(api_url)[:2]
        self._timeout = timeout

    def __call__(self, url: str, body: dict[str, Any]) -> None:
        """Sent once; raises SlackRefusedError or SlackAmbiguousError."""
        place = urlsplit(url)
        if place[:2] != self._own and not (place.scheme == "https" and place.netloc in HOSTS):
            raise SlackRefusedError(METHOD, "it is no address of Slack's")
        try:
            answer = WebhookClient(url, timeout=self._timeout, retry_handlers=[]).send_dict(body)
        except Exception as error:
            raise SlackAmbiguousError(f"{METHOD}: {type(error).__name__}") from error
        if answer.status_code != HTTPStatus.OK:
            raise SlackRefusedError(METHOD, f"HTTP {answer.status_code} {shorten(answer.body, 200)}")
