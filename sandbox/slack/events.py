"""What the page hears at once: one stream per open page, fed from any thread."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
KEEP_ALIVE_SECONDS = 15.0


@dataclass(eq=False)
class Listener:
    """One open page."""

    user: str
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)

    def put(self, event: str | None) -> None:
        """Hand over an event; None ends the stream."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.queue.put_nowait, event)


class Broker:
    """Gives each event to the pages of the people it is for."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def publish(self, event: Json, users: set[str] | None = None) -> None:
        """Send to these people's pages, or to everybody's; as it is now, whatever changes later."""
        line = f"data: {json.dumps(event)}\n\n"
        for listener in list(self._listeners):
            if users is None or listener.user in users:
                listener.put(line)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        for listener in list(self._listeners):
            listener.put(None)

    async def stream(self, user: str) -> AsyncIterator[str]:
        """Server-sent events for one page, until the page leaves or the server stops."""
        listener = Listener(user, asyncio.get_running_loop())
        self._listeners.add(listener)
        try:
            yield ": connected\n\n"
            while (chunk := await _next(listener)) is not None:
                yield chunk
        finally:
            self._listeners.discard(listener)


async def _next(listener: Listener) -> str | None:
    try:
        return await asyncio.wait_for(listener.queue.get(), KEEP_ALIVE_SECONDS)
    except TimeoutError:
        return ": still here\n\n"
