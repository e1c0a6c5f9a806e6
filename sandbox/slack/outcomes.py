"""What a person sees after doing something."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class CommandReply:
    """Of a slash command: the ack's status, and what it said at once (ephemeral text and blocks), or Slack's error."""

    status: int | None = None
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    error: str | None = None


@dataclass(frozen=True)
class ActionResult:
    """Of a click or a choice."""

    ok: bool
    error: str | None = None


@dataclass(frozen=True)
class SubmitResult:
    """Of sending a form. `errors` is by block_id and by label; `response_action` what the app asked for."""

    ok: bool
    response_action: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    view: Json | None = None
    error: str | None = None
    by_block: dict[str, str] = field(default_factory=dict)
