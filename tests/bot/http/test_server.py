"""The server over real sockets: what it refuses before the application, and an end that answers what has come in."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from typing import Any

import pytest

from bot.http.edge import LARGEST_BODY
from bot.http.server import LARGEST_HEADERS, EdgeServer, OneRequest

PATIENCE = 20
HOST = "127.0.0.1"


class Application:
    """Answers at once, except `/slow`, which says that it has begun and waits until it may go on."""

    def __init__(self) -> None:
        self.began, self.go_on = threading.Semaphore(0), threading.Event()
        self.seen: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.seen.append(environ)
        environ["wsgi.input"].read()
        if environ["PATH_INFO"] == "/slow":
            self.began.release()
            self.go_on.wait(PATIENCE)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
        return [b"done"]


@pytest.fixture
def application() -> Iterator[Application]:
    made = Application()
    yield made
    made.go_on.set()


@pytest.fixture
def server(application: Application) -> Iterator[EdgeServer]:
    made = EdgeServer(application, HOST, 0, threads=4)
    made.start()
    yield made
    application.go_on.set()
    made.stop()


def connection(server: EdgeServer) -> closing[HTTPConnection]:
    return closing(HTTPConnection(HOST, server.port, timeout=PATIENCE))


def get(server: EdgeServer, path: str) -> tuple[int, bytes]:
    with connection(server) as asked:
        asked.request("GET", path)
        answer = asked.getresponse()
        return answer.status, answer.read()


def get_as_slack_does(server: EdgeServer, path: str) -> tuple[int, bytes]:
    """Once more where the connection was broken off, as may happen among so many; three times in all."""
    for _ in range(2):
        with suppress(ConnectionError):
            return get(server, path)
    return get(server, path)


def raw(server: EdgeServer, request: bytes) -> bytes:
    """The first line of the answer to exactly these bytes."""
    with socket.create_connection((HOST, server.port), timeout=PATIENCE) as asked:
        asked.sendall(request)
        return first_line(asked)


def first_line(asked: socket.socket) -> bytes:
    with asked.makefile("rb") as answer:
        return answer.readline()


def is_listening(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex((HOST, port)) == 0


def test_it_answers_on_a_free_port_and_names_itself(server: EdgeServer) -> None:
    with connection(server) as asked:
        asked.request("GET", "/")
        answer = asked.getresponse()
        assert (answer.status, answer.getheader("Server")) == (200, "orgbot")


def test_several_requests_are_answered_at_the_same_time(server: EdgeServer, application: Application) -> None:
    with ThreadPoolExecutor(4) as people:
        slow = [people.submit(get, server, "/slow") for _ in range(3)]
        for _ in slow:
            assert application.began.acquire(timeout=PATIENCE)
        assert get(server, "/quick") == (200, b"done")
        application.go_on.set()
        assert [asked.result(PATIENCE) for asked in slow] == [(200, b"done")] * 3


def test_the_loop_leaves_to_a_thread_what_the_thread_sends(server: EdgeServer, application: Application) -> None:
    with connection(server) as asked:
        asked.request("GET", "/slow")
        assert application.began.acquire(timeout=PATIENCE)
        (channel,) = server._channels()
        channel.total_outbufs_len += 1
        assert not channel.writable()
        channel.total_outbufs_len -= 1
        application.go_on.set()
        assert asked.getresponse().read() == b"done"


def test_an_answer_that_no_buffer_holds_arrives_whole() -> None:
    large = bytes(40_000_000)

    def answer(_: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", str(len(large)))])
        return [large]

    server = EdgeServer(answer, HOST, 0, threads=1)
    server.start()
    assert get(server, "/") == (200, large)
    server.stop()


def test_a_loop_that_has_ended_by_itself_is_not_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may see that it is to end before it is woken for that; the trigger is closed then."""
    server = EdgeServer(lambda *_: [], HOST, 0, threads=1)
    server.start()
    woken = server._wake

    def late() -> None:
        server._thread.join(5)
        woken()

    monkeypatch.setattr(server, "_wake", late)
    server.stop()
    assert not server._thread.is_alive()


def test_too_large_a_body_is_refused_before_it_is_read(server: EdgeServer, application: Application) -> None:
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST_BODY + 1}\r\n\r\n"
    assert b" 413 " in raw(server, head.encode())
    assert application.seen == []


@pytest.mark.parametrize("length", ["x", "-1", "1_0", "1, 2"])
def test_a_length_that_is_no_number_does_not_reach_the_application(
    server: EdgeServer, application: Application, length: str
) -> None:
    assert b" 400 " in raw(server, f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
    assert application.seen == []


def test_nobody_passes_for_a_proxy(server: EdgeServer, application: Application) -> None:
    with connection(server) as asked:
        asked.request("GET", "/", headers={"X-Forwarded-For": "192.0.2.1"})
        asked.getresponse().read()
    assert "HTTP_X_FORWARDED_FOR" not in application.seen[0]


def test_the_end_waits_for_what_has_come_in(server: EdgeServer, application: Application) -> None:
    with ThreadPoolExecutor(2) as people:
        slow = people.submit(get, server, "/slow")
        assert application.began.acquire(timeout=PATIENCE)
        ending = people.submit(server.stop, PATIENCE)
        until(lambda: not is_listening(server.port))
        assert not ending.done()
        application.go_on.set()
        assert slow.result(PATIENCE) == (200, b"done")
        ending.result(PATIENCE)
    assert not any(thread.name == "edge" for thread in threading.enumerate())


def test_the_end_answers_a_request_that_is_still_arriving(server: EdgeServer) -> None:
    with socket.create_connection((HOST, server.port), timeout=PATIENCE) as asked, ThreadPoolExecutor(1) as people:
        asked.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nha")
        ending = people.submit(server.stop, PATIENCE)
        until(lambda: not is_listening(server.port))
        asked.sendall(b"lf")
        assert b" 200 " in first_line(asked)
        ending.result(PATIENCE)


def test_the_end_does_not_wait_for_idle_connections(server: EdgeServer) -> None:
    with connection(server) as asked:
        asked.request("GET", "/")
        asked.getresponse().read()
        server.stop(timeout=1000)
        assert not is_listening(server.port)


def test_the_end_waits_no_longer_than_it_is_told(
    server: EdgeServer, application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    with ThreadPoolExecutor(1) as people:
        stuck = people.submit(get, server, "/slow")
        assert application.began.acquire(timeout=PATIENCE)
        server.stop(timeout=0.1)
        assert "still being answered" in caplog.text
        application.go_on.set()
        assert isinstance(stuck.exception(PATIENCE), OSError)


def test_the_end_may_come_twice_and_before_the_beginning(application: Application) -> None:
    server = EdgeServer(application, HOST, 0, threads=1)
    server.stop()
    server.stop()
    assert not is_listening(server.port)


def until(holds: Callable[[], bool]) -> None:
    """Asks until it holds; a test that hangs here is ended by pytest's own timeout."""
    while not holds():
        threading.Event().wait(0.01)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with room for few, which looks all the time."""
    monkeypatch.setattr("bot.http.server.CONNECTIONS", 20)
    monkeypatch.setattr("bot.http.server.LOOK_EVERY", 0.01)


def test_slow_connections_make_room_for_slack(small: None, server: EdgeServer) -> None:
    """Each has sent half of a request, and sends a byte now and then; there are more of them than the server takes."""
    with ExitStack() as closing_all:
        slow = [closing_all.enter_context(socket.create_connection((HOST, server.port))) for _ in range(60)]
        for one in slow:
            one.sendall(b"POST /slow HTTP/1.1\r\nX: ")
        for one in slow:
            with suppress(OSError):
                one.sendall(b"x")
            assert get_as_slack_does(server, "/") == (200, b"done")
        until(lambda: len(server._sockets) <= 21)


def test_a_request_that_drips_in_is_given_up(small: None, monkeypatch: pytest.MonkeyPatch, server: EdgeServer) -> None:
    monkeypatch.setattr("bot.http.server.WHOLE", 0.05)
    with socket.create_connection((HOST, server.port), timeout=PATIENCE) as slow, suppress(OSError):
        for _ in range(1_000):
            slow.sendall(b"G")
            time.sleep(0.005)
        pytest.fail("it was not given up")
    assert get(server, "/") == (200, b"done")


def test_a_connection_that_is_kept_open_without_a_request_is_closed_later(
    small: None, monkeypatch: pytest.MonkeyPatch, server: EdgeServer
) -> None:
    monkeypatch.setattr("bot.http.server.IDLE", 0.05)
    with connection(server) as asked:
        asked.request("GET", "/")
        assert asked.getresponse().read() == b"done"
        until(lambda: not server._channels())


def test_many_requests_at_once_are_answered_in_their_order(server: EdgeServer, application: Application) -> None:
    many = b"".join(
        b"\r\n\r\nPOST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n\r\n\r\nGET " % number
        for number in range(300)
    )
    last = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with socket.create_connection((HOST, server.port), timeout=PATIENCE) as asked:
        asked.sendall(many + last)
        with asked.makefile("rb") as answers:
            assert answers.read().count(b"HTTP/1.1 200 OK") == 301
    assert [seen["PATH_INFO"] for seen in application.seen] == [*(f"/{number}" for number in range(300)), "/last"]


def test_of_many_requests_at_once_one_is_read_at_a_time(
    server: EdgeServer, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[bytes] = []
    parse = OneRequest.parse_header

    def counted(parser: OneRequest, header: bytes) -> None:
        parsed.append(header)
        parse(parser, header)

    monkeypatch.setattr(OneRequest, "parse_header", counted)
    with socket.create_connection((HOST, server.port), timeout=PATIENCE) as asked:
        asked.sendall(b"GET /slow HTTP/1.1\r\n\r\n" + b"GET / HTTP/1.1\r\n\r\n" * 100 + b"\r\n" * 1000)
        assert application.began.acquire(timeout=PATIENCE)
        assert get(server, "/") == (200, b"done")
        assert len(parsed) == 2
        application.go_on.set()
        until(lambda: len(parsed) == 102)


def test_headers_that_no_one_sends_are_refused(server: EdgeServer) -> None:
    assert b" 431 " in raw(server, b"GET / HTTP/1.1\r\nX: " + b"a" * (LARGEST_HEADERS + 1) + b"\r\n\r\n")
