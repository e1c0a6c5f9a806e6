"""Buttons: one durable row each, however often Slack delivers it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update

from approvals.models import Request, carried
from tests.harness.handling import ALICE, APPROVALS, BOB, CARD, OTHER_TEAM, PRIVATE, TEAM, Handling

MOVE = "move-account --account fullback-staging --to /Workloads/Production"


@pytest.fixture
def asked(handling: Handling) -> Handling:
    """Alice has asked for request #1, whose card is there."""
    handling.types(MOVE)
    handling.posts_card()
    return handling


@pytest.mark.parametrize("kind", ["approve", "cancel", "withdraw"])
def test_a_click_is_kept_and_nothing_else_happens(asked: Handling, kind: str) -> None:
    asked.presses(kind, asked.button())
    assert asked.clicks() == [(kind, BOB, TEAM, 1, "")]
    assert not asked.waiting


def test_a_redelivered_click_is_one(asked: Handling) -> None:
    for _ in range(3):
        asked.presses("approve", asked.button(), trigger="t-1")
    asked.presses("approve", asked.button(), trigger="t-2")
    assert len(asked.clicks()) == 2


def test_a_click_from_another_workspace_is_kept_with_that_team(asked: Handling) -> None:
    asked.presses("approve", asked.button(), team=OTHER_TEAM)
    asked.presses("deny", asked.button(), team=OTHER_TEAM)
    asked.work()
    assert [(kind, team) for kind, _, team, _, _ in asked.clicks()] == [("approve", OTHER_TEAM), ("deny", OTHER_TEAM)]
    assert not asked.waiting


@pytest.mark.parametrize("kind", ["approve", "deny", "cancel", "withdraw"])
@pytest.mark.parametrize(
    "value", ["", None, "x", "0", "-1", "1.0", " 1", "1 OR 1=1", "²", "2147483648", "9" * 400, '{"id": 1}']
)
def test_a_button_that_was_tampered_with_does_nothing(asked: Handling, kind: str, value: str | None) -> None:
    asked.presses(kind, value)
    assert asked.clicks() == []
    assert "nothing was done" in asked.told()[0]


def test_deny_asks_for_the_reason(asked: Handling) -> None:
    asked.presses("deny", asked.button())
    assert asked.clicks() == []
    view = asked.form()
    assert json.loads(view["private_metadata"]) == {
        "request": asked.button(),
        "channel": APPROVALS,
        "ts": CARD,
        "private": False,
    }
    assert asked.submits(view, {"reason": "  "}, user=BOB) == {
        "reason": "Say why: the requester needs to know what to change."
    }
    assert asked.submits(view, {"reason": "not\u202e now"}, user=BOB) == {
        "reason": "Line 1, column 4 holds an invisible character, U+202E RIGHT-TO-LEFT OVERRIDE. Remove it."
    }
    assert asked.submits(view, {"reason": "not now"}, user=BOB) == {}
    assert asked.clicks() == [("deny", BOB, TEAM, 1, "not now")]


def test_the_deny_form_says_what_would_be_denied(asked: Handling) -> None:
    with asked.store.write() as session:
        session.execute(update(Request).values(preview={"title": "Move <b> " + "&" * 3000, "facts": [], "plan": []}))
    asked.presses("deny", asked.button())
    view = asked.form()
    assert view["title"]["text"] == "Deny request #1"
    assert view["blocks"][0]["text"]["text"].startswith("*Move &lt;b&gt; &amp;")


def test_who_may_not_decide_is_shown_no_form_and_told_why_by_the_workers(asked: Handling) -> None:
    asked.presses("deny", asked.button(), user=ALICE)
    asked.work()
    assert not asked.slack.calls
    assert asked.clicks() == [("deny", ALICE, TEAM, 1, "")]


@pytest.mark.parametrize("on", ["1.3", PRIVATE])
def test_denying_from_another_message_shows_no_form_and_names_no_request(asked: Handling, on: str) -> None:
    asked.presses("deny", asked.button(), on=on)
    asked.work()
    assert not asked.slack.calls
    assert len(asked.clicks()) == 1


def test_denying_what_does_not_exist_is_left_to_the_workers(asked: Handling) -> None:
    asked.presses("deny", carried(7, "0" * 32))
    asked.work()
    assert asked.clicks() == [("deny", BOB, TEAM, 7, "")]


def test_a_deny_form_that_comes_too_late_is_told(asked: Handling) -> None:
    asked.slack.refuse["views.open"] = "expired_trigger_id"
    asked.presses("deny", asked.button())
    assert "Try again" in asked.told()[0]


@pytest.mark.parametrize("metadata", ["", "{", "[]", '{"request": 1}', '{"request": true}', '{"request": "0"}'])
def test_a_deny_form_that_was_tampered_with_does_nothing(asked: Handling, metadata: str) -> None:
    asked.presses("deny", asked.button())
    view = asked.form() | {"private_metadata": metadata}
    assert asked.submits(view, {"reason": "no"}, user=BOB) == {}
    assert asked.clicks() == []
    assert "nothing was done" in asked.told()[0]


@pytest.mark.parametrize(
    "value", [None, "", "{", "[]", '{"values": 1}', '{"values": {"colour": "red", "email": 5, "tags": [1]}}']
)
def test_a_form_button_opens_the_form_whatever_it_carries(handling: Handling, value: str | None) -> None:
    handling.presses("form:create-account", value, channel="")
    assert handling.form()["callback_id"] == "request:create-account"


def test_a_form_button_from_another_workspace(handling: Handling) -> None:
    handling.presses("form:create-account", "{}", team=OTHER_TEAM)
    assert "other workspaces" in handling.told()[0]
    assert not handling.slack.made("views.open")


def test_a_form_button_of_an_operation_that_is_gone(handling: Handling) -> None:
    handling.presses("form:make-coffee", "{}")
    assert "no longer exists" in handling.told()[0]


@pytest.mark.parametrize("action_id", ["link-0", "account:account", "something-old"])
def test_everything_else_is_only_acknowledged(handling: Handling, action_id: str) -> None:
    handling.presses(action_id, None)
    assert handling.clicks() == []
    assert not handling.waiting
