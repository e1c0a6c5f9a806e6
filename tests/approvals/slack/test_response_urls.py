"""Answers go to Slack's own addresses, or the stand-in's, and nowhere else; what is refused or lost is told apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from approvals.slack.client import SlackAmbiguousError, SlackRefusedError
from approvals.slack.response_urls import ResponseUrls


class Hook(BaseHTTPRequestHandler):
    """Answers with the status that the path names; 0 ends the connection without an answer."""

    taken: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.taken.append(self.rfile.read(int(self.headers["Content-Length"])))
        status = int(self.path.strip("/"))
        if status:
            self.send_response(status)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def origin() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Hook)
    Hook.taken.clear()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_is_posted_once(origin: str) -> None:
    ResponseUrls(f"{origin}/api/", 5)(f"{origin}/200", {"text": "hello"})
    assert Hook.taken == [b'{"text": "hello"}']


def test_a_refusal_says_why(origin: str) -> None:
    with pytest.raises(SlackRefusedError, match="HTTP 404"):
        ResponseUrls(f"{origin}/api/", 5)(f"{origin}/404", {"text": "x"})


def test_a_lost_answer_is_not_sent_again(origin: str) -> None:
    with pytest.raises(SlackAmbiguousError):
        ResponseUrls(f"{origin}/api/", 5)(f"{origin}/0", {"text": "x"})
    assert len(Hook.taken) == 1


@pytest.mark.parametrize(
    "path",
    [
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.example/x",
        "https://hooks.slack.com@127.0.0.1/x",
        "file:///x",
        "",
        "x",
    ],
)
def test_other_addresses_are_refused(path: str) -> None:
    with pytest.raises(SlackRefusedError, match="no address of Slack's"):
        ResponseUrls("https://slack.com/api/", 1)(path, {"text": "x"})
