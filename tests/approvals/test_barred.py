"""Nobody is told to wait for somebody who may not decide."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from slack_sdk import WebClient

from approvals.barred import barred
from approvals.people import BriefPeople, People, Person, SlackAwayError
from approvals.rules import Rule, Rules
from tests.approvals.office import ALICE, BOB, CAROL, DAVE, Clock, Office

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}
LEFT = {"deactivated": True}


def change(office: Office, user: str, **flags: Any) -> None:
    office.people.people[user] = dataclasses.replace(office.people.people[user], **flags)


@pytest.mark.parametrize("flags", [LEFT, {"guest": True}, {"is_bot": True}, {"team": "T0OTHER"}, {"known": False}])
def test_who_may_not_act_is_barred_by_id_and_by_address(office: Office, flags: dict[str, Any]) -> None:
    change(office, CAROL, **flags)
    named = (BOB, CAROL, "S0SECURITY", "bob@example.com", "carol@example.com", "nobody@example.com")
    assert barred(office.context, named) == {CAROL, "carol@example.com", "nobody@example.com"}


def test_while_slack_does_not_tell_everybody_is_named(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(user: str) -> Person:
        raise SlackAwayError(user)

    change(office, CAROL, **LEFT)
    monkeypatch.setattr(office.people, "look", away)
    assert barred(office.context, (BOB, CAROL)) == frozenset()


def test_reminders_and_escalations_call_only_those_who_may_decide(office: Office) -> None:
    change(office, CAROL, **LEFT)
    office.rules = Rules([Rule("default", (BOB, CAROL), escalate_to=(CAROL, DAVE))])
    office.ask("create-account", **NEW)
    office.work()
    for hours in (4, 20):
        office.clock.advance(hours=hours)
        office.work()
    reminder, escalation = office.said("thread")
    assert "<@U0BOB>: it needs 1 more approval" in reminder
    assert "<@U0DAVE>: from now on you may decide it as well" in escalation
    assert CAROL not in reminder + escalation


def test_broken_glass_calls_only_those_who_may_review(office: Office) -> None:
    change(office, CAROL, **LEFT)
    office.rules = Rules([Rule("default", (ALICE, BOB, CAROL), break_glass=(ALICE,))])
    request = office.ask("create-account", **NEW)
    with office.context.store.write() as session:
        request.break_glass = True
        session.add(request)
    office.work()
    assert "<@U0BOB>: one of you has to review it" in office.said("thread")[0]


def test_people_are_remembered_for_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look(_: People, user: str) -> Person:
        asked.append(user)
        return Person(user, "T0", user, f"look {len(asked)}")

    monkeypatch.setattr(People, "look", look)
    clock = Clock()
    people = BriefPeople(WebClient(), clock)
    assert [people.look(BOB).name, people.look(BOB).name, people.look(CAROL).name] == ["look 1", "look 1", "look 2"]
    clock.advance(minutes=6)
    assert people.look(BOB).name == "look 3"
