"""What has changed since the approval, in the words of the card."""

from __future__ import annotations

import pytest

from approvals.request.execution import Execution
from approvals.request.following import LONGEST_FACT, differences, what_changed
from operations.core.observations import Stale
from operations.core.preview import Fact, Preview
from tests.harness.workers import Workers


def preview(facts: dict[str, str] | None = None, state: int = 1, **more: object) -> Preview:
    listed = [Fact(label=label, value=value) for label, value in (facts or {}).items()]
    return Preview.model_validate({"title": "x", "facts": listed, "plan": [], "precondition": {"s": state}, **more})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"From": "/A", "To": "/B"}, {"From": "/C", "To": "/B"}, "From is now /C (was /A)."),
        ({"To": "/B"}, {"To": "/B", "Tags": "a=b"}, "Tags: a=b."),
        ({"To": "/B", "Tags": "a=b"}, {"To": "/B"}, "Tags: no longer there."),
        ({"To": "/B"}, {"To": "/B"}, "it would now start from something else than what the card says."),
    ],
)
def test_each_fact_that_is_another_one_is_named(before: dict[str, str], after: dict[str, str], said: str) -> None:
    assert differences(preview(before), preview(after, state=2)) == said


def test_another_document_and_other_accounts_are_told_one_after_the_other() -> None:
    old, new = preview(diff="- a", hits=["1 account"]), preview(state=2, diff="- b", hits=["2 accounts", "shop"])
    assert differences(old, new) == "the document it starts from is another one, it would hit: 2 accounts."
    assert differences(old, preview(state=2, diff="- a")) == "it would hit: nothing."


def test_what_makes_no_difference_to_what_is_done_is_not_told() -> None:
    assert differences(preview({"From": "/A"}), preview({"From": "/B"})) == ""


def test_a_record_that_was_changed_is_not_what_was_approved(workers: Workers) -> None:
    """Though the world is as it was, so that no fact of it is another one."""
    request = workers.approved("create-account", account_name="fullback-mobile", email="mobile@example.com")
    assert what_changed(Execution(workers.context, request)) is None
    request.params = {**request.params, "email": "mallory@example.com"}
    assert what_changed(Execution(workers.context, request)) == Stale("the request is not the one that was approved.")


def test_long_values_are_shortened() -> None:
    said = differences(
        preview({"Text": "a" * 999, "Gone": ""}), preview({"Text": "b" * 999, "New": "c" * 999}, state=2)
    )
    assert ["a" * LONGEST_FACT in said, "b" * LONGEST_FACT in said, "c" * LONGEST_FACT in said] == [False, False, False]
    assert len(said) > 3 * LONGEST_FACT - 100
    hit = differences(preview(), preview(state=2, hits=["d" * 999]))
    assert LONGEST_FACT - 10 < len(hit) < LONGEST_FACT + 40
