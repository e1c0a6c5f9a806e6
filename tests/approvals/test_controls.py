"""Buttons beside a request that waits: what is asked reaches the next look at AWS, and only while it is offered."""

from __future__ import annotations

import pytest

from approvals.leases import claim
from approvals.models import Request
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE, BOB, DAVE
from tests.harness.workers import Workers

OUTSIDER = "666666666666"


@pytest.fixture
def invited(workers: Workers) -> Request:
    """Alice's invitation, which Bob has approved, is open."""
    request = workers.approved("invite-account", who=OUTSIDER)
    workers.work()
    return workers.request(request.id)


def states(aws: AwsSandbox) -> list[str]:
    found = aws.client("organizations").list_handshakes_for_organization(Filter={"ActionType": "INVITE"})["Handshakes"]
    return sorted(str(handshake["State"]) for handshake in found)


@pytest.mark.parametrize("by", [ALICE, BOB])
def test_cancelling_an_invitation(workers: Workers, aws: AwsSandbox, invited: Request, by: str) -> None:
    workers.click(invited, "control:cancel", by)
    request = workers.until_done(invited)
    assert states(aws) == ["CANCELED"]
    assert (request.status, request.outcome) == (Status.FAILED, "The invitation was cancelled, as asked.")
    assert any(f"<@{by}> asks: Cancel invitation" in said for said in workers.said("thread"))
    assert "request.asked.cancel" in [record.event for record in workers.audit()]


def test_sending_it_again(workers: Workers, aws: AwsSandbox, invited: Request) -> None:
    workers.click(invited, "control:resend", ALICE)
    for _ in range(10):
        workers.work()
        workers.clock.advance(minutes=3)
    assert states(aws) == ["CANCELED", "OPEN"]
    assert workers.request(invited.id).status == Status.WAITING


def test_others_may_not(workers: Workers, aws: AwsSandbox, invited: Request) -> None:
    workers.click(invited, "control:cancel", DAVE)
    workers.work()
    assert states(aws) == ["OPEN"]
    assert "not among the approvers" in workers.said("private")[-1]


@pytest.mark.parametrize("key", ["without-role", "drop-tables"])
def test_what_is_not_offered_cannot_be_asked(workers: Workers, aws: AwsSandbox, invited: Request, key: str) -> None:
    workers.click(invited, f"control:{key}", ALICE)
    workers.work()
    assert states(aws) == ["OPEN"]
    assert "can no longer be asked for" in workers.said("private")[-1]


def test_a_click_waits_while_a_worker_has_the_request_in_hand(
    workers: Workers, aws: AwsSandbox, invited: Request
) -> None:
    with workers.context.store.write() as session:
        assert claim(session, Request, invited.id or 0, "another", workers.clock())
    workers.click(invited, "control:cancel", ALICE)
    workers.work()
    assert "asked" not in workers.request(invited.id).memory or not workers.request(invited.id).memory["asked"]
    workers.clock.advance(minutes=5)
    workers.until_done(invited)
    assert states(aws) == ["CANCELED"]
