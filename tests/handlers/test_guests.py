"""Guests see nothing of the organization or of requests; of whom Slack has told nothing lately it is asked first."""

from __future__ import annotations

import json

import pytest

from approvals.authority.admission import UNTOLD
from approvals.authority.directory import Stranger
from tests.harness.handling import ALICE, COMMAND_URL, GENERAL, GUEST, NEW, Handling
from tests.harness.organizations import with_policies

NO_GUESTS = Stranger.GUEST.value
MOVE = "move-account --account fullback-staging --to /Workloads/Production"
QUERIES = (
    "tree",
    "tree --picture",
    "accounts",
    "account fullback-staging",
    "policies",
    "policy DenyLeave",
    "services",
    "requests",
    "request 1",
    "sessions",
    "create-account",
    "create-account --form",
    f"{MOVE} --break-glass",
    "move-account --account fullback --to /",
)
ITS = "what the button of the request carries"
BUTTONS = (
    ("look:next", json.dumps({"look": "accounts", "text": "", "at": 0})),
    ("look:picture", "r-1"),
    ("look:document", "p-FullAWSAccess"),
    ("form:create-account", "{}"),
    ("again", ITS),
    ("undo", ITS),
    ("extend", ITS),
    ("reveal", ITS),
    ("again", "1.x"),
)


@pytest.fixture
def open_day(handling: Handling) -> Handling:
    """An organization with policies, and one request of Alice's."""
    handling.organization = with_policies()
    handling.types(MOVE, user=ALICE)
    handling.posts_card()
    return handling


def everything_said(handling: Handling) -> str:
    """All that reached people, by whatever way."""
    handling.work()
    said = [body for _, body in handling.replies] + [call.params for call in handling.slack.calls]
    return json.dumps(said, ensure_ascii=False)


@pytest.mark.parametrize("text", QUERIES)
def test_a_guest_is_told_at_once_when_they_are_known(open_day: Handling, text: str) -> None:
    open_day.knows(GUEST)
    assert open_day.types(text, user=GUEST) == NO_GUESTS
    assert everything_said(open_day) == "[]"


@pytest.mark.parametrize("text", QUERIES)
def test_of_a_new_guest_slack_is_asked_first(open_day: Handling, text: str) -> None:
    assert open_day.types(text, user=GUEST) == ""
    assert not open_day.people.asked, "Slack waits for the answer meanwhile"
    said = everything_said(open_day)
    assert open_day.people.asked == [GUEST]
    assert NO_GUESTS in said
    assert "fullback" not in said
    assert "views.open" not in [call.method for call in open_day.slack.calls]


def test_a_new_member_gets_the_same_answer_a_moment_later(open_day: Handling) -> None:
    at_once = open_day.types("tree", user=ALICE)
    assert open_day.types("tree", user=NEW) == ""
    open_day.work()
    ((url, body),) = open_day.replies
    assert (url, body["text"], body["response_type"]) == (COMMAND_URL, at_once, "ephemeral")
    assert open_day.types("tree", user=NEW) == at_once


def test_where_there_is_no_way_back_the_answer_comes_as_a_private_line(open_day: Handling) -> None:
    open_day.command_url = ""
    open_day.types("tree", user=NEW)
    open_day.work()
    (told,) = open_day.slack.made("chat.postEphemeral")
    assert (told["user"], told["channel"]) == (NEW, GENERAL)
    assert "Workloads" in json.dumps(told["blocks"])


def test_a_mistake_in_a_look_is_told_a_moment_later_too(open_day: Handling) -> None:
    open_day.types("request x", user=NEW)
    assert "is not a request number" in everything_said(open_day)


@pytest.mark.parametrize("text", ["tree", "requests", "create-account"])
def test_while_slack_does_not_tell_nothing_is_shown(open_day: Handling, text: str) -> None:
    open_day.people.away = True
    assert open_day.types(text, user=NEW) == ""
    said = everything_said(open_day)
    assert UNTOLD in said
    assert "Workloads" not in said


def test_help_too_is_for_members_only(handling: Handling) -> None:
    assert handling.types("help", user=NEW) == ""
    assert "create-account" in everything_said(handling)
    assert "create-account" in handling.types("help", user=NEW)


@pytest.mark.parametrize(("action", "value"), BUTTONS)
def test_buttons_tell_a_guest_the_same(open_day: Handling, action: str, value: str) -> None:
    open_day.presses(action, open_day.button() if value == ITS else value, user=GUEST)
    said = everything_said(open_day)
    assert NO_GUESTS in said
    assert "fullback" not in said
    assert [call.method for call in open_day.slack.calls] == ["chat.postEphemeral"]


def test_a_known_guest_files_nothing(handling: Handling) -> None:
    handling.knows(GUEST)
    assert handling.types(MOVE, user=GUEST) == NO_GUESTS
    assert handling.submits(request_form(handling), {"reason": "to work"}, user=GUEST) == {"account": NO_GUESTS}
    assert not handling.requests()


def request_form(handling: Handling) -> dict[str, object]:
    """The form that a member gets for this move."""
    handling.types(f"{MOVE} --form", user=ALICE)
    return handling.form()


@pytest.mark.parametrize("text", ["create-account --name wéb --email nobody", MOVE])
def test_what_is_wrong_is_told_when_slack_has_told_who_asks(open_day: Handling, text: str) -> None:
    assert open_day.types(text, user=NEW) == ""
    assert not open_day.people.asked, "Slack waits for the answer meanwhile"
    assert ":x:" in everything_said(open_day)


def test_whoever_has_filed_is_known_when_they_look(handling: Handling) -> None:
    handling.types(MOVE, user=NEW)
    handling.work()
    assert "Workloads" in handling.types("tree", user=NEW)


def test_what_a_new_person_files_is_kept_at_once_and_told_without_the_names_in_it(handling: Handling) -> None:
    told = handling.types(MOVE, user=NEW)
    assert "Request #1 received" in told
    assert "fullback" not in told
    assert [request.requester for request in handling.requests()] == [NEW]
    assert not handling.people.asked


def test_the_pickers_suggest_nothing_to_guests(handling: Handling) -> None:
    for _ in "ab":
        assert handling.looks_for("account:account", "fullback", user=GUEST) == []
        handling.work()
    assert handling.people.asked == [GUEST]


def test_the_pickers_suggest_from_the_second_letter_on_to_whom_slack_has_not_told_of(handling: Handling) -> None:
    assert handling.looks_for("account:account", "f", user=NEW) == []
    handling.work()
    assert handling.looks_for("account:account", "fu", user=NEW)


def test_the_home_tab_of_a_guest_has_that_sentence_alone(open_day: Handling) -> None:
    open_day.opens_home(GUEST)
    open_day.work()
    (published,) = open_day.slack.made("views.publish")
    (block,) = published["view"]["blocks"]
    assert block["text"]["text"] == NO_GUESTS


def test_while_slack_does_not_tell_the_home_tab_stays_as_it_was(open_day: Handling) -> None:
    open_day.people.away = True
    open_day.opens_home(NEW)
    open_day.work()
    assert not open_day.slack.made("views.publish")
