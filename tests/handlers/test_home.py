"""The home tab."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from approvals.models import Request
from approvals.states import Status
from approvals.waiting import Waits
from handlers.home import SHOWN, Work, home_view
from operations.registry import by_name
from sandbox.slack.limits import view_problems
from tests.handlers.reception import ALICE, BOB, NOW, Reception, organization

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


def test_it_shows_what_waits_what_runs_and_what_i_asked_for(reception: Reception) -> None:
    reception.types(MOVE, user=ALICE)
    reception.opens_home(BOB)
    assert not reception.slack.calls
    reception.work()
    (published,) = reception.slack.made("views.publish")
    assert published["user_id"] == BOB
    shown = json.dumps(published["view"])
    assert "#1 move-account" in shown
    assert "3 accounts in 3 organizational units, read 3 min ago" in shown
    assert "form:create-account" in shown


@pytest.mark.parametrize("picture", [None, organization()], ids=["unread", "read"])
def test_it_fits_however_much_there_is(picture: object) -> None:
    work = Work(Waits(many(Status.PENDING), 7), many(Status.RUNNING), many(Status.SUCCEEDED), list(by_name()))
    view = home_view(work, organization() if picture else None, NOW)
    assert view_problems(view) == []
    assert "<!channel>" not in json.dumps(view)
    assert json.dumps(view).count("|#") == 3 * SHOWN


def test_its_buttons_open_forms(reception: Reception) -> None:
    reception.presses("form:move-account", "{}", channel="")
    assert reception.form()["callback_id"] == "request:move-account"


def test_the_messages_tab_is_none_of_it(reception: Reception) -> None:
    reception.opens_home(tab="messages")
    reception.work()
    assert not reception.slack.calls


def test_only_who_may_decide_sees_what_waits(reception: Reception) -> None:
    reception.types(MOVE, user=ALICE)
    for user in (ALICE, BOB):
        reception.opens_home(user)
    reception.work()
    alices, bobs = (json.dumps(made["view"]) for made in reception.slack.made("views.publish"))
    assert "0 waiting for you, 1 for others" in alices
    assert "1 waiting for you; 0 running" in bobs


def test_the_commonest_requests_stand_in_front(reception: Reception) -> None:
    reception.types("tag-account --account fullback-staging --tag owner=mobile", user=ALICE)
    reception.opens_home()
    reception.work()
    (published,) = reception.slack.made("views.publish")
    buttons = next(block["elements"] for block in published["view"]["blocks"] if block["type"] == "actions")
    assert [item["action_id"] for item in buttons] == ["form:tag-account", "form:create-account", "form:move-account"]


def test_when_slack_is_away_it_is_published_later(reception: Reception) -> None:
    reception.away = True
    reception.opens_home()
    reception.work()
    assert not reception.slack.calls
    reception.away = False
    reception.now += timedelta(seconds=31)
    reception.work()
    assert len(reception.slack.made("views.publish")) == 1


def test_when_slack_refuses_only_the_log_knows(reception: Reception, caplog: pytest.LogCaptureFixture) -> None:
    reception.slack.refuse["views.publish"] = "not_enabled"
    reception.opens_home()
    reception.work()
    assert "not_enabled" in caplog.text
