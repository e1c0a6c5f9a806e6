"""An approver may take their approval back before the last one is given."""

from __future__ import annotations

import dataclasses

import pytest

from approvals.decide import decide
from approvals.models import Request
from approvals.rules import Rule, Rules
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.approvals.office import ALICE, BOB, CAROL, DAVE, Office
from tests.approvals.test_decide import _at_once

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}


@pytest.fixture
def request_of_two(office: Office) -> Request:
    """A request that needs Bob and Carol; Bob has approved."""
    office.rules = Rules([Rule("default", (BOB, CAROL), approvals=2)])
    request = office.ask("create-account", **NEW)
    office.work()
    office.click(request, "approve", BOB)
    office.work()
    return request


def test_what_was_withdrawn_no_longer_counts(office: Office, request_of_two: Request, aws: AwsSandbox) -> None:
    office.click(request_of_two, "withdraw", BOB)
    office.work()
    office.click(request_of_two, "approve", CAROL)
    office.work()

    assert office.request(request_of_two.id).status == Status.PENDING
    assert aws.calls.of("CreateAccount") == []
    assert "<@U0BOB> has withdrawn their approval" in office.said("thread")[-1]
    votes = [(entry.event, entry.actor) for entry in office.audit() if entry.event.startswith("vote.")]
    assert votes == [("vote.approve", BOB), ("vote.withdrawn", BOB), ("vote.approve", CAROL)]


def test_whoever_withdrew_may_approve_again(office: Office, request_of_two: Request) -> None:
    for kind, by in (("withdraw", BOB), ("approve", BOB), ("approve", CAROL)):
        office.click(request_of_two, kind, by)
        office.work()
    assert office.until_done(request_of_two).status == Status.SUCCEEDED
    assert office.said("private") == []


@pytest.mark.parametrize("by", [ALICE, CAROL, DAVE])
def test_there_is_nothing_of_others_to_withdraw(office: Office, request_of_two: Request, by: str) -> None:
    office.click(request_of_two, "withdraw", by)
    office.work()
    assert "no approval of yours" in office.said("private")[-1]
    office.click(request_of_two, "approve", CAROL)
    assert office.until_done(request_of_two).status == Status.SUCCEEDED


def test_from_a_second_account_of_the_same_person(office: Office, request_of_two: Request) -> None:
    office.people.people["U0BOB2"] = dataclasses.replace(office.people.people[BOB], user="U0BOB2")
    office.click(request_of_two, "withdraw", "U0BOB2")
    office.work()
    assert "<@U0BOB2> has withdrawn" in office.said("thread")[-1]


def test_who_is_no_longer_among_the_approvers_may_still_withdraw(office: Office, request_of_two: Request) -> None:
    office.rules = Rules([Rule("default", (CAROL, DAVE), approvals=2)])
    office.click(request_of_two, "withdraw", BOB)
    office.work()
    assert "has withdrawn" in office.said("thread")[-1]


def test_after_the_decision_it_is_too_late(office: Office, request_of_two: Request) -> None:
    office.click(request_of_two, "approve", CAROL)
    office.click(request_of_two, "withdraw", BOB)
    office.work()
    assert f"already approved by <@{CAROL}>" in office.said("private")[-1]
    assert office.until_done(request_of_two).status == Status.SUCCEEDED


def test_of_the_last_approval_and_a_withdrawal_at_the_same_instant_one_wins(office: Office) -> None:
    office.rules = Rules([Rule("default", (BOB, CAROL), approvals=2)])
    for number in range(10):
        request = office.ask("create-account", account_name="twice", email=f"twice{number}@example.com")
        office.work()
        office.click(request, "approve", BOB)
        office.work()
        office.click(request, "withdraw", BOB)
        office.click(request, "approve", CAROL)
        clicks = [key for kind, key in office._due() if kind == "click"]
        _at_once([lambda key=key: decide(office.context, int(key)) for key in clicks])
        events = [entry.event for entry in office.audit() if entry.request_id == request.id]
        assert ("vote.withdrawn" in events) != ("request.approved" in events)
