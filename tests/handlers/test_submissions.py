"""A form that is sent becomes a request, or keeps its errors at the fields."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.authority.rules import Rules
from operations.snapshot.changes import UnitIs
from tests.harness.handling import ALICE, BOB, GENERAL, OTHER_TEAM, Handling

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
    (line,) = handling.told()
    assert "Request *#1* is filed" in line
    assert handling.slack.made("chat.postEphemeral")[0]["channel"] == GENERAL


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


def test_what_is_under_way_already_is_told_at_the_first_field(handling: Handling) -> None:
    view = form(handling)
    handling.submits(view, FILLED)
    assert "Request #1 already asks" in handling.submits(view, FILLED, user=BOB, view_id="V2")["account_name"]


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


@pytest.mark.parametrize("metadata", ["", "{", '{"channel": ""}'])
def test_without_a_channel_the_direct_message_must_do(handling: Handling, metadata: str) -> None:
    view = form(handling) | {"private_metadata": metadata}
    assert handling.submits(view, FILLED) == {}
    assert handling.told() == []


def test_where_the_bot_cannot_write_the_direct_message_must_do(handling: Handling) -> None:
    view = form(handling)
    handling.slack.refuse["chat.postEphemeral"] = "not_in_channel"
    handling.submits(view, FILLED)
    handling.work()
    assert not handling.slack.made("chat.postMessage")
