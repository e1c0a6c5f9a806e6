"""The question behind Approve names what is approved, warns, and says what follows, within Slack's 300 characters."""

from __future__ import annotations

import pytest

from approvals.models import Request
from approvals.views.confirmations import AT_ONCE, CLOSED, FILES, LATER, to_approve, to_cancel, to_undo
from operations.core.preview import Preview

WARNING = "The target is the root: this concerns the whole organization."


ASKED = Request(
    id=2,
    delivery="d",
    marker="m",
    operation="attach-policy",
    subject="s",
    params={},
    preview={},
    team="T0",
    requester="U0ALICE",
)


def previewed(title: str = "Attach RestrictRegions to /", *warnings: str) -> Preview:
    return Preview(title=title, facts=(), plan=(), warnings=warnings)


def test_it_names_what_is_approved_and_what_follows() -> None:
    question = to_approve(ASKED, previewed(), needed=1)
    assert question["title"]["text"] == "Approve request #2?"
    assert question["text"]["text"] == f"Attach RestrictRegions to /.\n{AT_ONCE}"
    assert "style" not in question


def test_a_warning_of_the_card_is_asked_about_in_red() -> None:
    question = to_approve(ASKED, previewed("Attach RestrictRegions to /", WARNING), needed=1)
    assert f"Warning: {WARNING}\n{AT_ONCE}" in question["text"]["text"]
    assert question["style"] == "danger"


@pytest.mark.parametrize(("needed", "follows"), [(2, LATER), (1, AT_ONCE)])
def test_the_first_of_two_approvals_starts_nothing(needed: int, follows: str) -> None:
    assert to_approve(ASKED, previewed(), needed)["text"]["text"].endswith(follows)


@pytest.mark.parametrize("needed", [1, 2])
@pytest.mark.parametrize("length", [1, 109, 110, 111, 5000])
@pytest.mark.parametrize("more", [0, 1, 12])
def test_whatever_is_long_the_consequence_stays_readable(length: int, needed: int, more: int) -> None:
    text = to_approve(ASKED, previewed("t" * length, *["w" * length] * (1 + more)), needed)["text"]["text"]
    assert len(text) <= 300
    assert text.endswith(AT_ONCE if needed == 1 else LATER)
    assert "Warning: w" in text
    assert (f"(and {more} more on the card)" in text) == bool(more)


@pytest.mark.parametrize(
    "titles", [["Detach A from /"], ["Set 1 tag on web", "Remove 1 tag from web"], ["t" * 5000] * 9]
)
def test_undoing_names_what_would_be_filed(titles: list[str]) -> None:
    question = to_undo(ASKED, titles)
    assert question["title"]["text"] == "Undo request #2?"
    assert question["text"]["text"].startswith(titles[0][:100])
    assert question["text"]["text"].endswith(FILES)
    assert len(question["text"]["text"]) <= 300


def test_nobody_is_told_that_aws_sees_their_name() -> None:
    """AWS sees the bot's role; the approver's name is in the bot's own records."""
    assert AT_ONCE == "It starts immediately."
    assert LATER == "It starts once everybody who is needed has approved."


@pytest.mark.parametrize("title", ["Attach RestrictRegions to /", "t" * 5000])
def test_cancelling_says_what_it_is_about_and_what_follows(title: str) -> None:
    question = to_cancel(ASKED.model_copy(update={"preview": {"title": title}}))
    assert question["title"]["text"] == "Cancel request #2?"
    assert question["text"]["text"].startswith(title[:100])
    assert question["text"]["text"].endswith(CLOSED)
    assert "Nothing is done in AWS" in CLOSED
