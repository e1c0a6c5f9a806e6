"""Who is at the door: the person, their own workspace, where they are, and Slack's name for this delivery. Pure.

Source: Slack API, "Slash commands" (Preparing your app to receive commands), "block_actions payload", "view_submission
payload". With Slack Connect the person's own workspace stands in `user.team_id` only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]
LONGEST_ID = (
    200  # Far longer than any of Slack's; a form's metadata, in which a channel is kept, takes 3,000 characters.
)


@dataclass(frozen=True)
class Caller:
    """`channel` is empty where there is none (home tab, forms); `trigger` opens one view within 3 s, `reply_to` is the
    response_url, which takes five answers within 30 minutes; `view` is the modal in which a button was pressed."""

    user: str
    team: str
    channel: str = ""
    trigger: str = ""
    reply_to: str = ""
    view: str = ""


def of_command(body: Body) -> Caller:
    """The caller of a slash command."""
    return Caller(
        str(body.get("user_id", "")),
        str(body.get("team_id", "")),
        str(body.get("channel_id", "")),
        str(body.get("trigger_id") or ""),
        str(body.get("response_url") or ""),
    )


def of_interaction(body: Body) -> Caller:
    """The caller of a click, a form or a type-ahead."""
    user = _part(body, "user")
    team = user.get("team_id") or _part(body, "team").get("id")
    channel = _part(body, "channel").get("id") or _part(body, "container").get("channel_id")
    trigger, reply_to = _text(body.get("trigger_id")), _text(body.get("response_url"))
    where = _text(channel)
    view = _part(body, "view")
    shown = _text(view.get("id")) if body.get("type") == "block_actions" and view.get("type") == "modal" else ""
    return Caller(
        _text(user.get("id")), _text(team), where if len(where) <= LONGEST_ID else "", trigger, reply_to, shown
    )


def _part(body: Body, name: str) -> Body:
    """An object inside of a payload; an empty one when it is none."""
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def delivery(kind: str, *parts: Any) -> str:
    """One name for one thing that a person did, the same however often Slack delivers it."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:40]}"
