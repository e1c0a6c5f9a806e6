"""Home tabs are published when they are opened and when something has happened since; Slack may be away meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient
from sqlmodel import col, select

from approvals.dispatcher import due_jobs
from approvals.models import HomeViewer
from approvals.outbox.home_tabs import MOST_VIEWERS
from approvals.outbox.sending import Outbox
from approvals.queue.leases import claim
from approvals.slack.blocks import header, picture
from approvals.slack.client import SlackAwayError
from approvals.slack.modals import home
from sandbox.slack.driver import SlackSandbox
from tests.harness.people import ALICE, BOB
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}


class Tabs:
    """Workers with home tabs; each shows how many requests there are."""

    def __init__(self, workers: Workers, slack: SlackSandbox) -> None:
        client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=5)
        self.workers, self.slack = workers, slack
        self.painted: list[str] = []
        self.home_tabs = Outbox(workers.context, client, lambda: "B0ORGBOT", self.make_view).home_tabs

    def make_view(self, user: str) -> dict[str, Any]:
        self.painted.append(user)
        return {"type": "home", "blocks": [header(f"{len(self.workers.intake.recent())} requests")]}

    def work(self) -> list[str]:
        """Publishes what is due; gives whose tabs were made."""
        self.painted.clear()
        with self.workers.context.store.read() as session:
            due = [int(key) for kind, key in due_jobs(session, self.workers.clock()) if kind == "home"]
        for viewer in due:
            self.home_tabs.show(viewer)
        return self.painted

    def viewers(self) -> list[str]:
        with self.workers.context.store.read() as session:
            return list(session.exec(select(HomeViewer.user).order_by(col(HomeViewer.id))).all())


@pytest.fixture
def tabs(workers: Workers, slack: SlackSandbox) -> Tabs:
    return Tabs(workers, slack)


def test_it_is_published_when_it_is_opened_and_not_again_while_nothing_happens(tabs: Tabs) -> None:
    tabs.workers.intake.opens_home(ALICE)
    assert tabs.work() == [ALICE]
    assert "0 requests" in str(tabs.slack.person("alice").home)
    tabs.workers.clock.advance(hours=1)
    assert tabs.work() == []
    tabs.workers.intake.opens_home(ALICE)
    assert tabs.work() == [ALICE]


def test_what_happens_is_shown_to_all_who_have_opened_theirs(tabs: Tabs) -> None:
    for user in (ALICE, BOB):
        tabs.workers.intake.opens_home(user)
    tabs.work()
    tabs.workers.ask("create-account", **NEW)
    tabs.workers.work()
    assert tabs.work() == []  # Soon, so that what happens at once is shown at once.
    tabs.workers.clock.advance(seconds=2)
    assert tabs.work() == [ALICE, BOB]
    assert "1 requests" in str(tabs.slack.person("bob").home)


def test_what_happens_while_it_is_made_is_not_missed(tabs: Tabs, monkeypatch: pytest.MonkeyPatch) -> None:
    tabs.workers.intake.opens_home(ALICE)
    whole = tabs.make_view

    def interrupted(user: str) -> dict[str, Any]:
        made = whole(user)
        if len(tabs.workers.intake.recent()) == 0:
            tabs.workers.ask("create-account", **NEW)
            tabs.workers.work()
        return made

    monkeypatch.setattr(tabs.home_tabs, "_make_view", interrupted)
    tabs.work()
    tabs.workers.clock.advance(seconds=2)
    assert tabs.work() == [ALICE]
    assert "1 requests" in str(tabs.slack.person("alice").home)


@pytest.mark.parametrize("trouble", [{"status": 500}, {"status": 429, "retry_after": 20}, {"fault": "drop-before"}])
def test_when_slack_is_away_it_is_published_later(tabs: Tabs, trouble: dict[str, Any]) -> None:
    tabs.slack.faults.add("views.publish", **trouble)
    tabs.workers.intake.opens_home(ALICE)
    tabs.work()
    assert tabs.work() == []
    tabs.workers.clock.advance(seconds=31)
    assert tabs.work() == [ALICE]
    assert tabs.slack.person("alice").home


def test_when_slack_does_not_tell_who_may_decide_it_is_made_later(tabs: Tabs, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(user: str) -> dict[str, Any]:
        raise SlackAwayError(user)

    tabs.workers.intake.opens_home(ALICE)
    with monkeypatch.context() as patch:
        patch.setattr(tabs.home_tabs, "_make_view", away)
        tabs.work()
    tabs.workers.clock.advance(seconds=31)
    assert tabs.work() == [ALICE]


def test_whom_slack_refuses_is_left_alone(tabs: Tabs) -> None:
    tabs.workers.intake.opens_home("U0NOBODY")
    tabs.work()
    assert tabs.viewers() == []


def test_only_the_newest_viewers_are_kept_up_to_date(tabs: Tabs) -> None:
    for number in range(MOST_VIEWERS + 3):
        tabs.workers.intake.opens_home(f"U{number}")
        tabs.workers.clock.advance(seconds=1)
    assert tabs.viewers() == [f"U{number}" for number in range(3, MOST_VIEWERS + 3)]


def test_a_worker_that_died_holds_nothing_up(tabs: Tabs) -> None:
    tabs.workers.intake.opens_home(ALICE)
    with tabs.workers.context.store.write() as session:
        claim(session, HomeViewer, 1, "a dead process", tabs.workers.clock())
    assert tabs.work() == []
    tabs.workers.restart()
    assert tabs.work() == [ALICE]


def test_a_tab_on_which_something_is_to_come_is_made_anew_soon(tabs: Tabs, monkeypatch: pytest.MonkeyPatch) -> None:
    unfinished = [True, True, False]
    monkeypatch.setattr(tabs.home_tabs, "_make_view", lambda _: home([header("Home")], coming=unfinished.pop(0)))
    tabs.workers.intake.opens_home(ALICE)
    for left in (2, 1, 0, 0):
        tabs.work()
        assert len(unfinished) == left
        tabs.work()
        assert len(unfinished) == left, "not at once"
        tabs.workers.clock.advance(seconds=2)


def test_a_picture_that_slack_does_not_take_costs_nobody_their_tab(tabs: Tabs, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [header("Home"), picture("F0NOSUCHFILE", "The organization")]
    monkeypatch.setattr(tabs.home_tabs, "_make_view", lambda _: home(blocks))
    tabs.workers.intake.opens_home(ALICE)
    tabs.work()
    shown = tabs.slack.person("alice").home
    assert shown is not None
    assert [block["type"] for block in shown["blocks"]] == ["header"]
    assert tabs.viewers() == [ALICE]
