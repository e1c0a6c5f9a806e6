"""How Slack reaches the bot: over a Socket Mode connection that the bot opens, or over signed HTTP requests through a gate.

The gate is closed while the bot starts and stops, so that the probes have an open port; a delivery at a closed gate gets 503, after
which Slack sends an event again. Source: Slack API, "Using the Slack Events API"; Bolt for Python, "Socket Mode".
"""

from __future__ import annotations

import codecs
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.request import BoltRequest

from handlers.door import DEEPEST
from operations.core.nesting import too_deep

Answer = tuple[int, Mapping[str, Sequence[str]], str]
Dispatch = Callable[[str, dict[str, list[str]]], Answer]
QUIET = 0.3  # Seconds in which what was sent before the end may still arrive.
LONGEST = 10.0
AWAY: Answer = (503, {}, "")


log = logging.getLogger(__name__)
SOCKET_THREADS = 32
JSON = "application/json"
UTF8 = codecs.getincrementaldecoder("utf-8")
MOST_FIELDS = 50  # Of a form; Slack's have about fifteen.
# A few at a time, because the engine keeps something of each until the last; a character may begin in one match and end in the next.
ESCAPED = re.compile("(?:%[0-9A-Fa-f]{2}){1,1000}(?P<more>(?=%[0-9A-Fa-f]{2}))?")
UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class Transport(Protocol):
    """Something that hands Slack's deliveries to the Bolt app between `start` and `stop`."""

    def start(self) -> None: ...

    def connected(self) -> bool: ...

    def stop(self) -> None: ...


class SocketMode:
    """Deliveries over a WebSocket; `hello` hears how many connections the app has. `stop` lets the deliveries in hand be answered before it disconnects."""

    def __init__(self, app: App, app_token: str, hello: Callable[[int], None] = lambda _: None) -> None:
        self._handler = SocketModeHandler(app, app_token, concurrency=SOCKET_THREADS, ping_interval=5)
        self._hello = hello
        self._greeted: object = None
        self._handler.client.message_listeners.append(self._listen)

    def _listen(self, _: Any, message: dict[str, Any], __: str | None = None) -> None:
        """The first message of each connection says that it is ready, and how many the app has.

        Source: Slack API, "Using Socket Mode".
        """
        if message.get("type") != "hello":
            return
        self._greeted = self._handler.client.current_session
        number = message.get("num_connections")
        if isinstance(number, int):
            self._hello(number)

    def start(self) -> None:
        self._handler.connect()  # type: ignore[no-untyped-call]

    def connected(self) -> bool:
        """Whether Slack has greeted this very connection: before that it delivers nothing over it."""
        client = self._handler.client
        return bool(client.is_connected()) and self._greeted is client.current_session

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
        said = json_in(body)
        if sum(map(said.count, "{[")) > DEEPEST and too_deep(said, DEEPEST) is not None:
            log.warning("a delivery that cannot be read was refused: nested too deep")
            return 400, {}, ""
        try:
            answer = self._app.dispatch(BoltRequest(body=said, headers={**headers, "content-type": [JSON]}))
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


def json_in(body: str) -> str:
    """A delivery as JSON: its body, what stands in a form's field `payload`, or the form's fields as one object.

    Bolt would take a command for empty in whose text the word "payload" stands, and the standard library needs eighty times as much
    memory as a text to read it from a form. Source: Slack API, "Slash commands", "Handling user interaction in your Slack apps".
    """
    if body.lstrip().startswith(("{", "[")):
        return body
    parts = (part.partition("=") for part in body.split("&", MOST_FIELDS))
    fields = {_read(name): _read(value) for name, _, value in parts if name}
    return fields.get("payload") or json.dumps(fields, ensure_ascii=False)


def _read(text: str) -> str:
    decoder = UTF8(errors="replace")

    def unescaped(found: re.Match[str]) -> str:
        return decoder.decode(bytes.fromhex(found[0].replace("%", "")), final=found["more"] is None)

    return ESCAPED.sub(unescaped, text.replace("+", " "))


class Gate:
    """Hands deliveries on between `open` and `close`, and knows how many are in hand."""

    def __init__(self) -> None:
        self._dispatch: Dispatch | None = None
        self._in_hand = 0
        self._changed = threading.Condition()

    def __call__(self, body: str, headers: dict[str, list[str]]) -> Answer:
        """Status, headers and body of the answer."""
        with self._changed:
            dispatch = self._dispatch
            if dispatch is None:
                return AWAY
            self._in_hand += 1
        try:
            return dispatch(body, headers)
        finally:
            with self._changed:
                self._in_hand -= 1
                self._changed.notify_all()

    def open(self, dispatch: Dispatch) -> None:
        """From now on deliveries go to `dispatch`."""
        self._dispatch = dispatch

    def close(self, quiet: float = QUIET, longest: float = LONGEST) -> None:
        """Returns when nothing was in hand for `quiet` seconds, or after `longest`; from then on there is 503."""
        end = time.monotonic() + longest
        with self._changed:
            while self._dispatch and time.monotonic() < end:
                came = self._changed.wait(end - time.monotonic() if self._in_hand else quiet)
                if not came and not self._in_hand:
                    break
            self._dispatch = None
