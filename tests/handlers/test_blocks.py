"""Lines packed into sections."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from approvals.slack.blocks import packed
from sandbox.slack.limits import problems


def test_as_few_sections_as_hold_the_lines() -> None:
    texts = [block["text"]["text"] for block in packed(["x" * 1000] * 5)]
    assert [len(text) for text in texts] == [2001, 2001, 1000]


def test_a_line_that_alone_is_too_long_is_cut() -> None:
    (block,) = packed(["x" * 4000])
    assert len(block["text"]["text"]) == 3000


@given(st.lists(st.text(max_size=30), max_size=20))
def test_no_section_is_empty(lines: list[str]) -> None:
    assert problems(packed(lines), "message") == []
