"""The parts that every look's answer has: its age, its pages, its code; and names cut and escaped. Pure.

Source: Slack API, "Formatting text for app surfaces"; "Block Kit: Blocks" (limits).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from approvals.slack.blocks import (
    JOINER,
    Block,
    actions,
    ago,
    button,
    clean,
    context,
    escape,
    section,
    shorten,
    verbatim,
)
from handlers.options import middle
from handlers.queries.question import Question
from operations.aws.errors import AwsError, FieldError, RefusedError
from operations.core.explanations import hindrance
from operations.snapshot.names import capital

CODE = 2800
LONGEST_LINE = 400
MOST_NEAR = 5
T = TypeVar("T")


def aged(question: Question, *notes: str) -> Block:
    """The last line of every answer: how old the snapshot is, and hints."""
    return context(f"As read from AWS {ago(question.organization.read_at, question.now)}", *notes)


def name(text: str, most: int = 60) -> str:
    """Somebody's text for mrkdwn: at most `most` characters, cut in its middle, and not much longer when it is escaped."""
    safe = escape(middle(clean(text).replace("\n", " "), most)).replace("`", f"{JOINER}`{JOINER}")
    return shorten(safe, most * 2)


def plain(text: str, most: int = 60) -> str:
    """Somebody's text for a code block, cut in its middle."""
    return middle(clean(text).replace("\n", " "), most)


def page(question: Question, items: Sequence[T], size: int) -> Sequence[T]:
    """The items of the page that is asked for."""
    at = first(question, len(items), size)
    return items[at : at + size]


def first(question: Question, total: int, size: int) -> int:
    """Where the page begins; a page that there is no more becomes the last one."""
    last = max(total - 1, 0) // size * size
    return min(max(question.at, 0) // size * size, last)


def turning(look: str, question: Question, total: int, size: int, *more: Block) -> list[Block]:
    """The buttons Previous and Next, where there are more pages than one, and others beside them."""
    at = first(question, total, size)
    buttons = [
        *([_turn("Previous", look, question, at - size)] if at else []),
        *([_turn("Next", look, question, at + size)] if at + size < total else []),
        *more,
    ]
    return actions(*buttons)


def _turn(text: str, look: str, question: Question, at: int) -> Block:
    return button(text, f"look:{text.casefold()}", asks_for(look, question.text, at))


def asks_for(look: str, text: str = "", at: int = 0) -> str:
    """What a button carries that asks for a query's answer."""
    return json.dumps({"look": look, "text": text, "at": at}, ensure_ascii=False)


def of_total(question: Question, total: int, size: int) -> str:
    """` (26 to 50)` when this is one of several pages."""
    at = first(question, total, size)
    return f" ({at + 1:,} to {min(at + size, total):,})" if total > size else ""


def code_sections(lines: Iterable[str]) -> list[Block]:
    """Escaped lines, in as few code blocks as hold them."""
    texts = [""]
    for line in lines:
        if len(texts[-1]) + len(line) + 1 > CODE:
            texts.append("")
        texts[-1] += f"{line}\n"
    return [section(f"```\n{text}```") for text in texts if text]


def code_lines(text: str) -> Iterator[str]:
    """The lines of a document, escaped; one that is too long goes on in the next."""
    for line in text.splitlines():
        for start in range(0, max(len(line), 1), LONGEST_LINE):
            yield verbatim(line[start : start + LONGEST_LINE])


def unread(question: Question, kind: str = "") -> list[str]:
    """A line for what AWS did not tell of the policies when the organization was read; nothing where all is known."""
    return [f":warning: {escape(shorten(capital(gap), 300))}" for gap in question.organization.policies.gaps(kind)]


def wrong(look: str, error: FieldError) -> list[Block]:
    """What is wrong with a name, and a button for each that may have been meant, which answers for that one."""
    near = error.near if len(error.near) <= MOST_NEAR else ()
    buttons = [button(one.label, f"look:meant:{at}", asks_for(look, one.value)) for at, one in enumerate(near)]
    return [section(f":x: {escape(capital(error.message))}"), *actions(*buttons)]


def untold(what: str, error: AwsError) -> Block:
    """Stands in place of what AWS should have told at this moment; where it refuses, asking later would not help."""
    if isinstance(error, RefusedError):
        why = hindrance(error)
        return section(f"*{what}*\n:x: Could not be read. {escape(shorten(f'{why.say} {why.advice}', 1000))}")
    return section(
        f"*{what}*\n:hourglass: AWS does not answer now ({name(error.code or error.message)}). Ask again later."
    )
