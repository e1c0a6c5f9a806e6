"""Slack's shortcuts open the launcher in a window; the request's form takes its place, and knows where and why."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.handling import ALICE, CLICK_URL, GENERAL, GUEST, Handling

MESSAGE = {"type": "message", "ts": "1.5", "user": "U0BOB", "text": "Please give web an account"}
FILLED = {"account_name": "fullback-new", "email": "new@example.com", "ou": "ou-1-stag"}


def opened(handling: Handling, message: dict[str, Any] | None) -> dict[str, Any]:
    handling.takes_shortcut(message)
    return handling.form()


def elements(view: dict[str, Any]) -> dict[str, Any]:
    return {block.get("block_id"): block.get("element") for block in view["blocks"] if block["type"] == "input"}


@pytest.mark.parametrize("message", [None, MESSAGE], ids=["anywhere", "message"])
def test_both_open_what_the_command_shows(handling: Handling, message: dict[str, Any] | None) -> None:
    view = opened(handling, message)
    handling.types("")
    assert view["blocks"] == handling.blocks


def press(handling: Handling, view: dict[str, Any]) -> dict[str, Any]:
    """New account, in the window of the launcher; gives the form that takes its place."""
    handling.presses("form:create-account", "{}", user=ALICE, channel="", view=view)
    handling.work()
    (updated,) = handling.slack.made("views.update")
    assert updated["view_id"] == "V0"
    return dict(updated["view"])


def test_from_anywhere_the_form_itself_says_that_it_was_received(handling: Handling) -> None:
    form = press(handling, opened(handling, None))
    assert handling.submits(form, FILLED) == {}
    assert "received" in handling.last_view["blocks"][0]["text"]["text"]
    assert handling.replies == []


def test_from_a_message_its_text_is_the_reason_and_the_answer_comes_to_its_channel(handling: Handling) -> None:
    form = press(handling, opened(handling, MESSAGE))
    assert elements(form)["reason"]["initial_value"] == "Please give web an account https://slack.example/1.5"
    assert handling.submits(form, FILLED) == {}
    handling.work()
    assert [url for url, _ in handling.replies] == [CLICK_URL]
    assert [request.channel for request in handling.requests()] == [GENERAL]


def test_a_message_that_the_bot_cannot_see_has_no_link(handling: Handling) -> None:
    handling.slack.refuse["chat.getPermalink"] = "channel_not_found"
    form = press(handling, opened(handling, MESSAGE))
    assert elements(form)["reason"]["initial_value"] == "Please give web an account"


@pytest.mark.parametrize(("action", "chosen"), [("look:ask", ""), ("want", "look:tree")])
def test_a_look_is_answered_in_the_window(handling: Handling, action: str, chosen: str) -> None:
    view = opened(handling, None)
    value = view["blocks"][1]["elements"][-1]["value"]
    handling.presses(action, value, user=ALICE, channel="", view=view, chosen=chosen)
    handling.work()
    (updated,) = handling.slack.made("views.update")
    handling.types("tree")
    assert updated["view"]["blocks"] == handling.blocks


@pytest.mark.parametrize("message", [None, MESSAGE], ids=["anywhere", "message"])
def test_a_stranger_gets_no_launcher(handling: Handling, message: dict[str, Any] | None) -> None:
    handling.takes_shortcut(message, user=GUEST)
    assert handling.told() == ["orgbot isn't available to guest accounts."]
    assert not handling.slack.made("views.open")


def test_what_has_no_shape_of_slacks_is_refused(handling: Handling) -> None:
    with pytest.raises(AssertionError):
        handling.interacts("message_action", ALICE, "T0ORGBOT", callback_id="launcher-message", message="text")
