"""Who is at the door, by the payloads that Slack sends."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.authority.press import Pressed
from handlers.caller import Caller, delivery, kept_in_form, of_command, of_interaction, pressed_before, pressed_request


def test_a_command() -> None:
    body = {"user_id": "U1", "team_id": "T1", "channel_id": "C1", "trigger_id": "t"}
    assert of_command(body) == Caller("U1", "T1", "C1", "t")


def test_a_click_shows_the_persons_own_workspace() -> None:
    body = {"user": {"id": "U1", "team_id": "T2"}, "team": {"id": "T1"}, "channel": {"id": "C1"}, "trigger_id": "t"}
    assert of_interaction(body) == Caller("U1", "T2", "C1", "t")


def test_where_slack_leaves_things_out() -> None:
    assert of_interaction({"user": {"id": "U1"}, "team": {"id": "T1"}}).team == "T1"
    assert of_interaction({"user": {"id": "U1"}, "team": None, "channel": None}) == Caller("U1", "")
    assert of_interaction({"user": {"id": "U1"}, "container": {"channel_id": "C1"}}).channel == "C1"


def test_a_delivery_has_one_name_and_another_has_another() -> None:
    parts = [("T1", "U1", "t1"), ("T1", "U1", "t2"), ("T1", "U1t", "1"), ("T2", "U1", "t1"), ({"a": 1, "b": 2},)]
    assert len({delivery("command", *part) for part in parts}) == len(parts)
    assert delivery("command", {"a": 1, "b": 2}) == delivery("command", {"b": 2, "a": 1})
    assert delivery("view", "T1") != delivery("command", "T1")


KEY = "0123456789abcdef" * 2
CHANNEL = {"channel": {"id": "C0APPROVALS"}}


def press(value: Any = f"12.{KEY}", **payload: Any) -> Pressed | None:
    return pressed_request({"actions": [{"action_id": "approve", "value": value}], **payload})


def container(**values: Any) -> dict[str, Any]:
    return {"container": {"type": "message", "channel_id": "C0APPROVALS", **values}}


@pytest.mark.parametrize(
    ("payload", "channel", "ts", "private"),
    [
        (CHANNEL | container(message_ts="1.2", is_ephemeral=False), "C0APPROVALS", "1.2", False),
        (CHANNEL | container(message_ts="1.2", is_ephemeral=True), "", "", True),
        (CHANNEL | {"message": {"ts": "1.2"}}, "C0APPROVALS", "1.2", False),
        ({"container": {"type": "view", "view_id": "V1"}}, "", "", True),
        (CHANNEL, "C0APPROVALS", "", False),
        (CHANNEL | container(message_ts=1.2), "C0APPROVALS", "", False),
        ({"container": "message", "message": [], "channel": None}, "", "", False),
    ],
)
def test_where_a_button_stands(payload: dict[str, Any], channel: str, ts: str, private: bool) -> None:  # noqa: FBT001
    assert press(**payload) == Pressed(12, KEY, channel, ts, private)


def test_a_button_of_an_earlier_version_has_no_key() -> None:
    assert press("12", **CHANNEL) == Pressed(12, "", "C0APPROVALS")


@pytest.mark.parametrize("value", [None, 12, "", "x", f"{2**31}.{KEY}", f"12.{KEY}.1", "\u202e12"])
def test_a_button_that_carries_anything_else_is_about_no_request(value: Any) -> None:
    assert press(value, **CHANNEL) is None


def test_a_button_of_the_home_tab_carries_what_stood_beside_it() -> None:
    assert press(f"12.{KEY}.0123456789ab", container={"type": "view"}) == Pressed(
        12, KEY, private=True, shown="0123456789ab"
    )


@pytest.mark.parametrize(("key", "shown"), [(KEY, ""), ("", ""), (KEY, "0123456789ab")])
def test_a_form_knows_the_press_that_opened_it(key: str, shown: str) -> None:
    pressed = Pressed(12, key, "C0APPROVALS", "1.2", shown=shown)
    assert pressed_before(kept_in_form(pressed)) == pressed


@pytest.mark.parametrize("metadata", [None, "", "{", "[]", "1", '{"request": 12}', '{"request": null}'])
def test_a_form_that_is_not_ours_knows_none(metadata: Any) -> None:
    assert pressed_before(metadata) is None
