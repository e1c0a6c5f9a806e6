"""Answers to where a command or a click came from: the response_url that Slack sent along, good for 30 minutes and 5 uses.

Source: Slack API, "Handling user interaction in your Slack apps" (Message responses).
"""

from __future__ import annotations

import json
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request

from approvals.slack.blocks import shorten
from approvals.slack.client import SlackAmbiguousError, SlackRefusedError
from approvals.slack.http import opener

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
        content = {"Content-Type": "application/json;charset=utf-8"}
        request = Request(url, json.dumps(body).encode(), content, method="POST")  # noqa: S310  An address of Slack's.
        try:
            with opener().open(request, timeout=self._timeout) as answer:
                status, said = answer.status, answer.read()
        except HTTPError as error:
            status, said = error.code, _read(error)
        except Exception as error:
            raise SlackAmbiguousError(f"{METHOD}: {type(error).__name__}") from error
        if status != HTTPStatus.OK:
            raise SlackRefusedError(METHOD, f"HTTP {status} {shorten(said.decode('utf-8', 'replace'), 200)}")


def _read(error: HTTPError) -> bytes:
    with error, suppress(OSError, HTTPException):
        return error.read()
    return b""
