"""An approver may take their approval back before the last one is given."""

from __future__ import annotations

import dataclasses

import pytest

from approvals.authority.rules import Rule, Rules
from approvals.models import Request
from approvals.request.decide import decide
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.approvals.request.test_decide import _at_once
from tests.harness.people import ALICE, BOB, CAROL, DAVE
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}


@pytest.fixture
def request_of_two(workers: Workers) -> Request:
    """A request that needs Bob and Carol; Bob has approved."""
    workers.rules = Rules([Rule("default", (BOB, CAROL), approvals=2)])
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "approve", BOB)
    workers.work()
    return request


def test_what_was_withdrawn_no_longer_counts(workers: Workers, request_of_two: Request, aws: AwsSandbox) -> None:
    workers.click(request_of_two, "withdraw", BOB)
    workers.work()
    workers.click(request_of_two, "approve", CAROL)
    workers.work()

    assert workers.request(request_of_two.id).status == Status.PENDING
    assert aws.calls.of("CreateAccount") == []
    assert "<@U0BOB> has withdrawn their approval" in workers.said("thread")[-1]
    votes = [(entry.event, entry.actor) for entry in workers.audit() if entry.event.startswith("vote.")]
    assert votes == [("vote.approve", BOB), ("vote.withdrawn", BOB), ("vote.approve", CAROL)]


def test_the_requester_reads_that_it_counts_no_longer(workers: Workers, request_of_two: Request) -> None:
    assert "1 of 2" in workers.said("dm")[-1]
    workers.click(request_of_two, "withdraw", BOB)
    workers.work()
    assert "0 of 2" in workers.said("dm")[-1]


def test_whoever_withdrew_may_approve_again(workers: Workers, request_of_two: Request) -> None:
    for kind, by in (("withdraw", BOB), ("approve", BOB), ("approve", CAROL)):
        workers.click(request_of_two, kind, by)
        workers.work()
    assert workers.until_done(request_of_two).status == Status.SUCCEEDED
    assert workers.said("private") == []


def test_whoever_withdraws_by_another_account_of_theirs_leaves_a_proof(
    workers: Workers, request_of_two: Request
) -> None:
    workers.people.people["U0BOB2"] = dataclasses.replace(workers.people.people[BOB], user="U0BOB2")
    workers.click(request_of_two, "withdraw", "U0BOB2")
    workers.work()
    assert workers.unproven() == []
    for kind, by in (("approve", BOB), ("approve", CAROL)):
        workers.click(request_of_two, kind, by)
        workers.work()
    assert workers.until_done(request_of_two).status == Status.SUCCEEDED
    assert workers.unproven() == []


@pytest.mark.parametrize("by", [ALICE, CAROL, DAVE])
def test_there_is_nothing_of_others_to_withdraw(workers: Workers, request_of_two: Request, by: str) -> None:
    workers.click(request_of_two, "withdraw", by)
    workers.work()
    assert "nothing to withdraw" in workers.said("private")[-1]
    workers.click(request_of_two, "approve", CAROL)
    assert workers.until_done(request_of_two).status == Status.SUCCEEDED


def test_from_a_second_account_of_the_same_person(workers: Workers, request_of_two: Request) -> None:
    workers.people.people["U0BOB2"] = dataclasses.replace(workers.people.people[BOB], user="U0BOB2")
    workers.click(request_of_two, "withdraw", "U0BOB2")
    workers.work()
    assert "<@U0BOB2> has withdrawn" in workers.said("thread")[-1]


def test_who_is_no_longer_among_the_approvers_may_still_withdraw(workers: Workers, request_of_two: Request) -> None:
    workers.rules = Rules([Rule("default", (CAROL, DAVE), approvals=2)])
    workers.click(request_of_two, "withdraw", BOB)
    workers.work()
    assert "has withdrawn" in workers.said("thread")[0]


def test_after_the_decision_it_is_too_late(workers: Workers, request_of_two: Request) -> None:
    workers.click(request_of_two, "approve", CAROL)
    workers.click(request_of_two, "withdraw", BOB)
    workers.work()
    assert f"<@{CAROL}> approved it" in workers.said("private")[-1]
    assert workers.until_done(request_of_two).status == Status.SUCCEEDED


def test_of_the_last_approval_and_a_withdrawal_at_the_same_instant_one_wins(workers: Workers) -> None:
    workers.rules = Rules([Rule("default", (BOB, CAROL), approvals=2)])
    for number in range(10):
        request = workers.ask("create-account", account_name="twice", email=f"twice{number}@example.com")
        workers.work()
        workers.click(request, "approve", BOB)
        workers.work()
        workers.click(request, "withdraw", BOB)
        workers.click(request, "approve", CAROL)
        clicks = [key for kind, key in workers._due() if kind == "click"]
        _at_once([lambda key=key: decide(workers.context, int(key)) for key in clicks])
        events = [entry.event for entry in workers.audit() if entry.request_id == request.id]
        assert ("vote.withdrawn" in events) != ("request.approved" in events)
