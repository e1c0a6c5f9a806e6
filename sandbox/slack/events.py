"""What the page hears at once: one WebSocket per open window, fed from any thread.

Browsers hold six HTTP connections to a host at most, and a stream of server-sent events is one of them: the next window
never loads. WebSockets do not count there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

Json = dict[str, Any]


@dataclass(eq=False)
class Listener:
    """One open window and the person who sits in front of it."""

    user: str
    window: str | None
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)

    def put(self, event: str | None) -> None:
        """Hand over an event; None ends the connection."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.queue.put_nowait, event)


class Broker:
    """Gives each event to the windows of the people it is for."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def publish(self, event: Json, users: set[str] | None = None, window: str | None = None) -> None:
        """Send to these people's windows (None: everybody's), or to one alone; as it is now, whatever changes later."""
        text = json.dumps(event)
        for listener in list(self._listeners):
            if (users is None or listener.user in users) and window in {None, listener.window}:
                listener.put(text)

    def close(self) -> None:
        """End every connection, so that the server can stop."""
        for listener in list(self._listeners):
            listener.put(None)

    async def serve(self, socket: WebSocket, user: str) -> None:
        """One window's connection, until the window leaves or the server stops."""
        with self._listening(user, socket.query_params.get("window")) as listener:
            await socket.accept()
            leaving = asyncio.create_task(_leaving(socket, listener))
            try:
                while (text := await listener.queue.get()) is not None:
                    await socket.send_text(text)
                await socket.close(1001)
            except (RuntimeError, WebSocketDisconnect):
                pass  # It left while it was written to.
            finally:
                leaving.cancel()

    @contextmanager
    def _listening(self, user: str, window: str | None) -> Iterator[Listener]:
        listener = Listener(user, window, asyncio.get_running_loop())
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)


async def _leaving(socket: WebSocket, listener: Listener) -> None:
    """Nothing is expected from a window but that it leaves."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
    listener.put(None)
