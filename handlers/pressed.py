"""Which button was pressed, and where it stood: read from Slack's payload here, and nowhere else. Pure.

Source: Slack API, "block_actions payload" (container: message, with `is_ephemeral`, or view), "Views" (private_metadata).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from approvals.authority.press import Pressed, read
from handlers.caller import of_interaction
from operations.core.nesting import load

LONGEST_ID = 64
BROKEN = ":x: This button does not say which request it is about, so nothing was done. `/org requests` shows them."


def pressed_request(body: Mapping[str, Any]) -> Pressed | None:
    """The press of a button that is about a request; None for a button that carries anything else."""
    channel, ts, private = _stands(body)
    return read(body["actions"][0].get("value"), channel, ts, private=private)


def _stands(body: Mapping[str, Any]) -> tuple[str, str, bool]:
    """The channel and the message that hold the button, and whether the presser alone sees it."""
    container, message = _part(body, "container"), _part(body, "message")
    if container.get("type") == "view" or container.get("is_ephemeral") is True:
        return "", "", True
    ts = container.get("message_ts") or message.get("ts")
    return _id(of_interaction(body).channel), _id(ts), False


def _id(value: object) -> str:
    """As Slack writes ids and times; whatever is longer is none of Slack's."""
    return value if isinstance(value, str) and len(value) <= LONGEST_ID else ""


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


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
