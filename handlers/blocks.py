"""Lines put together to blocks. Pure. Source: Slack API, "Block Kit: Section block" (3,000 characters of text)."""

from __future__ import annotations

from collections.abc import Iterable

from approvals.slack.blocks import SECTION, Block, section, shorten


def packed(lines: Iterable[str], *, between: str = "\n") -> list[Block]:
    """As few sections as hold the lines of mrkdwn; no line is cut unless it alone is too long."""
    texts: list[str] = []
    for line in lines:
        short = shorten(line, SECTION)
        if texts and len(texts[-1]) + len(between) + len(short) <= SECTION:
            texts[-1] += between + short
        elif short.strip():
            texts.append(short)
    return [section(text) for text in texts]
