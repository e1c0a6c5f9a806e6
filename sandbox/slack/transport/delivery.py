"""What is delivered, and what comes back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Json = dict[str, Any]
Kind = Literal["slash_commands", "interactive", "events_api"]


@dataclass(frozen=True)
class Delivery:
    """One payload for the bot. `retry` counts from 1 when Slack sends it again."""

    kind: Kind
    payload: Json
    retry: int = 0
    retry_reason: str = ""


@dataclass(frozen=True)
class Answer:
    """The bot's answer: HTTP status (200 for a Socket Mode ack), its body, or the error that a person is shown."""

    status: int | None = None
    body: Any = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the bot acknowledged it in time."""
        return self.error is None


@dataclass(frozen=True)
class Delivered:
    """A delivery with its answer, as `slack.deliveries` keeps it."""

    delivery: Delivery
    answer: Answer


class Transport(Protocol):
    """A way to the bot."""

    def deliver(self, delivery: Delivery, seconds: float) -> Answer:
        """Hand it over and wait for the answer, at most so long."""


def parsed(body: bytes, content_type: str) -> Any:
    """A response body: None when empty, JSON when it is JSON, else text."""
    text = body.decode("utf-8", "replace")
    if not text.strip():
        return None
    if "json" in content_type or text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
