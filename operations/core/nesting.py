"""How deep a JSON text is nested: told from its brackets before a parser reads it, so that no parser's own limit decides. Pure.

It takes linear time whatever the text is, and holds for texts that are no JSON as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

PIECE = re.compile(r'[\[{\]}]|"(?>(?:[^"\\]|\\.?+)*)("?)', re.DOTALL)
BRACKET = re.compile(r"[\[{\]}]")
STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}

DEEPEST = 50  # Levels, of which no policy and nothing that the bot writes has a fifth.


def load(text: str) -> Any:
    """What a JSON text holds; raises ValueError for what is none, or is deeper than `DEEPEST` levels."""
    if too_deep(text) is not None:
        raise ValueError("nested too deep")
    return json.loads(text)


def too_deep(text: str, most: int = DEEPEST) -> int | None:
    """Where the text goes deeper than `most` levels; None when it does not."""
    if text.count("{") + text.count("[") <= most:
        return None
    depth = 0
    for at in _brackets(text):
        depth += STEPS[text[at]]
        if depth > most:
            return at
    return None


def _brackets(text: str) -> Iterator[int]:
    """Where brackets stand outside of strings. Behind a quote that nobody closes no later one is closed either."""
    for piece in PIECE.finditer(text):
        if piece[0] in STEPS:
            yield piece.start()
        elif not piece[1]:
            yield from (bracket.start() for bracket in BRACKET.finditer(text, piece.start()))
