"""A form that is sent becomes a request, or keeps its errors at the fields."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.authority.rules import Rule, Rules
from operations.snapshot.changes import UnitIs
from tests.harness.handling import ALICE, BOB, COMMAND_URL, GENERAL, NEW, OTHER_TEAM, PRIVATE, TEAM, Handling

TITLE = "Create account fullback-new in /Workloads/Staging"
FILLED = {
    "account_name": "fullback-new",
    "email": "new@example.com",
    "ou": "ou-1-stag",
    "tags": "owner=web",
    "reason": "we need it",
}


def form(handling: Handling, text: str = "create-account") -> dict[str, Any]:
    handling.types(text)
    return handling.form()


def test_a_form_is_filed_as_the_command_would_be(handling: Handling) -> None:
    assert handling.submits(form(handling), FILLED) == {}
    (request,) = handling.requests()
    assert request.params["ou"] == "ou-1-stag"
    assert request.params["tags"] == {"owner": "web"}
    assert (request.requester, request.channel, request.reason) == (ALICE, GENERAL, "we need it")
    assert handling.told() == [f":white_check_mark: *#1 {TITLE}* received. I'll DM you when it's decided."]
    assert [url for url, _ in handling.replies] == [COMMAND_URL]
    assert handling.last_view == {}


def test_a_form_sent_twice_is_filed_once(handling: Handling) -> None:
    view = form(handling)
    assert handling.submits(view, FILLED) == {}
    assert handling.submits(view, FILLED) == {}
    assert len(handling.requests()) == 1


def test_errors_stand_at_their_fields_and_can_be_mended(handling: Handling) -> None:
    view = form(handling)
    errors = handling.submits(view, FILLED | {"email": "nobody@x", "tags": "owner", "reason": " "})
    assert sorted(errors) == ["email", "tags"]
    assert not handling.requests()
    assert handling.submits(view, FILLED) == {}
    assert len(handling.requests()) == 1


@pytest.mark.parametrize("blank", [None, " \n "], ids=["none", "blanks"])
def test_a_blank_reason_is_none_and_files_all_the_same(handling: Handling, blank: str | None) -> None:
    assert handling.submits(form(handling), FILLED | {"reason": blank}) == {}
    assert [request.reason for request in handling.requests()] == [""]


def test_an_ou_that_is_gone_is_told_at_its_field(handling: Handling) -> None:
    errors = handling.submits(form(handling), FILLED | {"ou": "ou-1-gone"})
    assert "ou-1-gone" in errors["ou"]
    assert handling.refreshed == 1


def test_an_ou_that_only_aws_knows_yet_is_taken(handling: Handling) -> None:
    handling.new["ou-1-new"] = (UnitIs(id="ou-1-new", name="New", parent="ou-1-work"),)
    assert handling.submits(form(handling), FILLED | {"ou": "ou-1-new"}) == {}
    assert [request.params["ou"] for request in handling.requests()] == ["ou-1-new"]


def test_a_missing_rule_is_told_at_the_place(handling: Handling) -> None:
    handling.rules = Rules([])
    assert "No rule allows create-account" in handling.submits(form(handling), FILLED)["ou"]


def test_what_is_under_way_already_is_told_at_the_field_that_clashes(handling: Handling) -> None:
    view = form(handling)
    handling.submits(view, FILLED)
    errors = handling.submits(view, FILLED | {"account_name": "other"}, user=BOB, view_id="V2")
    assert errors == {"email": "Request #1 already uses this address. /org request 1 shows it."}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("create-ou --name Sandbox --parent /Workloads", "unit_name"),
        ("move-account --account fullback-staging --to /Workloads", "account"),
        ("tag-account --account fullback-staging --tag a=b", "account"),
        ("creds --account fullback-staging", "account"),
    ],
)
def test_a_clash_is_told_at_what_both_requests_are_about(handling: Handling, text: str, field: str) -> None:
    handling.types(text)
    view = form(handling, f"{text} --form")
    errors = handling.submits(view, {})
    assert errors == {field: "Request #1 already asks for this. /org request 1 shows it."}


def test_a_refusal_names_labels_and_never_flags(handling: Handling) -> None:
    handling.rules = Rules([Rule("short", (BOB,), longest_session=timedelta(minutes=30))])
    view = form(handling, "creds fullback-staging --form")
    handling.rules = Rules([Rule("shorter", (BOB,), longest_session=timedelta(minutes=15))])
    errors = handling.submits(view, {})
    assert errors["duration"].endswith("Choose 15m or less.")


def test_before_the_first_picture(handling: Handling) -> None:
    view = form(handling)
    handling.organization = None
    assert "has not been read" in handling.submits(view, FILLED)["account_name"]


def test_people_of_other_workspaces(handling: Handling) -> None:
    assert "other workspaces" in handling.submits(form(handling), FILLED, team=OTHER_TEAM)["account_name"]
    assert not handling.requests()


def test_a_form_of_an_operation_that_is_gone(handling: Handling) -> None:
    view = form(handling) | {"callback_id": "request:make-coffee"}
    assert "no longer exists" in next(iter(handling.submits(view, FILLED).values()))


@pytest.mark.parametrize("metadata", ["", "{", '{"channel": ""}', '{"channel": "C0GENERAL"}'])
def test_a_form_that_knows_no_place_says_it_itself(handling: Handling, metadata: str) -> None:
    """Such as one that was opened on the home tab, or before an update."""
    view = form(handling) | {"private_metadata": metadata}
    assert handling.submits(view, FILLED) == {}
    assert f"*#1 {TITLE}* received" in handling.last_view["blocks"][0]["text"]["text"]
    assert handling.told() == []


def test_a_form_is_answered_where_the_bot_is_no_member(handling: Handling) -> None:
    view = form(handling)
    handling.slack.refuse["chat.postEphemeral"] = "not_in_channel"
    handling.submits(view, FILLED)
    assert "received" in handling.told()[0]
    assert [url for url, _ in handling.replies] == [COMMAND_URL]


@pytest.mark.parametrize(
    ("refused", "way"),
    [({}, "chat.postEphemeral"), ({"chat.postEphemeral": "not_in_channel"}, "chat.postMessage")],
    ids=["in the channel", "by direct message"],
)
def test_a_form_that_was_open_for_longer_than_its_address_lives_is_answered_all_the_same(
    handling: Handling, refused: dict[str, str], way: str
) -> None:
    view = form(handling)
    handling.deaf, handling.slack.refuse = True, refused
    handling.submits(view, FILLED)
    handling.work()
    assert f"*#1 {TITLE}* received" in handling.slack.made(way)[0]["text"]


@pytest.mark.parametrize("place", ["channel", "home tab"])
def test_what_a_form_is_answered_with_shows_the_request_and_takes_it_back(handling: Handling, place: str) -> None:
    view = form(handling)
    handling.submits(view if place == "channel" else view | {"private_metadata": ""}, FILLED)
    handling.work()
    blocks = handling.replies[0][1]["blocks"] if place == "channel" else handling.last_view["blocks"]
    show, cancel = blocks[-1]["elements"]
    assert (show["text"]["text"], cancel["text"]["text"]) == ("View", "Cancel request")
    assert TITLE in cancel["confirm"]["text"]["text"]
    assert {show["value"], cancel["value"]} == {handling.button()}
    handling.presses(show["action_id"], show["value"], user=ALICE, on=PRIVATE)
    assert handling.told()[-1] == "#1 create-account"
    handling.presses(cancel["action_id"], cancel["value"], user=ALICE, on=PRIVATE)
    assert handling.clicks() == [("cancel", ALICE, TEAM, 1, "")]


@pytest.mark.parametrize("value", ["", "1", "1.00000000000000000000000000000000", "x"])
def test_view_shows_nothing_for_a_button_that_no_request_has(handling: Handling, value: str) -> None:
    handling.submits(form(handling), FILLED)
    handling.presses("details", value, user=ALICE, on=PRIVATE)
    assert "nothing was done" in handling.told()[-1]


def test_before_slack_has_told_who_somebody_is_their_number_has_to_do(handling: Handling) -> None:
    view = form(handling)
    handling.submits(view, FILLED, user=NEW)
    handling.work()
    told, buttons = handling.replies[-1][1]["blocks"]
    assert told["text"]["text"] == ":white_check_mark: Request #1 received. I'll DM you when it's decided."
    assert "fullback-new" not in str(buttons)


def test_where_nobody_has_to_approve_nothing_is_said_of_a_decision(handling: Handling) -> None:
    handling.rules = Rules([Rule("default", (), approvals=0)])
    handling.submits(form(handling), FILLED)
    assert "I'll DM you when it's done." in handling.told()[0]
