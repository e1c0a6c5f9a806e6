"""How Slack reaches the bot: over a Socket Mode connection that the bot opens, or over signed HTTP requests.

Source: Slack API, "Using Socket Mode"; Bolt for Python, "Using Socket Mode".
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.request import BoltRequest

from bot.http.gate import Gate

log = logging.getLogger(__name__)
SOCKET_THREADS = 32
UNREADABLE = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


class Transport(Protocol):
    """Something that hands Slack's deliveries to the Bolt app between `start` and `stop`."""

    def start(self) -> None: ...

    def connected(self) -> bool: ...

    def stop(self) -> None: ...


class SocketMode:
    """Deliveries over a WebSocket. `stop` lets the deliveries in hand be answered before it disconnects."""

    def __init__(self, app: App, app_token: str) -> None:
        self._handler = SocketModeHandler(app, app_token, concurrency=SOCKET_THREADS, ping_interval=5)

    def start(self) -> None:
        self._handler.connect()  # type: ignore[no-untyped-call]

    def connected(self) -> bool:
        return bool(self._handler.client.is_connected())

    def stop(self) -> None:
        client = self._handler.client
        client.auto_reconnect_enabled = False
        client.closed = (
            True  # The processor looks at it to end its loop; the connection stays open for the last answers.
        )
        client.message_processor.shutdown()  # type: ignore[no-untyped-call]
        client.message_workers.shutdown(wait=True)
        self._end_reading()
        self._handler.close()  # type: ignore[no-untyped-call]

    def _end_reading(self) -> None:
        """The SDK closes the connection when its reader lets go of it: at the next frame, such as a pong, or after 3 s."""
        client = self._handler.client
        client.current_session_state.terminated = True
        if client.current_session:
            with suppress(OSError):
                client.current_session.ping("end")  # Of an empty pong it would go on to read the content.


class SignedHttp:
    """Deliveries over HTTP; the edge server has checked the signature before they come to `gate`.

    `stop` lets the deliveries in hand be answered.
    """

    def __init__(self, app: App, gate: Gate | None = None) -> None:
        self._app = app
        self._gate = gate or Gate()

    def dispatch(self, body: str, headers: dict[str, list[str]]) -> tuple[int, dict[str, Sequence[str]], str]:
        """Status, headers and body of Bolt's answer; 400 for what has none of the shapes that Slack sends."""
        try:
            answer = self._app.dispatch(BoltRequest(body=body, headers=dict(headers)))
        except UNREADABLE as error:  # Bolt's own reading; errors of listeners never come so far.
            log.warning("a delivery that cannot be read was refused: %s", type(error).__name__)
            return 400, {}, ""
        return answer.status, dict(answer.headers), str(answer.body)

    def start(self) -> None:
        self._gate.open(self.dispatch)

    def connected(self) -> bool:
        return True

    def stop(self) -> None:
        self._gate.close()
