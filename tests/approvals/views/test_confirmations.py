"""The question behind Approve is asked where something is dangerous: it names what is approved, the danger, and what follows,
within Slack's 300 characters.
"""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import Request
from approvals.views.confirmations import AT_ONCE, CLOSED, FILES, LATER, to_approve, to_cancel, to_undo
from operations.core.preview import Notice, Preview, caution, danger, fact
from tests.harness.tables import each_of

DANGER = "Everything in it stops at once."


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


def previewed(title: str, *notices: Notice) -> Preview:
    return Preview(title=title, facts=(), plan=(), warnings=notices)


def asked(title: str, *dangers: str, needed: int = 1) -> dict[str, Any]:
    question = to_approve(ASKED, previewed(title, *map(danger, dangers)), needed)
    assert question
    return question


@pytest.mark.parametrize("notices", [(), (fact("new"),), (caution("wide"), fact("new"))])
def test_nothing_is_asked_where_nothing_is_dangerous(notices: tuple[Notice, ...]) -> None:
    assert to_approve(ASKED, previewed("Attach RestrictRegions to /", *notices), needed=1) is None


def test_a_danger_of_the_card_is_asked_about_in_red() -> None:
    question = asked("Close web", DANGER)
    assert question["title"]["text"] == "Approve request #2?"
    assert question["text"]["text"] == f"Close web.\nDanger: {DANGER}\n{AT_ONCE}"
    assert question["style"] == "danger"


def test_what_is_less_than_a_danger_is_not_counted() -> None:
    question = to_approve(ASKED, previewed("Close web", caution("wide"), danger(DANGER)), needed=1)
    assert question
    assert "more on the card" not in question["text"]["text"]


@pytest.mark.parametrize(("needed", "follows"), [(2, LATER), (1, AT_ONCE)])
def test_the_first_of_two_approvals_starts_nothing(needed: int, follows: str) -> None:
    assert asked("Close web", DANGER, needed=needed)["text"]["text"].endswith(follows)


@each_of("needed", [1, 2])
@each_of("length", [1, 109, 110, 111, 5000])
@each_of("more", [0, 1, 12])
def test_whatever_is_long_the_consequence_stays_readable(length: int, needed: int, more: int) -> None:
    text = asked("t" * length, *["w" * length] * (1 + more), needed=needed)["text"]["text"]
    assert len(text) <= 300
    assert text.endswith(AT_ONCE if needed == 1 else LATER)
    assert "Danger: w" in text
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
