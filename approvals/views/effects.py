"""What a request changes and what it hits, as the card and its thread show it. Pure.

Source: Slack API, "Block Kit: Section block" (3,000 characters of text).
"""

from __future__ import annotations

from collections.abc import Iterator

from approvals.slack.blocks import Block, code, escape, section, shorten
from operations.core.preview import Preview

ON_THE_CARD = 1_400  # Characters; a card has 13,000 in all, and escaping makes more of them.
IN_A_MESSAGE = 2_400
LONGEST_ESCAPE = 6  # Characters that one may become.
MOST_MESSAGES = 20
HITS_ON_THE_CARD = 12


def effects(preview: Preview) -> list[Block]:
    """The blocks for the card: what is hit, the number first, and as much of the diff as there is room for."""
    return [*_hits(preview), *_diff(preview)]


def _hits(preview: Preview) -> list[Block]:
    if not preview.hits:
        return []
    first, *others = preview.hits
    lines = [f"*What it hits*: {escape(shorten(first, 300))}"]
    lines += [f"•  {escape(shorten(line, 120))}" for line in others[:HITS_ON_THE_CARD]]
    lines += [f"and {len(others) - HITS_ON_THE_CARD} more, in the thread"] if len(others) > HITS_ON_THE_CARD else []
    return [section(shorten("\n".join(lines), 2900))]


def _diff(preview: Preview) -> list[Block]:
    if not preview.diff:
        return []
    shown, rest = _head(preview.diff, ON_THE_CARD)
    more = "\nThe whole of it is in the thread." if rest else ""
    return [section(f"*What changes*\n{code(shown)}{more}")]


def whole(preview: Preview) -> Iterator[str]:
    """The texts for the thread: all that the card has no room for; none when the card says everything."""
    if len(preview.hits) > HITS_ON_THE_CARD + 1:
        yield "*What it hits*\n" + "\n".join(f"•  {escape(shorten(line, 90))}" for line in preview.hits[:25])
    if not _head(preview.diff, ON_THE_CARD)[1]:
        return
    rest, number = preview.diff, 0
    while rest and number < MOST_MESSAGES:
        shown, rest = _head(rest, IN_A_MESSAGE)
        number += 1
        yield f"*What changes, part {number}*\n{code(shown)}"


def _head(text: str, limit: int) -> tuple[str, str]:
    """As many whole lines as fit when they are escaped, and the rest; a line that is longer than that is cut."""
    lines, used = text.split("\n"), 0
    for number, line in enumerate(lines):
        used += len(code(line))
        if used > limit:
            if number:
                return "\n".join(lines[:number]), "\n".join(lines[number:])
            cut = limit // LONGEST_ESCAPE
            return text[:cut], text[cut:]
    return text, ""
