"""`Undo` and `Ask again`: what is over becomes a new request, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from approvals.models import Request
from tests.harness.handling import ALICE, BOB, OTHER_TEAM, Handling

MOVE = "move-account --account fullback-staging --to /Workloads/Production --reason why"
PREVIEW = {"title": "Move it", "facts": [], "plan": [], "precondition": {"source": "ou-1-stag"}}


@pytest.fixture
def over(handling: Handling) -> Handling:
    """Request #1, a move from staging to production, has succeeded."""
    handling.types(MOVE)
    handling.posts_card()
    ended(handling, status="succeeded", preview=PREVIEW)
    return handling


def ended(handling: Handling, **values: Any) -> None:
    with handling.store.write() as session:
        session.execute(update(Request).where(col(Request.id) == 1).values(**values))


def test_undo_files_the_inverse(over: Handling) -> None:
    over.presses("undo", over.button(), user=BOB)
    (_, undo) = over.requests()
    assert (undo.operation, undo.params["to"], undo.requester) == ("move-account", "ou-1-stag", BOB)
    assert undo.reason == "Undo of request #1: Move it"
    assert "received" in over.told()[-1]


def test_undo_delivered_twice_files_once(over: Handling) -> None:
    for _ in range(2):
        over.presses("undo", over.button(), trigger="t-1")
    assert len(over.requests()) == 2


def test_ask_again_files_the_same(over: Handling) -> None:
    ended(over, status="stale")
    over.presses("again", over.button(), user=ALICE)
    first, again = over.requests()
    assert again.params == first.params
    assert again.reason == "why"


@pytest.mark.parametrize("status", ["failed", "stale"])
def test_of_what_is_half_done_only_the_rest_is_filed(over: Handling, status: str) -> None:
    """Asking for the account again would fail, because its e-mail address is taken by the account that was made."""
    params = {"account_name": "new", "email": "new@example.com", "ou": "ou-1-stag"}
    memory = {"account": "222222222222"}
    ended(over, status=status, operation="create-account", params=params, memory=memory, step=int(status == "failed"))
    over.presses("again", over.button(), user=BOB)
    (_, filed) = over.requests()
    if status == "failed":
        assert (filed.operation, filed.params) == ("move-account", {"account": "222222222222", "to": "ou-1-stag"})
        assert filed.reason == "The rest of request #1: Move it"
    else:
        assert filed.operation == "create-account"


def test_ask_again_after_a_refusal_opens_the_form_with_all_that_was_given(over: Handling) -> None:
    ended(over, status="refused")
    over.presses("again", over.button(), user=ALICE)
    assert len(over.requests()) == 1, "the same would be refused again"
    elements = {block["block_id"]: block["element"] for block in over.form()["blocks"] if block["type"] == "input"}
    assert elements["account"]["initial_option"]["value"] == "222222222222"
    assert elements["reason"]["initial_value"] == "why"


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("undo", "stale", "cannot be undone"),
        ("undo", "running", "is not over yet"),
        ("again", "pending", "is not over yet"),
    ],
)
def test_what_is_not_over_stays_alone(over: Handling, kind: str, status: str, said: str) -> None:
    ended(over, status=status)
    over.presses(kind, over.button())
    assert said in over.told()[-1]
    assert len(over.requests()) == 1


@pytest.mark.parametrize("value", ["", "2", "x", "9" * 400])
def test_a_button_that_was_tampered_with_files_nothing(over: Handling, value: str) -> None:
    over.presses("undo", value)
    assert len(over.requests()) == 1
    assert "nothing was done" in over.told()[-1]


def test_people_of_other_workspaces_file_nothing(over: Handling) -> None:
    over.presses("again", over.button(), team=OTHER_TEAM)
    assert len(over.requests()) == 1


def test_what_can_no_longer_be_filed_is_told(over: Handling) -> None:
    ended(over, params={"account": "222222222222", "to": "ou-1-gone"}, status="stale")
    over.presses("again", over.button())
    assert "Not submitted: no OU named" in over.told()[-1]
