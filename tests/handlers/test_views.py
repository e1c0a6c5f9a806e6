"""A form that is sent becomes a request, or keeps its errors at the fields."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.rules import Rules
from tests.handlers.reception import ALICE, BOB, GENERAL, OTHER_TEAM, Reception

FILLED = {
    "account_name": "fullback-new",
    "email": "new@example.com",
    "ou": "ou-1-stag",
    "tags": "owner=web",
    "reason": "we need it",
}


def form(reception: Reception, text: str = "create-account") -> dict[str, Any]:
    reception.types(text)
    return reception.form()


def test_a_form_is_filed_as_the_command_would_be(reception: Reception) -> None:
    assert reception.submits(form(reception), FILLED) == {}
    (request,) = reception.requests()
    assert request.params["ou"] == "ou-1-stag"
    assert request.params["tags"] == {"owner": "web"}
    assert (request.requester, request.channel, request.reason) == (ALICE, GENERAL, "we need it")
    (line,) = reception.told()
    assert "Request *#1* is filed" in line
    assert reception.slack.made("chat.postEphemeral")[0]["channel"] == GENERAL


def test_a_form_sent_twice_is_filed_once(reception: Reception) -> None:
    view = form(reception)
    assert reception.submits(view, FILLED) == {}
    assert reception.submits(view, FILLED) == {}
    assert len(reception.requests()) == 1


def test_errors_stand_at_their_fields_and_can_be_mended(reception: Reception) -> None:
    view = form(reception)
    errors = reception.submits(view, FILLED | {"email": "nobody@x", "tags": "owner", "reason": " "})
    assert sorted(errors) == ["email", "tags"]
    assert not reception.requests()
    assert reception.submits(view, FILLED) == {}
    assert len(reception.requests()) == 1


@pytest.mark.parametrize("blank", [None, " \n ", "\u200b\u202e"], ids=["none", "blanks", "unseen"])
def test_a_blank_reason_is_none_and_files_all_the_same(reception: Reception, blank: str | None) -> None:
    assert reception.submits(form(reception), FILLED | {"reason": blank}) == {}
    assert [request.reason for request in reception.requests()] == [""]


def test_an_ou_that_is_gone_is_told_at_its_field(reception: Reception) -> None:
    errors = reception.submits(form(reception), FILLED | {"ou": "ou-1-gone"})
    assert "ou-1-gone" in errors["ou"]
    assert reception.refreshed == 1


def test_a_missing_rule_is_told_at_the_place(reception: Reception) -> None:
    reception.rules = Rules([])
    assert "No rule allows create-account" in reception.submits(form(reception), FILLED)["ou"]


def test_what_is_under_way_already_is_told_at_the_first_field(reception: Reception) -> None:
    view = form(reception)
    reception.submits(view, FILLED)
    assert "Request #1 already asks" in reception.submits(view, FILLED, user=BOB, view_id="V2")["account_name"]


def test_before_the_first_picture(reception: Reception) -> None:
    view = form(reception)
    reception.organization = None
    assert "has not been read" in reception.submits(view, FILLED)["account_name"]


def test_people_of_other_workspaces(reception: Reception) -> None:
    assert "other workspaces" in reception.submits(form(reception), FILLED, team=OTHER_TEAM)["account_name"]
    assert not reception.requests()


def test_a_form_of_an_operation_that_is_gone(reception: Reception) -> None:
    view = form(reception) | {"callback_id": "request:make-coffee"}
    assert "no longer exists" in next(iter(reception.submits(view, FILLED).values()))


@pytest.mark.parametrize("metadata", ["", "{", '{"channel": ""}'])
def test_without_a_channel_the_direct_message_must_do(reception: Reception, metadata: str) -> None:
    view = form(reception) | {"private_metadata": metadata}
    assert reception.submits(view, FILLED) == {}
    assert reception.told() == []


def test_where_the_bot_cannot_write_the_direct_message_must_do(reception: Reception) -> None:
    view = form(reception)
    reception.slack.refuse["chat.postEphemeral"] = "not_in_channel"
    reception.submits(view, FILLED)
    reception.work()
    assert not reception.slack.made("chat.postMessage")
