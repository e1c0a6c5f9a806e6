"""What a form's inputs send, and what Slack's clients refuse before they send it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.slack.state import REQUIRED, acted, filled, find, not_offered, refused
from tests.harness.tables import each_of

Json = dict[str, Any]
ONE = {"text": {"type": "plain_text", "text": "One"}, "value": "1"}
TWO = {"text": {"type": "plain_text", "text": "Two"}, "value": "2"}


def entry(kind: str, optional: bool = False, **more: Any) -> list[Json]:  # noqa: FBT001, FBT002 - A block's own field.
    element = {"type": kind, "action_id": "a", **more}
    label = {"type": "plain_text", "text": "Label"}
    return [{"type": "input", "block_id": "b", "label": label, "optional": optional, "element": element}]


def given(**value: Any) -> dict[str, dict[str, Json]]:
    return {"b": {"a": value}}


@each_of(
    ("blocks", "empty"),
    [
        (entry("plain_text_input"), {"value": None}),
        (entry("plain_text_input", initial_value="x"), {"value": "x"}),
        (entry("static_select", options=[ONE], initial_option=ONE), {"selected_option": ONE}),
        (entry("multi_static_select", options=[ONE]), {"selected_options": []}),
        (entry("external_select"), {"selected_option": None}),
        (entry("users_select", initial_user="U1"), {"selected_user": "U1"}),
        (entry("multi_channels_select"), {"selected_channels": []}),
        (entry("checkboxes", options=[ONE], initial_options=[ONE]), {"selected_options": [ONE]}),
        (entry("datepicker", initial_date="2026-01-01"), {"selected_date": "2026-01-01"}),
        (entry("file_input"), {"files": []}),
    ],
)
def test_an_untouched_input_sends_its_initial_value_or_nothing(blocks: list[Json], empty: Json) -> None:
    state = filled(blocks, {})["b"]["a"]
    assert state == {"type": blocks[0]["element"]["type"], **empty}


def test_an_emptied_input_does_not_go_back_to_its_initial_value() -> None:
    blocks = entry("plain_text_input", initial_value="x")
    assert filled(blocks, given(value=""))["b"]["a"]["value"] is None


@each_of(
    ("blocks", "value", "reason"),
    [
        (entry("plain_text_input"), {"value": ""}, REQUIRED),
        (entry("plain_text_input", max_length=2), {"value": "abc"}, "Please enter 0 to 2 characters."),
        (entry("plain_text_input", min_length=2), {"value": "a"}, "Please enter 2 to 3000 characters."),
        (entry("plain_text_input"), {"value": "x" * 3001}, "Please enter 0 to 3000 characters."),
        (entry("email_text_input"), {"value": "nobody"}, "Please enter a valid email address."),
        (entry("url_text_input"), {"value": "example"}, "Please enter a valid URL."),
        (entry("number_input", is_decimal_allowed=False), {"value": "x"}, "Please enter a number."),
        (entry("number_input", is_decimal_allowed=False), {"value": "1.5"}, "Please enter a whole number."),
        (
            entry("number_input", is_decimal_allowed=True, min_value="1", max_value="2"),
            {"value": "2.5"},
            "Please enter a number between 1 and 2.",
        ),
        (
            entry("multi_users_select", max_selected_items=1),
            {"selected_users": ["U1", "U2"]},
            "Please choose at most 1.",
        ),
        (entry("external_select"), {"selected_option": None}, REQUIRED),
    ],
)
def test_what_the_client_refuses(blocks: list[Json], value: Json, reason: str) -> None:
    assert refused(blocks, filled(blocks, given(**value))) == {"b": reason}


@pytest.mark.parametrize("kind", ["plain_text_input", "external_select", "file_input", "multi_users_select"])
def test_an_optional_input_may_stay_empty(kind: str) -> None:
    blocks = entry(kind, optional=True)
    assert refused(blocks, filled(blocks, {})) == {}


def test_an_option_from_elsewhere_is_sent_by_no_client() -> None:
    blocks = entry("static_select", options=[ONE])
    assert not_offered(blocks, filled(blocks, given(selected_option=ONE))) is None
    assert not_offered(blocks, filled(blocks, given(selected_option=TWO))) == "a has no such option"


def test_an_action_carries_the_element_s_own_value() -> None:
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Go"}, "value": "7"}
    place = find([{"type": "actions", "block_id": "b", "elements": [button]}], "b", "a")
    assert place is not None
    assert acted(place, {"value": "8"}) == {
        "type": "button",
        "block_id": "b",
        "action_id": "a",
        "text": {"type": "plain_text", "text": "Go"},
        "value": "7",
    }
