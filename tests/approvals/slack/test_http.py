"""Every odd answer leaves open what was done: at the right time, without following anybody, and whatever the method promises."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.request import Request

import pytest
from slack_bolt import BoltRequest, BoltResponse

from approvals.outbox.look_up import LATEST, SKEW, Place, find
from approvals.slack import http
from approvals.slack.client import SlackAmbiguousError, call
from approvals.slack.http import opener
from bot.slack import CountingWebClient, OwnClient, SlacksClock

POSTED: dict[str, Any] = {"ok": True, "ts": "1700000000.000100", "channel": "C1"}
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Answers = Callable[[socket.socket], None]


def says(content: object = POSTED, *headers: str, status: int = 200, length: int | None = None) -> Answers:
    """An answer with this content, as JSON unless it is bytes already."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    given = (f"Content-Length: {len(body) if length is None else length}", "Content-Type: application/json", *headers)
    return lambda taken: taken.sendall("\r\n".join((f"HTTP/1.1 {status} X", *given, "", "")).encode() + body)


def resets(taken: socket.socket) -> None:
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drips(beginning: bytes) -> Answers:
    """A byte now and then, without end."""

    def drip(taken: socket.socket) -> None:
        taken.sendall(beginning)
        while True:
            taken.sendall(b"x")
            time.sleep(0.01)

    return drip


def floods(taken: socket.socket) -> None:
    taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        taken.sendall(b" " * 10_000)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ANYTHING: tuple[Any, ...] = (None, True, 7, "ok", [], [POSTED], {})
NO_TRUTH: tuple[Any, ...] = ("true", 1, None, [], "false", {"ok": True})
ODD: dict[str, Answers] = {
    "a page": says(b"<html>posted</html>", "Content-Type: text/html"),
    "nothing in it": says(b""),
    "cut": says(b'{"ok": true, "ts": "170', length=60),
    "reset": resets,
    "closed": lambda _: None,
    "another protocol": lambda taken: taken.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "goes on with nothing": lambda taken: taken.sendall(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "no charset": lambda taken: taken.sendall(HEAD[:-2] + b"; charset=no-such\r\n\r\n{}"),
    "another encoding": says(json.dumps(POSTED).encode("utf-16")),
    "packed": says(b"\x1f\x8b\x08\x00" + bytes(100), "Content-Encoding: gzip"),
    "wrong chunks": lambda taken: taken.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
    "too many headers": says(POSTED, *(f"X-{number}: a" for number in range(150))),
    "a header too long": says(POSTED, f"X-A: {'a' * 70_000}"),
    "a deep one": says(b"[" * 100_000),
    "a long number": says(b'{"ok": true, "ts": ' + b"9" * 10_000 + b"}"),
    "floods": floods,
    "drips in its headers": drips(HEAD + b"X-A: "),
    "drips in its content": drips(HEAD + b"\r\n"),
    "drips in a refusal": drips(b"HTTP/1.1 403 Forbidden\r\n\r\n"),
    **{f"status {status}": says(POSTED, status=status) for status in (201 + 99, 304, 400, 403, 404, 407, 500, 502, 503, 504)},
    **{f"status {status} with nothing": says(b"", status=status) for status in (204, 301, 302, 303, 307, 308, 429 - 1)},
    **{f"holds {json.dumps(other)}": says(other) for other in ANYTHING},
    **{f"ok is {json.dumps(ok)}": says({**POSTED, "ok": ok}) for ok in NO_TRUTH},
    **{f"ts is {json.dumps(ts)}": says({**POSTED, "ts": ts}) for ts in (None, "", "abc", 1.1, [1], {"a": 1}, "1e5", "1.1\n")},
    **{f"channel is {json.dumps(one)}": says({**POSTED, "channel": one}) for one in (7, ["C1"], {"id": "C1"})},
    **{f"error is {json.dumps(why)}": says({"ok": False, "error": why}) for why in (None, 7, ["no"], "Not now!", "")},
}  # fmt: skip


class Server:
    """Answers each connection so, and keeps what was asked."""

    def __init__(self, answers: Answers) -> None:
        self.asked: list[bytes] = []
        self._answers = answers
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                taken, _ = self._listening.accept()
                threading.Thread(target=self._answer, args=(taken,), daemon=True).start()

    def _answer(self, taken: socket.socket) -> None:
        with taken, suppress(OSError):
            taken.settimeout(10)
            self.asked.append(_request(taken))
            self._answers(taken)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def _request(taken: socket.socket) -> bytes:
    head, _, body = taken.recv(65536).partition(b"\r\n\r\n")
    length = int(dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:]).get(b"Content-Length", 0))
    while len(body) < length:
        body += taken.recv(65536)
    return head + body


@contextmanager
def answering(answers: Answers) -> Iterator[Server]:
    server = Server(answers)
    try:
        yield server
    finally:
        server.close()


def client(server: Server, timeout: float = 5) -> CountingWebClient:
    return CountingWebClient("xoxb-1", base_url=server.url, timeout=timeout, retry_handlers=[])  # type: ignore[arg-type]


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_answer_leaves_open_what_was_done(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some have no end: the call has."""
    monkeypatch.setattr(http, "LARGEST", 1_000_000)
    with answering(ODD[odd]) as server:
        slack = client(server, timeout=0.3 if "drips" in odd else 5)
        with pytest.raises(SlackAmbiguousError):
            call(slack, "chat.postMessage", channel="C1", text="news")
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_led_elsewhere_with_the_bots_token(status: int) -> None:
    with (
        answering(says({"ok": False, "error": "unknown_method"})) as elsewhere,
        answering(says(b"", f"Location: {elsewhere.url}", status=status)) as server,
    ):
        with pytest.raises(SlackAmbiguousError):
            call(client(server), "chat.postMessage", channel="C1", text="news")
        assert elsewhere.asked == []


def test_what_comes_slowly_and_in_time_is_taken_whole() -> None:
    def slowly(taken: socket.socket) -> None:
        whole = json.dumps(POSTED).encode()
        taken.sendall(HEAD + f"Content-Length: {len(whole)}\r\n\r\n".encode())
        for place in range(len(whole)):
            taken.sendall(whole[place : place + 1])

    with answering(slowly) as server:
        assert call(client(server), "chat.postMessage", channel="C1", text="news") == POSTED


def test_a_file_that_drips_is_given_up() -> None:
    with answering(drips(HEAD + b"\r\n")) as server, pytest.raises(TimeoutError):
        opener().open(Request(server.url), timeout=0.3).read()  # noqa: S310  The server of this test.


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=2), timedelta(hours=-2)])
def test_a_message_is_looked_for_by_slacks_clock(ahead: timedelta) -> None:
    dated = says({"ok": True, "messages": []}, f"Date: {format_datetime(NOW + ahead, usegmt=True)}")
    with answering(dated) as server:
        slack = client(server)
        slack.slacks_clock = SlacksClock(lambda: NOW)
        call(slack, "conversations.history", channel="C1")
        find(slack, Place("C1"), NOW, lambda _: False)
    assert slack.slacks_clock.ahead == ahead
    oldest, latest = min(NOW, NOW + ahead) - SKEW, max(NOW, NOW + ahead) + LATEST
    assert all(f"{moment.timestamp():.6f}".encode() in server.asked[-1] for moment in (oldest, latest))


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 32 Nov 2026 10:00:00 GMT", "Fri, 27 Nov 2026 10:00:00"])
def test_what_is_no_date_says_nothing_of_slacks_clock(date: str) -> None:
    clock = SlacksClock(lambda: NOW)
    clock.note({"DATE": format_datetime(NOW + timedelta(hours=1), usegmt=True)})
    clock.note({"date": date})
    assert clock.ahead == timedelta(hours=1)


def test_listeners_get_the_bots_own_client() -> None:
    own, request = CountingWebClient("xoxb-1"), BoltRequest(body="{}")
    answer = BoltResponse(status=200)
    assert OwnClient(own).process(req=request, resp=answer, next=lambda: None) is answer
    assert request.context.client is own
