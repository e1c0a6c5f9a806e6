"""What comes over HTTP and has none of the shapes that Slack sends is 400; a WebSocket ends when it is told to."""

from __future__ import annotations

import json
import socket
import time
import tracemalloc
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware import Middleware
from slack_sdk import WebClient

from bot.http.transport import SignedHttp, SocketMode, json_in
from sandbox.sandbox import MANIFEST
from sandbox.slack.driver import SlackSandbox
from tests.harness.tables import each_of

DEEP = "[" * 100_000 + "]" * 100_000
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Bolt:
    """An app that nothing unreadable may reach."""

    def dispatch(self, _: Any) -> Any:
        raise AssertionError("this was read")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (urlencode({"payload": f'{{"type": "block_actions", "actions": {DEEP}}}'}), FORM),
        (f'{{"type": "event_callback", "event": {DEEP}}}', JSON),
        (urlencode({"payload": "{"}), FORM),
        ("[]", JSON),
    ],
    ids=["deep payload", "deep event", "cut off", "a list"],
)
def test_what_cannot_be_read_is_400(body: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    app: Any = Bolt()
    assert SignedHttp(app).dispatch(body, {"content-type": [kind]})[0] == 400
    assert "a delivery that cannot be read was refused" in caplog.text


@each_of(
    "text",
    [
        "",
        "a+b %41 & = ;",
        "ändern 日本 👨‍👩‍👧 \u00a0",
        "the payload",
        "%",
        "\x00\r\n\t",
        "{[",
        "x" * 100_000,
        "ж" * 100_000,
        "ж " * 50_000,
    ],
    ids=lambda text: text[:10],
)
def test_a_form_is_read_as_the_standard_library_reads_it_in_less_memory(text: str) -> None:
    sent = {"command": "/org", "text": text, "пара": text[:100], "empty": ""}
    body = urlencode(sent)
    tracemalloc.start()
    read = json_in(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert json.loads(read) == dict(parse_qsl(body, keep_blank_values=True)) == sent
    assert most < 20 * len(body) + 20_000


@each_of(
    "body",
    [
        *(
            "%FF%fe=%zz&a=%C3",
            "a=%E4%BD&b=%F0%9F%92%A9",
            "&&&=&a",
            "a=1&a=2",
            "a=b=c",
            "a=%41%4&b=%D0%B%B6%",
            "a=%D0+%B6",
        ),
        *(
            f"a={'x' * odd}{'%41' * many}%D0%B6{tail}"
            for odd in (0, 1)
            for many in (998, 999, 1000)
            for tail in ("", "%zz", "%D0")
        ),
    ],
)
def test_an_odd_form_is_read_as_the_standard_library_reads_it(body: str) -> None:
    assert json.loads(json_in(body)) == {name: value for name, value in parse_qsl(body, keep_blank_values=True) if name}


def test_a_form_of_a_million_fields_is_not_taken_apart() -> None:
    assert len(json.loads(json_in("a=1&b=2&" + "c=3&" * 500_000))) == 3


def test_a_command_may_speak_of_a_payload() -> None:
    """Bolt itself takes such a form for one without fields."""
    taken: list[str] = []

    class Kept(Middleware):
        def process(self, *, req: BoltRequest, resp: BoltResponse, next: Any) -> BoltResponse:  # noqa: A002
            taken.append(req.body["text"])
            return BoltResponse(status=200)

    typed = urlencode({"command": "/org", "text": "create-ou --name payload"})
    app = App(
        client=WebClient(),
        name="orgbot",
        request_verification_enabled=False,
        before_authorize=Kept(),
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id="T"),
    )
    assert SignedHttp(app).dispatch(typed, {"content-type": [FORM]})[0] == 200
    assert taken == ["create-ou --name payload"]


def test_the_end_does_not_wait_for_what_slack_says_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's reader waits for a frame: here for longer than a test may take."""
    connect = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda address, *_, **__: connect(address, timeout=1000))
    with SlackSandbox(MANIFEST, "socket") as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url)
        made = SocketMode(App(client=client, name="orgbot"), slack.app_token)
        made.start()
        made.stop()
        assert not made.connected()


def test_the_number_of_connections_is_heard_from_slacks_hello() -> None:
    heard: list[int] = []
    with SlackSandbox(MANIFEST, "socket") as slack:
        app = App(client=WebClient(slack.bot_token, base_url=slack.api_url), name="orgbot")
        one, two = (SocketMode(app, slack.app_token, heard.append) for _ in range(2))
        for transport in (one, two):
            transport.start()
        deadline = time.monotonic() + 5
        while len(heard) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        for transport in (one, two):
            transport.stop()
    assert sorted(heard) in ([1, 2], [2, 2])  # The first hello may be read when the second connection is open.


def test_it_is_connected_only_when_slack_has_said_hello(monkeypatch: pytest.MonkeyPatch) -> None:
    with SlackSandbox(MANIFEST, "socket") as slack:
        monkeypatch.setattr(slack.socket, "_hello", lambda: {"type": "not yet"})
        client = WebClient(slack.bot_token, base_url=slack.api_url)
        made = SocketMode(App(client=client, name="orgbot"), slack.app_token)
        made.start()
        try:
            slack.wait_for(lambda: slack.socket.connections, what="the connection")
            assert not made.connected()
            made._listen(None, {"type": "hello"})
            assert made.connected()
        finally:
            made.stop()
