"""What is hit and what changes stand on the card as far as there is room, and whole in the thread."""

from __future__ import annotations

import json

import pytest

from approvals.request.following import differences
from approvals.views.whole import in_a_message, parts, warned, whole
from operations.core.preview import Fact, Preview, caution, danger, fact
from sandbox.slack.limits import message_error


def preview(**more: object) -> Preview:
    return Preview.model_validate({"title": "x", "facts": [], "plan": [], **more})


def on_card(preview: Preview) -> str:
    return json.dumps([block for part in parts(preview, "") for block in part.blocks])


def test_short_ones_are_on_the_card_whole() -> None:
    shown = preview(hits=["2 accounts", "a <b>", "c"], diff='+ "x"')
    text = on_card(shown)
    assert "2 accounts" in text
    assert "a &lt;b&gt;" in text
    assert whole(shown, {}) == {}


def test_nothing_is_no_block() -> None:
    assert on_card(preview()) == "[]"


def test_notices_are_marked_by_their_levels_the_most_severe_first() -> None:
    (block,) = warned(
        preview(warnings=[fact("new"), danger("gone"), caution("wide"), "stored by an earlier version"])
    ).blocks
    assert [line.partition(" ")[0] for line in block["text"]["text"].splitlines()] == [
        ":octagonal_sign:",
        ":warning:",
        ":warning:",
        ":information_source:",
    ]


@pytest.mark.parametrize("line", ["+ " + "x" * 60, "- " + "<&>" * 200, "``` " * 30])
def test_long_ones_go_on_in_the_thread_within_slacks_limits(line: str) -> None:
    shown = preview(hits=["99 accounts", *["n" * 300] * 99], diff="\n".join([line] * 400))
    told = whole(shown, {})
    message = in_a_message({title: text[:9_000] for title, text in told.items()})
    assert told.keys() == {"Affects", "Diff"}
    assert message is None or not message_error(message["text"], message["blocks"])
    assert "in the thread" in on_card(shown)


def test_the_card_in_plain_says_each_line_of_the_other() -> None:
    shown = preview(
        facts=[Fact(label="From", value="/A")],
        plan=["Move it."],
        hits=["2 accounts", "a <b>", *["n"] * 20],
        diff="+ x\n" * 800,
        warnings=[danger("gone")],
    )
    said = "\n".join(line for part in parts(shown, "Because\nof it") for line in part.plain())
    for text in ("From: /A", "1. Move it.", "Affects: 2 accounts\na <b>\nn\n", "9 more, in the thread\nDiff:\n+ x\n"):
        assert text in said
    assert "Reason:\nBecause\nof it" in said
    assert said.endswith("+ x\n\nThe whole of it is in the thread.\nDanger: gone")


def test_what_changed_is_named_by_the_cards_own_words() -> None:
    old = preview(facts=[Fact(label="From", value="/A")], precondition={"s": 1}, hits=["1 account"])
    new = preview(facts=[Fact(label="From", value="/B")], precondition={"s": 2}, hits=["2 accounts"])
    assert differences(old, new) == "From is now /B (was /A), it would hit: 2 accounts."
    assert differences(old, old) == ""
    assert "something else" in differences(preview(precondition={"a": 1}), preview(precondition={"a": 2}))
