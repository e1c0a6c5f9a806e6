"""Buttons and menus of the looks: pages turn in place, windows open, and whatever else a button says is harmless."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.harness.handling import ALICE, BOB, CLICK_URL, GENERAL, OTHER_TEAM, Handling
from tests.harness.organizations import STAGING, grown, with_policies


@pytest.fixture
def looked(handling: Handling) -> Handling:
    handling.organization = with_policies()
    return handling


def press(handling: Handling, action: str, value: str | None, **given: Any) -> None:
    handling.presses(f"look:{action}", value, user=ALICE, channel=GENERAL, **given)
    handling.work()


def turned(look: str, text: str = "", at: int = 25) -> str:
    return json.dumps({"look": look, "text": text, "at": at})


def test_pages_turn_in_place(handling: Handling) -> None:
    handling.organization = grown(60, 5)
    assert "(1 to 25)" in handling.types("accounts account")
    (following,) = handling.blocks[-2]["elements"]
    handling.presses("look:next", following["value"], user=ALICE, channel=GENERAL)
    assert not handling.replies, "a worker answers"
    handling.work()
    ((url, body),) = handling.replies
    assert (url, body["replace_original"]) == (CLICK_URL, True)
    assert "(26 to 50)" in body["text"]
    back, onward = body["blocks"][-2]["elements"]
    assert (back["action_id"], onward["action_id"]) == ("look:previous", "look:next")
    press(handling, "next", onward["value"])
    assert "(51 to 60)" in handling.replies[-1][1]["text"]
    press(handling, "previous", back["value"])
    assert "(1 to 25)" in handling.replies[-1][1]["text"]


@pytest.mark.parametrize("at", [-1, 10**30, 26])
def test_a_page_that_does_not_exist_is_the_nearest_one(handling: Handling, at: int) -> None:
    handling.organization = grown(60, 5)
    press(handling, "next", turned("accounts", at=at))
    assert " to " in handling.replies[0][1]["text"]


def test_a_page_of_what_has_shrunk_is_the_last_one(looked: Handling) -> None:
    press(looked, "next", turned("accounts", at=50))
    assert "*3 accounts*" in looked.replies[0][1]["text"]


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "[]", "{}", "null", "1", "[" * 900, '{"look": "nonsense", "text": "", "at": 0}'),
        *('{"look": ["tree"], "text": "", "at": 0}', '{"look": "tree", "text": 1, "at": 0}'),
        *('{"look": "tree", "text": "", "at": "0"}', '{"look": "tree", "text": ""}'),
    ],
)
@pytest.mark.parametrize("action", ["next", "picture", "document", "effective"])
def test_what_a_button_of_ours_never_carries_shows_nothing(looked: Handling, action: str, value: str | None) -> None:
    press(looked, action, value)
    assert not looked.replies
    assert "no longer there" in looked.told()[0]
    assert [call.method for call in looked.slack.calls] == ["chat.postEphemeral"]


def test_a_click_from_another_workspace_shows_nothing(looked: Handling) -> None:
    press(looked, "next", turned("accounts", at=0), team=OTHER_TEAM)
    assert not looked.replies
    assert "workspace" in looked.told()[0]


def test_before_the_organization_was_read(handling: Handling) -> None:
    handling.organization = None
    press(handling, "next", turned("accounts", at=0))
    assert "has not been read" in handling.told()[0]


def test_an_effective_policy_opens_in_a_window(looked: Handling) -> None:
    looked.live.effects[STAGING, "TAG_POLICY"] = '{\n  "tags": {}\n}'
    menu = {"type": "static_select", "action_id": "look:effective", "block_id": "b", "action_ts": "1.2"}
    chosen = {"selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": f"{STAGING} TAG_POLICY"}}
    looked.interacts("block_actions", ALICE, "T0ORGBOT", "t-1", actions=[menu | chosen], channel={"id": GENERAL})
    looked.work()
    (opened,), (filled,) = looked.slack.made("views.open"), looked.slack.made("views.update")
    assert opened["trigger_id"] == "t-1"
    assert "Reading it from AWS" in json.dumps(opened["view"], ensure_ascii=False)
    assert filled["view_id"] == "V0"
    assert "Tag policy in effect on fullback-staging (222222222222)" in json.dumps(filled["view"])
    assert "tags" in filled["view"]["blocks"][1]["text"]["text"]


def test_policies_that_come_to_nothing(looked: Handling) -> None:
    press(looked, "effective", f"{STAGING} TAG_POLICY")
    assert "There is none" in json.dumps(looked.slack.made("views.update")[0]["view"])


def test_a_window_while_aws_is_away(looked: Handling) -> None:
    looked.live.away = True
    press(looked, "document", "p-deny0001")
    assert "AWS does not answer now" in json.dumps(looked.slack.made("views.update")[0]["view"])


def test_a_trigger_that_has_run_out_is_told(looked: Handling) -> None:
    looked.slack.refuse["views.open"] = "expired_trigger_id"
    press(looked, "document", "p-deny0001")
    assert "Try again" in looked.told()[0]


MOVE = "move-account --account fullback-staging --to /Workloads/Production"


def test_show_picture_opens_a_window_for_whoever_presses(looked: Handling) -> None:
    looked.types(MOVE)
    looked.presses("picture", looked.button(), user=BOB)
    looked.work()
    (opened,) = looked.slack.made("views.open")
    assert "Drawing" in json.dumps(opened["view"], ensure_ascii=False)
    (filled,) = looked.slack.made("views.update")
    image = filled["view"]["blocks"][-1]
    assert image["slack_file"] == {"id": "F0PICTURE1"}
    assert image["alt_text"] == "fullback-staging: comes here; fullback-staging: leaves here"
    assert looked.slack.made("files.completeUploadExternal")[0]["channel_id"] is None
    assert looked.clicks() == [], "nothing is decided"


def test_where_slack_takes_no_picture_the_window_says_so(looked: Handling) -> None:
    looked.types(MOVE)
    looked.slack.refuse["files.getUploadURLExternal"] = "missing_scope"
    looked.presses("picture", looked.button(), user=BOB)
    looked.work()
    assert "can't be shown just now" in json.dumps(looked.slack.made("views.update")[-1])


@pytest.mark.parametrize("value", [None, "", "1", "x", "1.00000000000000000000000000000000"])
def test_a_picture_is_shown_of_the_request_that_has_the_key(looked: Handling, value: str | None) -> None:
    looked.types(MOVE)
    looked.presses("picture", value, user=BOB)
    assert "no longer there" in looked.told()[0]
    assert not looked.slack.made("views.open")
