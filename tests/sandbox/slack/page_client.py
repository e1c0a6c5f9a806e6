"""The page's side of the contract, without a browser: JSON over HTTP, and events over a WebSocket."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from websockets.sync.client import connect

from sandbox.slack.driver import SlackSandbox

Json = dict[str, Any]


class Page:
    """One person in front of the page."""

    def __init__(self, slack: SlackSandbox, user: str, window: str = "w1") -> None:
        self._netloc = urlsplit(slack.page_url).netloc
        self.user = user
        self.window = window

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """(status, body)."""
        connection = http.client.HTTPConnection(self._netloc, timeout=10)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def get(self, name: str, **query: str) -> Json:
        """GET /sandbox/<name>."""
        path = f"/sandbox/{name}?{urlencode({'as': self.user, **query})}"
        answer: Json = json.loads(self.request("GET", path)[1])
        return answer

    def post(self, name: str, **body: Any) -> Json:
        """POST /sandbox/<name>."""
        payload = json.dumps({"as": self.user, "window": self.window, **body}).encode()
        answer: Json = json.loads(self.request("POST", f"/sandbox/{name}", payload)[1])
        return answer

    @contextmanager
    def events(self, *, news: bool = False) -> Iterator[Iterator[Json]]:
        """What happens from the moment of the connection on; `news` of who has something unread only when asked for."""
        query = urlencode({"as": self.user, "window": self.window})
        with connect(f"ws://{self._netloc}/sandbox/events?{query}") as socket:
            heard = (json.loads(text) for text in socket)
            yield (event for event in heard if news or event["type"] != "news")
