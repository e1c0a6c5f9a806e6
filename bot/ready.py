"""Whether the bot can do its work just now, one line for each thing it needs."""

from __future__ import annotations

import logging
from typing import Protocol

from sqlmodel import text

from approvals.store import Store
from bot.picture import Picture

log = logging.getLogger(__name__)
Line = tuple[str, bool, str]


class Connected(Protocol):
    """A transport that can tell whether Slack reaches the bot."""

    def connected(self) -> bool: ...


class Readiness:
    """`open` is set between start and stop; `lines()` gives (name, ok, detail) for `/readyz`."""

    def __init__(self, store: Store, picture: Picture, transport: Connected) -> None:
        self._store = store
        self._picture = picture
        self._transport = transport
        self.open = False

    def lines(self) -> list[Line]:
        """What is needed to answer and to carry out; AWS being away does not count, because reading on goes without it."""
        return [
            ("process", self.open, "started" if self.open else "starting or stopping"),
            self._database(),
            ("slack", self._transport.connected(), "connected" if self._transport.connected() else "not connected"),
            ("organization", True, self._picture.problem or "read"),
        ]

    def _database(self) -> Line:
        try:
            with self._store.read() as session:
                session.execute(text("SELECT 1"))
        except Exception as error:
            log.exception("the database does not answer")
            return ("database", False, type(error).__name__)
        return ("database", True, "answers")
