"""The HTTP edge's server: waitress with its own threads in this process, and an end that loses no request.

Waitress itself ends by cancelling; this one closes the listener, lets the requests in hand be answered, and then goes.
Source: waitress documentation, "Arguments to waitress.serve"; Python documentation, "socket": `getaddrinfo`, `create_server`.
"""

from __future__ import annotations

import errno
import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import waitress
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer
from waitress.trigger import trigger

from bot.http.edge import LARGEST_BODY, Edge, SlackEndpoint

BACKLOG = 1024
# `localhost` may name an IPv6 address that this machine, or a container on it, lacks.
ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}

log = logging.getLogger(__name__)
__all__ = ["Edge", "EdgeServer", "ListenError", "SlackEndpoint"]
WAKE_EVERY = 1.0
WAKE_WHILE_ENDING = 0.05
TO_LEAVE = 0.5  # Seconds that threads without work need to see the end.
ON_ITS_WAY = 0.3  # Seconds in which a request that was sent before the end may still arrive on an open connection.
CONNECTIONS = 400  # Open at once; every process may open 1,024 files on most machines.
IDLE = 30.0  # Seconds that a connection may be kept without a request,
WHOLE = 10.0  # and those within which a request has to be here as a whole, and its answer fetched.
LOOK_EVERY = 0.5
LARGEST_HEADERS = (
    32_768  # Bytes; Slack's are about 1,000, and a proxy adds some. They are looked through with each piece.
)
ARGUMENTS: dict[str, Any] = {
    "ident": "orgbot",
    "backlog": BACKLOG,
    "connection_limit": 10 * CONNECTIONS,  # Beyond it waitress takes nobody any more; this server makes room before.
    "max_request_body_size": LARGEST_BODY,
    "max_request_header_size": LARGEST_HEADERS,
    "channel_timeout": 10 * IDLE,  # By the wall clock; this server closes by a clock that does not jump.
    "clear_untrusted_proxy_headers": True,
}
# How long Slack waits is measured (orgbot_ack_seconds); a warning for each request that queues would only add to the load.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class OneRequest(HTTPRequestParser):  # type: ignore[misc]
    """Reads one request, and keeps what was sent behind it as `rest`."""

    rest = b""

    def received(self, data: bytes) -> int:
        """How much of it is read; all of it where the request is whole, so that the loop stops there."""
        read = int(super().received(data))
        if not self.completed:
            return read
        if self.empty:
            return len(data) - len(data[read:].lstrip(b"\r\n"))
        self.rest = data[read:]
        return len(data)


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types.
    """One connection. What a request has answered is sent by its own thread, or by the loop once that thread is through.

    Waitress's own channel asks the loop to send meanwhile as well. The loop cannot, because the thread holds the buffer, and
    tries again and again without pause, so that the thread waits for the interpreter: 8 clients had 99% of their answers
    within 99 ms instead of 17 ms.
    """

    parser_class = OneRequest
    since = 0.0  # When it last began: the connection, a request, or the wait for the next one.

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.since = time.monotonic()
        self._busy, self._guard = 0, threading.Lock()

    def received(self, data: bytes) -> bool:
        """Takes in what has come. Bytes that drip in one by one do not make a request any younger."""
        if self.request is None:
            self.since = time.monotonic()
        return bool(super().received(data))

    def service(self) -> None:
        """Answers one request, on one of the server's threads, and only then reads what was sent behind it: whoever sends
        hundreds at once has them read in turn with everybody else's.
        """
        rest = self.requests[0].rest
        if not rest:
            super().service()
        else:
            self._reads_on(rest)
        self.since = time.monotonic()

    def _reads_on(self, rest: bytes) -> None:
        """Nothing newer is read meanwhile, so that the order stays."""
        self._count(1)
        super().service()
        self.received(rest)
        self._count(-1)
        if self.connected:
            self.server.pull_trigger()

    def _count(self, more: int) -> None:
        with self._guard:
            self._busy += more

    def readable(self) -> bool:
        """Whether the loop may read more of it."""
        return bool(not self._busy and super().readable())

    def waits(self) -> bool:
        """Whether it is the other side's turn."""
        return not self.requests and not self.will_close

    def is_overdue(self, now: float) -> bool:
        """Whether the other side has let it wait for too long."""
        begun = self.request is not None or self.total_outbufs_len
        return self.waits() and now - self.since > (WHOLE if begun else IDLE)

    def writable(self) -> bool:
        """Whether the loop has something to send or to close."""
        waits = self.total_outbufs_len and not self.requests
        return bool(waits or self.will_close or self.close_when_flushed)


class EdgeServer:
    """A WSGI application served at `host` and `port` (0 takes a free one, see `.port`) by `threads` threads.

    `setting` names the port in errors. It is bound when it is made (raises ListenError) and answers from `start()` until `stop()`.
    """

    def __init__(self, edge: Callable[..., Any], host: str, port: int, threads: int, setting: str = "PORT") -> None:
        self._sockets: dict[int, Any] = {}
        listening = listen(host, port, setting)
        self.port = int(listening[0].getsockname()[1])
        server = waitress.create_server(edge, map=self._sockets, sockets=listening, threads=threads, **ARGUMENTS)
        self._tasks = server.task_dispatcher
        self._listeners = [entry for entry in self._sockets.values() if isinstance(entry, BaseWSGIServer)]
        for listener in self._listeners:
            listener.channel_class = Channel
        self._deadline: float | None = None
        self._looked = 0.0
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="edge", daemon=True)

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self, timeout: float = 10) -> None:
        """Takes no new connection, answers what has come in, and returns when that is done or after `timeout` seconds."""
        self._deadline = time.monotonic() + timeout
        if not self._thread.is_alive():
            return self._close()
        self._wake()
        return self._thread.join(timeout + 2 * WAKE_EVERY)

    def _wake(self) -> None:
        """Unless the loop has seen by itself that it is to end: the trigger's number may then be another file's."""
        with self._closing:
            if self._sockets:
                self._listeners[0].pull_trigger()

    def _run(self) -> None:
        while self._deadline is None:
            self._look()
        for listener in self._listeners:
            _accept_who_waits(listener)
            wasyncore.dispatcher.close(listener)
        while self._channels() and time.monotonic() < self._deadline:
            self._look(WAKE_WHILE_ENDING)
            self._let_go_of_idle_channels()
        self._close()

    def _look(self, longest: float = LOOK_EVERY) -> None:
        self._make_room()
        wasyncore.loop(timeout=longest, use_poll=True, map=self._sockets, count=1)

    def _make_room(self) -> None:
        """Closes who lets the server wait: too long, or longest of all where there are too many, so that Slack always finds room."""
        now = time.monotonic()
        if len(self._sockets) > CONNECTIONS:
            waiting = sorted((channel for channel in self._channels() if channel.waits()), key=lambda one: one.since)
            _close(waiting[: len(self._sockets) - CONNECTIONS * 9 // 10])
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            _close([channel for channel in self._channels() if channel.is_overdue(now)])

    def _channels(self) -> list[Channel]:
        return [entry for entry in list(self._sockets.values()) if isinstance(entry, Channel)]

    def _let_go_of_idle_channels(self) -> None:
        quiet_since = time.time() - ON_ITS_WAY  # waitress notes a channel's last activity by this clock.
        for channel in self._channels():
            busy = channel.requests or channel.request or channel.total_outbufs_len
            if not busy and channel.last_activity < quiet_since:
                channel.will_close = True

    def _close(self) -> None:
        """The threads first: one that still runs writes to the trigger, whose number would by then be another file's."""
        self._tasks.shutdown(timeout=max(TO_LEAVE, (self._deadline or 0) - time.monotonic()))
        if self._tasks.threads:
            log.warning("some requests were still being answered when the time to stop was over")
        with self._closing:
            for entry in list(self._sockets.values()):
                if not (self._tasks.threads and isinstance(entry, trigger)):
                    entry.close()


def _close(channels: list[Channel]) -> None:
    for channel in channels:
        channel.will_close = True


def _accept_who_waits(listener: BaseWSGIServer) -> None:
    """Takes the connections that the kernel has made already: closing the listener would break them off."""
    before = -1
    while before != len(listener.active_channels):
        before = len(listener.active_channels)
        listener.handle_accept()


class ListenError(OSError):
    """The bot cannot listen on HOST and PORT; the text says why and what to do."""


def listen(host: str, port: int, setting: str = "PORT") -> list[socket.socket]:
    """A socket for each address of `host`, all on the same port (0 takes a free one); raises ListenError."""
    made: list[socket.socket] = []
    with ExitStack() as undo:
        try:
            for family, address in _addresses(host, port):
                bound = _bound(family, address, made[0].getsockname()[1] if made else port)
                made += [undo.enter_context(bound)] if bound else []
        except OSError as error:
            raise _error(f"HOST={host} {setting}={port}", error.strerror or str(error)) from error
        if not made:
            raise _error(f"HOST={host} {setting}={port}", "this machine has no such address")
        undo.pop_all()
    return made


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket | None:
    try:
        return socket.create_server((address, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise


def _error(where: str, why: str) -> ListenError:
    return ListenError(f"{where}: {why}; set another, or stop what listens there")
