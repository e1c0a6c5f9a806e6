"""Buttons beside a request that waits: what is asked reaches the next look at AWS, and only while it is offered."""

from __future__ import annotations

import pytest

from approvals.leases import claim
from approvals.models import Request
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.approvals.office import ALICE, BOB, DAVE, Office

OUTSIDER = "666666666666"


@pytest.fixture
def invited(office: Office) -> Request:
    """Alice's invitation, which Bob has approved, is open."""
    request = office.approved("invite-account", who=OUTSIDER)
    office.work()
    return office.request(request.id)


def states(aws: AwsSandbox) -> list[str]:
    found = aws.client("organizations").list_handshakes_for_organization(Filter={"ActionType": "INVITE"})["Handshakes"]
    return sorted(str(handshake["State"]) for handshake in found)


@pytest.mark.parametrize("by", [ALICE, BOB])
def test_cancelling_an_invitation(office: Office, aws: AwsSandbox, invited: Request, by: str) -> None:
    office.click(invited, "control:cancel", by)
    request = office.until_done(invited)
    assert states(aws) == ["CANCELED"]
    assert (request.status, request.outcome) == (Status.FAILED, "The invitation was cancelled, as asked.")
    assert any(f"<@{by}> asks: Cancel invitation" in said for said in office.said("thread"))
    assert "request.asked.cancel" in [record.event for record in office.audit()]


def test_sending_it_again(office: Office, aws: AwsSandbox, invited: Request) -> None:
    office.click(invited, "control:resend", ALICE)
    for _ in range(10):
        office.work()
        office.clock.advance(minutes=3)
    assert states(aws) == ["CANCELED", "OPEN"]
    assert office.request(invited.id).status == Status.WAITING


def test_others_may_not(office: Office, aws: AwsSandbox, invited: Request) -> None:
    office.click(invited, "control:cancel", DAVE)
    office.work()
    assert states(aws) == ["OPEN"]
    assert "not among the approvers" in office.said("private")[-1]


@pytest.mark.parametrize("key", ["without-role", "drop-tables"])
def test_what_is_not_offered_cannot_be_asked(office: Office, aws: AwsSandbox, invited: Request, key: str) -> None:
    office.click(invited, f"control:{key}", ALICE)
    office.work()
    assert states(aws) == ["OPEN"]
    assert "can no longer be asked for" in office.said("private")[-1]


def test_a_click_waits_while_a_worker_has_the_request_in_hand(
    office: Office, aws: AwsSandbox, invited: Request
) -> None:
    with office.context.store.write() as session:
        assert claim(session, Request, invited.id or 0, "another", office.clock())
    office.click(invited, "control:cancel", ALICE)
    office.work()
    assert "asked" not in office.request(invited.id).memory or not office.request(invited.id).memory["asked"]
    office.clock.advance(minutes=5)
    office.until_done(invited)
    assert states(aws) == ["CANCELED"]
