"""Socket Mode: envelopes over WebSockets, each to one connection. Source: Slack's "Using Socket Mode"."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from threading import Lock
from typing import Any, Literal

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack.cast import APP_ID
from sandbox.slack.transport.delivery import Answer, Delivery

LOG = logging.getLogger(__name__)
MOST_CONNECTIONS = 10
Json = dict[str, Any]


class Lost(Exception):  # noqa: N818 - It says what happened to the envelope.
    """The connection went away before the envelope was acknowledged."""


class SocketTransport:
    """The connections of one app. Envelopes go round; one that is lost with its connection goes to the next."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tickets: set[str] = set()
        self._open: dict[WebSocket, asyncio.AbstractEventLoop] = {}
        self._turn = 0
        self._waiting: dict[str, tuple[WebSocket, Future[Any]]] = {}

    @property
    def connections(self) -> int:
        """How many connections the bot holds."""
        return len(self._open)

    def ticket(self) -> str:
        """Lets one connection in, once."""
        ticket = secrets.token_urlsafe(18)
        with self._lock:
            self._tickets.add(ticket)
        return ticket

    async def endpoint(self, socket: WebSocket) -> None:
        """One connection's life: hello, envelopes and their acks, until either side leaves."""
        ticket = socket.query_params.get("ticket", "")
        with self._lock:
            known = ticket in self._tickets
            self._tickets.discard(ticket)
        if not known or len(self._open) >= MOST_CONNECTIONS:
            await socket.close(4404)
            return
        await socket.accept()
        self._open[socket] = asyncio.get_running_loop()
        try:
            await socket.send_text(json.dumps(self._hello()))
            while True:
                self._acknowledge(await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._forget(socket)

    def _hello(self) -> Json:
        debug = {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060}
        info = {"app_id": APP_ID}
        return {"type": "hello", "num_connections": len(self._open), "debug_info": debug, "connection_info": info}

    def _acknowledge(self, text: str) -> None:
        try:
            ack = json.loads(text)
            socket_and_future = self._waiting.get(ack["envelope_id"])
        except (ValueError, KeyError, TypeError):
            LOG.warning("Socket Mode: an ack without an envelope_id was ignored")
            return
        if socket_and_future and not socket_and_future[1].done():
            socket_and_future[1].set_result(ack.get("payload"))

    def _forget(self, socket: WebSocket) -> None:
        self._open.pop(socket, None)
        for owner, future in list(self._waiting.values()):
            if owner is socket and not future.done():
                future.set_exception(Lost())

    def _next(self) -> tuple[WebSocket, asyncio.AbstractEventLoop] | None:
        with self._lock:
            sockets = list(self._open.items())
            if not sockets:
                return None
            self._turn += 1
            return sockets[self._turn % len(sockets)]

    def _soon(self) -> tuple[WebSocket, asyncio.AbstractEventLoop] | None:
        """The next connection; one that was just accepted is here in a moment."""
        for _ in range(10):
            if chosen := self._next():
                return chosen
            time.sleep(0.02)
        return None

    def deliver(self, delivery: Delivery, seconds: float) -> Answer:
        """Send an envelope to one connection and wait for its ack; if that connection goes, try the next."""
        envelope = _envelope(delivery)
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            chosen = self._soon()
            if chosen is None:
                return Answer(error="dispatch_failed")
            try:
                return Answer(200, self._exchange(*chosen, envelope, left))
            except Lost:
                envelope |= {"retry_attempt": envelope["retry_attempt"] + 1, "retry_reason": "connection_lost"}
            except FutureTimeout:
                break
        return Answer(error="operation_timeout")

    def _exchange(self, socket: WebSocket, loop: asyncio.AbstractEventLoop, envelope: Json, seconds: float) -> Any:
        future: Future[Any] = Future()
        self._waiting[envelope["envelope_id"]] = (socket, future)
        try:
            asyncio.run_coroutine_threadsafe(self._send(socket, envelope), loop)
            body = future.result(seconds)
        finally:
            self._waiting.pop(envelope["envelope_id"], None)
        return body or None

    async def _send(self, socket: WebSocket, message: Json) -> None:
        try:
            await socket.send_text(json.dumps(message))
        except (RuntimeError, WebSocketDisconnect):
            self._forget(socket)

    def disconnect(
        self, reason: Literal["refresh_requested", "warning", "link_disabled"] = "refresh_requested"
    ) -> None:
        """Ask every connection to come again, and close it, as Slack does every few hours."""
        self._soon()
        for socket, loop in list(self._open.items()):
            asyncio.run_coroutine_threadsafe(self._bye(socket, reason), loop).result(5)

    async def _bye(self, socket: WebSocket, reason: str) -> None:
        await self._send(socket, {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})
        if reason != "warning":
            self._forget(socket)
            await socket.close(1000)

    def break_connections(self) -> None:
        """Close every connection without a word."""
        self._soon()
        for socket, loop in list(self._open.items()):
            self._forget(socket)
            asyncio.run_coroutine_threadsafe(socket.close(1011), loop).result(5)


def _envelope(delivery: Delivery) -> Json:
    return {
        "envelope_id": secrets.token_hex(16),
        "type": delivery.kind,
        "payload": delivery.payload,
        "accepts_response_payload": delivery.kind != "events_api",
        "retry_attempt": delivery.retry,
        "retry_reason": delivery.retry_reason,
    }
