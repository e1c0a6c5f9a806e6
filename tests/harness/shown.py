"""What people read in messages: every text, and what stands in code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def texts_in(found: Any) -> list[str]:
    """Every text in some blocks, in order."""
    if isinstance(found, list):
        return [text for item in found for text in texts_in(item)]
    if not isinstance(found, dict):
        return []
    own = [found["text"]] if isinstance(found.get("text"), str) else []
    return own + [text for value in found.values() for text in texts_in(value)]


def in_code(bodies: Iterable[dict[str, Any]]) -> str:
    """All that stands in code as it is, in the order in which it is posted."""
    blocks = [block for body in bodies for block in body["blocks"] if block["type"] == "rich_text"]
    code = [part for block in blocks for part in block["elements"] if part["type"] == "rich_text_preformatted"]
    return "".join(item["text"] for part in code for item in part["elements"])
