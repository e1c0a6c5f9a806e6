"""The form that asks why a request is denied. Pure. Source: Slack API, "Views", "Block Kit: Input block"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from approvals.slack.blocks import Block, clean, escape, section, shorten
from handlers.action_ids import DENY_FORM

LONGEST_REASON, LONGEST_TITLE = 500, 500
LARGEST_NUMBER = 2**31 - 1


def deny_form(number: int, title: str, channel: str) -> Block:
    """The modal view; `title` says what would be denied, and the request's number and where it was clicked ride along."""
    return {
        "type": "modal",
        "callback_id": DENY_FORM,
        "title": _plain(f"Deny request #{number}"),
        "submit": _plain("Deny"),
        "close": _plain("Not now"),
        "private_metadata": json.dumps({"request": number, "channel": channel}),
        "blocks": [
            section(f"*{escape(shorten(title, LONGEST_TITLE))}*"),
            {
                "type": "input",
                "block_id": "reason",
                "label": _plain("Reason"),
                "hint": _plain("The requester, the thread and the audit get it"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "reason",
                    "multiline": True,
                    "max_length": LONGEST_REASON,
                },
            },
        ],
    }


def reason_of(values: Mapping[str, Mapping[str, Any]]) -> str:
    """The reason that was entered, without characters that nobody sees."""
    state: Mapping[str, Any] = values.get("reason", {}).get("reason", {})
    return clean(str(state.get("value") or "")).strip()[:LONGEST_REASON]


def request_of(private_metadata: str) -> tuple[int | None, str]:
    """The request's number and the channel; None and nothing when the metadata is not ours."""
    try:
        found = json.loads(private_metadata or "{}")
    except ValueError:
        return None, ""
    number = found.get("request") if isinstance(found, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= LARGEST_NUMBER:
        return None, ""
    return number, str(found.get("channel") or "")


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
