"""Whatever somebody types or sends takes linear time: no text of theirs keeps others waiting.

Measured is the processor's time of this thread, which other processes do not lengthen. What takes quadratic time takes more than
ten times the limit here.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import pytest

from approvals.slack.blocks import escape, quoted, verbatim
from handlers.declared import fields_of
from handlers.parser import ParseError, parse
from handlers.typed import UnreadableError, undone, words
from operations.aws.errors import FieldError
from operations.core.nesting import too_deep
from operations.core.registry import by_name
from operations.policies.documents import pretty, read_document
from tests.harness.profiles import in_turn

SECONDS = 0.25
LENGTH = 30_000
REPEATED = (
    *(
        " \n",
        '\\"',
        '"',
        "'",
        "`",
        "“",
        "\u2018",
        "{",
        "}",
        "[",
        "{}",
        '{"',
        "[{'",
        "={",
        '="',
        "='",
        "=```",
        "\\",
        "\\u",
    ),
    *(
        "* ",
        "*a",
        "_a",
        "~",
        ":a",
        "<",
        "<a:",
        "<a:|",
        "<!",
        "&",
        "&amp;",
        "a@",
        "a.",
        ".json ",
        "a/",
        "arn:",
        "1",
        "1,",
    ),
    *(
        "k=v,",
        "Key=k,",
        ",",
        "-",
        "--",
        "—a",
        "--reason ",
        "\n",
        "\t",
        "\u00ad",
        "\ud83d",
        "ß",
        "https://",
        "://a:",
        "/*",
    ),
)
BEGINNINGS = ("", "```", '{"a":"', "{'", "arn:aws:iam::111111111111:role/", "Key=", "a@")
ENTRANCES: dict[str, Callable[[str], object]] = {
    "words": words,
    "undone": undone,
    "command": lambda text: parse(f"create-policy --type scp --name x --content {text}"),
    "document": lambda text: read_document(text, "SERVICE_CONTROL_POLICY"),
    "pretty": pretty,
    "depth": too_deep,
    "escape": escape,
    "verbatim": verbatim,
    "quoted": lambda text: quoted("Reason", text),
}


def slow(work: Callable[[str], object], length: int, beginnings: int = len(BEGINNINGS)) -> list[str]:
    """The beginnings of the texts that took too long; each piece comes after so many of BEGINNINGS."""
    pairs = in_turn(REPEATED, BEGINNINGS, beginnings)
    texts = (f"{begin}{piece * (length // len(piece))}" for piece, begin in pairs)
    # On a busy machine anything may take long once; what is slow is slow each time.
    return [text[:20] for text in texts if all(seconds(work, text) > SECONDS for _ in range(3))]


def seconds(work: Callable[[str], object], text: str) -> float:
    """Of this thread's own time on the processor."""
    begun = time.thread_time()
    with contextlib.suppress(FieldError, ParseError, UnreadableError, ValueError):
        work(text)
    return time.thread_time() - begun


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_no_text_takes_long(entrance: str) -> None:
    assert slow(ENTRANCES[entrance], LENGTH) == []


@pytest.mark.parametrize("name", sorted({operation.name for operation in by_name().values()}))
def test_no_text_takes_long_in_any_field(name: str) -> None:
    operation = by_name()[name]
    for field in fields_of(operation)[:-1]:
        assert slow(lambda text, key=field.name: operation.model_validate({key: text}), 4_000, 2) == [], field.name  # type: ignore[misc]
