"""The modal in which an approver says why not. Pure."""

from __future__ import annotations

import json
from typing import Any

from handlers.forms import TITLE, plain
from handlers.parser import LONGEST_REASON

DENY, REASON = "deny", "reason"


def deny_modal(number: int, channel: str) -> dict[str, Any]:
    """Asks for the reason of a denial; the request's number rides along, and nothing else about it."""
    element = {"type": "plain_text_input", "action_id": REASON, "multiline": True, "max_length": LONGEST_REASON}
    return {
        "type": "modal",
        "callback_id": DENY,
        "private_metadata": json.dumps({"request": number, "channel": channel}),
        "title": plain(f"Deny request #{number}", TITLE),
        "submit": plain("Deny", TITLE),
        "close": plain("Back", TITLE),
        "blocks": [
            {
                "type": "input",
                "block_id": REASON,
                "label": plain("Why not?", 100),
                "hint": plain("The requester and the channel will read this.", 100),
                "element": element,
            }
        ],
    }
