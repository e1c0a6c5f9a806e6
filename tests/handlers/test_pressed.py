"""Reading a press: what the button carries, and the message, answer or view that it stands on."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.authority.press import Pressed
from handlers.pressed import kept_in_form, pressed_before, pressed_request

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
