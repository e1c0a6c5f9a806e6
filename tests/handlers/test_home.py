"""The home tab."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from approvals.models import Request
from approvals.request.pending import PendingFor
from approvals.states import Status
from handlers.home import SHOWN, Work, home_view
from operations.core.registry import by_name
from operations.snapshot.organization import Organization
from sandbox.slack.limits import view_problems
from tests.harness.handling import ALICE, BOB, NOW, Handling, organization

NOTHING_WAITS = PendingFor((), 0)
MOVE = "move-account --account fullback-staging --to /Workloads/Production"


def many(status: Status) -> list[Request]:
    preview = {"title": "<!channel>" + "x" * 400, "facts": [], "plan": []}
    given: dict[str, Any] = {
        "marker": "m",
        "operation": "move-account",
        "subject": "s",
        "team": "T",
        "requester": ALICE,
        "memory": {},
    }
    link = "https://slack.example/archives/C0APPROVALS/p1234567890123456"
    return [Request(id=n, delivery=str(n), status=status, preview=preview, card_link=link, **given) for n in range(100)]


def test_it_shows_what_waits_what_runs_and_what_i_asked_for(handling: Handling) -> None:
    handling.types(MOVE, user=ALICE)
    handling.opens_home(BOB)
    assert not handling.slack.calls
    handling.work()
    (published,) = handling.slack.made("views.publish")
    assert published["user_id"] == BOB
    shown = json.dumps(published["view"])
    assert "#1 move-account" in shown
    assert "3 accounts in 3 organizational units, read 3 min ago" in shown
    assert "form:create-account" in shown


@pytest.mark.parametrize("picture", [None, organization()], ids=["unread", "read"])
def test_it_fits_however_much_there_is(picture: object) -> None:
    work = Work(PendingFor(many(Status.PENDING), 7), many(Status.RUNNING), many(Status.SUCCEEDED), list(by_name()))
    view = home_view(work, organization() if picture else None, NOW)
    assert view_problems(view) == []
    assert "<!channel>" not in json.dumps(view)
    assert json.dumps(view).count("|#") == 3 * SHOWN


def test_what_waits_for_me_leads_to_its_card() -> None:
    waiting = many(Status.PENDING)[:2]
    waiting[1].card_link = ""  # Not posted yet.
    blocks = home_view(Work(PendingFor(waiting, 0), [], []), organization(), NOW)["blocks"]
    first, second = (block for block in blocks if "#0" in json.dumps(block) or "#1 " in json.dumps(block))
    assert first["accessory"]["url"] == waiting[0].card_link
    assert first["accessory"]["text"]["text"] == "Open the card"
    assert "accessory" not in second


def test_who_asked_is_said_of_others_only() -> None:
    view = home_view(Work(NOTHING_WAITS, many(Status.RUNNING)[:1], many(Status.SUCCEEDED)[:1]), organization(), NOW)
    lines = [block["text"]["text"] for block in view["blocks"] if block["type"] == "section"]
    assert [f"<@{ALICE}>" in line for line in lines if "|#0>" in line] == [True, False]


def test_facts_side_by_side_are_parted() -> None:
    view = home_view(Work(NOTHING_WAITS, [], []), organization(), NOW)
    first, second = view["blocks"][1]["elements"]
    assert not first["text"].startswith("·")
    assert second["text"] == "·  0 waiting for you; 0 running"


def test_an_ou_is_written_in_capitals(handling: Handling) -> None:
    view = home_view(Work(NOTHING_WAITS, [], [], ["create-ou"]), organization(), NOW)
    assert view["blocks"][2]["elements"][0]["text"]["text"] == "Create OU"
    handling.presses("form:rename-ou", "{}", channel="")
    assert handling.form()["title"]["text"] == "Rename OU"


def test_its_buttons_open_forms(handling: Handling) -> None:
    handling.presses("form:move-account", "{}", channel="")
    assert handling.form()["callback_id"] == "request:move-account"


def test_the_messages_tab_is_none_of_it(handling: Handling) -> None:
    handling.opens_home(tab="messages")
    handling.work()
    assert not handling.slack.calls


@pytest.mark.parametrize("nobody", ["", None])
def test_nobodys_look_at_the_home_tab_is_answered_and_forgotten(handling: Handling, nobody: Any) -> None:
    handling.opens_home(nobody)
    handling.work()
    assert not handling.slack.calls


def test_only_who_may_decide_sees_what_waits(handling: Handling) -> None:
    handling.types(MOVE, user=ALICE)
    for user in (ALICE, BOB):
        handling.opens_home(user)
    handling.work()
    alices, bobs = (json.dumps(made["view"]) for made in handling.slack.made("views.publish"))
    assert "0 waiting for you, 1 for others" in alices
    assert "1 waiting for you; 0 running" in bobs


def test_the_commonest_requests_stand_in_front(handling: Handling) -> None:
    handling.types("tag-account --account fullback-staging --tag owner=mobile", user=ALICE)
    handling.opens_home()
    handling.work()
    (published,) = handling.slack.made("views.publish")
    buttons = next(block["elements"] for block in published["view"]["blocks"] if block["type"] == "actions")
    assert [item["action_id"] for item in buttons] == ["form:tag-account", "form:create-account", "form:move-account"]


def test_when_slack_is_away_it_is_published_later(handling: Handling) -> None:
    handling.away = True
    handling.opens_home()
    handling.work()
    assert not handling.slack.calls
    handling.away = False
    handling.now += timedelta(seconds=31)
    handling.work()
    assert len(handling.slack.made("views.publish")) == 1


def test_when_slack_refuses_only_the_log_knows(handling: Handling, caplog: pytest.LogCaptureFixture) -> None:
    handling.slack.refuse["views.publish"] = "not_enabled"
    handling.opens_home()
    handling.work()
    assert "not_enabled" in caplog.text


def test_without_an_organization_one_can_be_created() -> None:
    nothing = Organization("", "111111111111", "", "", (), (), NOW)
    shown = json.dumps(home_view(Work(NOTHING_WAITS, [], []), nothing, NOW))
    assert "The AWS account 111111111111 is in no organization yet." in shown
    assert "organizational unit" not in shown
    assert re.findall('"(form:[a-z-]+)"', shown) == ["form:create-organization"]
