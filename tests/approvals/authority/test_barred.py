"""Nobody is told to wait for somebody who may not decide."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from slack_sdk import WebClient

from approvals.authority.directory import CachedDirectory, Directory, Memory, Person, Workspace
from approvals.authority.may import barred
from approvals.authority.rules import Rule, Rules
from approvals.slack.client import SlackAwayError
from tests.harness.clock import Clock
from tests.harness.people import ALICE, BOB, CAROL, DAVE, TEAM
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}
LEFT = {"deactivated": True}


def change(workers: Workers, user: str, **flags: Any) -> None:
    workers.people.people[user] = dataclasses.replace(workers.people.people[user], **flags)


@pytest.mark.parametrize("flags", [LEFT, {"guest": True}, {"is_bot": True}, {"team": "T0OTHER"}, {"known": False}])
def test_who_may_not_act_is_barred_by_id_and_by_address(workers: Workers, flags: dict[str, Any]) -> None:
    change(workers, CAROL, **flags)
    named = (BOB, CAROL, "S0SECURITY", "bob@example.com", "carol@example.com", "nobody@example.com")
    assert barred(workers.context, named) == {CAROL, "carol@example.com", "nobody@example.com"}


def test_while_slack_does_not_tell_everybody_is_named(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(user: str) -> Person:
        raise SlackAwayError(user)

    change(workers, CAROL, **LEFT)
    monkeypatch.setattr(workers.people, "look", away)
    assert barred(workers.context, (BOB, CAROL)) == frozenset()


def test_reminders_and_escalations_call_only_those_who_may_decide(workers: Workers) -> None:
    change(workers, CAROL, **LEFT)
    workers.rules = Rules([Rule("default", (BOB, CAROL), escalate_to=(CAROL, DAVE))])
    workers.ask("create-account", **NEW)
    workers.work()
    for hours in (4, 20):
        workers.clock.advance(hours=hours)
        workers.work()
    reminder, escalation = workers.said("thread")
    assert "<@U0BOB>: it needs 1 more approval" in reminder
    assert "<@U0DAVE>: from now on you may decide it as well" in escalation
    assert CAROL not in reminder + escalation


def test_broken_glass_calls_only_those_who_may_review(workers: Workers) -> None:
    change(workers, CAROL, **LEFT)
    workers.rules = Rules([Rule("default", (ALICE, BOB, CAROL), break_glass=(ALICE,))])
    request = workers.ask("create-account", **NEW)
    with workers.context.store.write() as session:
        request.break_glass = True
        session.add(request)
    workers.work()
    assert "<@U0BOB>: one of you has to review it" in workers.said("thread")[0]


def test_people_are_remembered_for_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look(_: Directory, user: str) -> Person:
        asked.append(user)
        return Person(user, "T0", user, f"look {len(asked)}")

    monkeypatch.setattr(Directory, "look", look)
    clock = Clock()
    people = CachedDirectory(WebClient(), lambda: Workspace(TEAM), Memory(clock))
    assert [people.look(BOB).name, people.look(BOB).name, people.look(CAROL).name] == ["look 1", "look 1", "look 2"]
    clock.advance(minutes=6)
    assert people.look(BOB).name == "look 3"
