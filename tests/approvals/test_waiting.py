"""What waits for whom: only what a person may decide, has not decided, and did not ask for."""

from __future__ import annotations

import dataclasses

import pytest
from slack_sdk import WebClient

from approvals.models import Request
from approvals.people import BriefPeople, People
from approvals.rules import Rule, Rules
from approvals.waiting import waits_for
from tests.approvals.office import ALICE, BOB, CAROL, DAVE, Clock, Office


@pytest.fixture
def asked(office: Office) -> Request:
    """A request of Alice's that needs two of Alice, Bob and Carol."""
    office.rules = Rules([Rule("default", (ALICE, BOB, CAROL), approvals=2, escalate_to=(DAVE,))])
    request = office.ask("create-account", account_name="fullback-mobile", email="mobile@example.com")
    office.work()
    return request


def numbers(office: Office, user: str) -> tuple[list[int | None], int]:
    waits = waits_for(office.context, user)
    return [request.id for request in waits.mine], waits.others


@pytest.mark.parametrize(("user", "mine", "others"), [(BOB, [1], 0), (ALICE, [], 1), (DAVE, [], 1), ("U0X", [], 1)])
def test_who_may_decide(office: Office, asked: Request, user: str, mine: list[int], others: int) -> None:
    assert numbers(office, user) == (mine, others)


def test_who_has_approved_has_nothing_to_do(office: Office, asked: Request) -> None:
    office.click(asked, "approve", BOB)
    office.work()
    assert numbers(office, BOB) == ([], 1)
    assert numbers(office, CAROL) == ([1], 0)


def test_guests_have_nothing_to_decide(office: Office, asked: Request) -> None:
    office.people.people[BOB] = dataclasses.replace(office.people.people[BOB], guest=True)
    assert numbers(office, BOB) == ([], 1)


def test_after_the_escalation_it_waits_for_others_as_well(office: Office, asked: Request) -> None:
    office.clock.advance(hours=24)
    office.work()
    assert numbers(office, DAVE) == ([1], 0)


def test_what_has_run_out_of_time_waits_for_nobody(office: Office, asked: Request) -> None:
    office.clock.advance(hours=72)
    assert numbers(office, BOB) == ([], 0)


def test_a_groups_members_are_remembered_for_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def members(_: People, group: str) -> list[str]:
        asked.append(group)
        return [f"U{len(asked)}"]

    monkeypatch.setattr(People, "members", members)
    clock = Clock()
    people = BriefPeople(WebClient(), clock)
    assert [people.members("S0A"), people.members("S0A")] == [["U1"], ["U1"]]
    clock.advance(seconds=31)
    assert people.members("S0A") == ["U2"]
