"""Who is at the door (the person, their own workspace, where they are, and Slack's name for this delivery), and which button they
pressed, on which message: read from Slack's payload here, and nowhere else. Pure.

Source: Slack API, "Slash commands" (Preparing your app to receive commands), "block_actions payload" (container: message, with
`is_ephemeral`, or view), "view_submission payload", "Views" (private_metadata). With Slack Connect the person's own workspace
stands in `user.team_id` only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from approvals.authority.press import Pressed, read
from operations.core.nesting import load

BROKEN = ":x: This button does not say which request it is about, so nothing was done. `/org requests` shows them."
LONGEST_STAMP = 64

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
    user = part(body, "user")
    team = user.get("team_id") or part(body, "team").get("id")
    channel = part(body, "channel").get("id") or part(body, "container").get("channel_id")
    trigger, reply_to = _text(body.get("trigger_id")), _text(body.get("response_url"))
    where = _text(channel)
    view = part(body, "view")
    shown = _text(view.get("id")) if body.get("type") == "block_actions" and view.get("type") == "modal" else ""
    return Caller(
        _text(user.get("id")), _text(team), where if len(where) <= LONGEST_ID else "", trigger, reply_to, shown
    )


def part(body: Body, name: str) -> Body:
    """An object inside of a payload; an empty one when it is none."""
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def delivery(kind: str, *parts: Any) -> str:
    """One name for one thing that a person did, the same however often Slack delivers it."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def pressed_request(body: Mapping[str, Any]) -> Pressed | None:
    """The press of a button that is about a request; None for a button that carries anything else."""
    channel, ts, private = _stands(body)
    return read(body["actions"][0].get("value"), channel, ts, private=private)


def _stands(body: Mapping[str, Any]) -> tuple[str, str, bool]:
    """The channel and the message that hold the button, and whether the presser alone sees it."""
    container, message = part(body, "container"), part(body, "message")
    if container.get("type") == "view" or container.get("is_ephemeral") is True:
        return "", "", True
    ts = container.get("message_ts") or message.get("ts")
    return _id(of_interaction(body).channel), _id(ts), False


def _id(value: object) -> str:
    """As Slack writes ids and times; whatever is longer is none of Slack's."""
    return value if isinstance(value, str) and len(value) <= LONGEST_STAMP else ""


def kept_in_form(pressed: Pressed, reply_to: str = "") -> str:
    """The `private_metadata` by which a form knows the press that opened it, and where it is answered (see `Carried`)."""
    stands = {"channel": pressed.channel, "ts": pressed.ts, "private": pressed.private}
    return json.dumps({"request": pressed.carried, **stands, **({"reply_to": reply_to} if reply_to else {})})


def pressed_before(private_metadata: object) -> Pressed | None:
    """The press that opened a form; None when the metadata is not ours."""
    try:
        kept = load(str(private_metadata or "{}"))
    except ValueError:
        return None
    if not isinstance(kept, dict) or not _is_named(kept):
        return None
    channel, ts = str(kept.get("channel") or ""), str(kept.get("ts") or "")
    return read(kept.get("request"), channel, ts, private=kept.get("private") is True)


def _is_named(kept: Mapping[str, Any]) -> bool:
    texts = [str(kept.get(name) or "") for name in ("channel", "ts")]
    return all(text.isascii() and text.isprintable() for text in texts)
