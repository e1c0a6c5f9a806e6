"""docs/messages.md says what people read: each chapter is played again, and nothing that nobody played is left unsaid."""

from __future__ import annotations

import pytest

from operations.core.registry import all_operations
from sandbox.aws.server import AwsSandbox
from tests.documentation.messages import chapter, page, sentences_in_code, unplayed, written
from tests.documentation.pages import DOCS
from tests.documentation.reading import Settled, block_lines, message, view
from tests.documentation.story import chapters

FILE = DOCS / "messages.md"
STALE = "docs/messages.md is stale: make messages"


@pytest.mark.parametrize("title", chapters())
def test_a_chapter_is_as_it_is_played_now(aws: AwsSandbox, title: str) -> None:
    assert written(FILE.read_text(encoding="utf-8")).get(title) == chapter(aws, title), STALE


def test_the_page_has_all_chapters_in_order_and_what_nobody_played() -> None:
    text = FILE.read_text(encoding="utf-8")
    told = written(text)
    assert list(told) == list(chapters()), STALE
    assert text == page(told), STALE


def test_every_operation_is_played_to_its_end() -> None:
    told = written(FILE.read_text(encoding="utf-8"))
    for operation in all_operations():
        text = told[operation.name]
        assert "A form opens for Alice" in text
        assert "#aws-approvals, in the thread" in text
        assert "Done" in text, operation.name


def test_nothing_is_different_in_each_run() -> None:
    """What a play cannot know beforehand is replaced by the order in which it is met."""
    settled = Settled()
    first, other = "account 852919780838 in ou-ab12-11112222", "account 911856234359 in ou-ab12-11112222"
    assert settled(f"{first}; {other}") == (
        "account 100000000001 in ou-exam-00000001; account 100000000002 in ou-exam-00000001"
    )
    assert settled("222222222222 and p-FullAWSAccess") == "222222222222 and p-FullAWSAccess"


def test_a_message_is_read_as_people_read_it() -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Approve"}}
    section = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*Asked by* <@U0ALICE> &amp; co, <!date^1^{date}|today>"},
    }
    body = {"text": "A request", "blocks": [section, {"type": "actions", "elements": [button]}]}
    assert message(body) == ["(notification) A request", "Asked by @alice & co, today", "[Approve]"]
    assert message({"text": "A line"}) == ["A line"]


def test_a_form_is_read_with_its_labels_and_hints() -> None:
    field = {
        "type": "input",
        "optional": True,
        "label": {"type": "plain_text", "text": "Name"},
        "hint": {"type": "plain_text", "text": "1 to 50"},
        "element": {"type": "plain_text_input", "initial_value": "web"},
    }
    title = {"type": "plain_text", "text": "Create"}
    assert view({"title": title, "submit": title, "blocks": [field]}) == [
        "== Create ==",
        "Name (optional): web",
        "  hint: 1 to 50",
        "[Create]",
    ]


def test_a_block_that_nobody_knows_is_named() -> None:
    assert list(block_lines({"type": "image", "alt_text": "A tree"})) == ["<image> A tree"]


def test_a_sentence_is_played_when_all_its_parts_are() -> None:
    known = dict(sentences_in_code())
    module, sentences = next(iter(known.items()))
    assert all(f"### {module}\n" not in part for part in unplayed("\n".join(sentences).replace("{…}", "x")))
    assert any(f"### {module}\n" in part for part in unplayed(""))
