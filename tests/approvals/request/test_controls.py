"""Buttons beside a request that waits: what is asked reaches the next look at AWS, and only while it is offered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from approvals.authority.rules import Rule, Rules
from approvals.models import Interaction, Request
from approvals.queue.leases import LEASE, claim, release
from approvals.queue.worker import stumble_of
from approvals.request.decide import CLICK, decide
from approvals.states import Status
from approvals.views.hindered import AT_WORK
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
    assert "can do this" in workers.said("private")[-1]


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


def hold(workers: Workers, request: Request) -> None:
    """Another worker takes the request in hand now."""
    with workers.context.store.write() as session:
        assert claim(session, Request, request.id or 0, "another", workers.clock())


def pause(workers: Workers) -> timedelta:
    """Until the click is looked at again."""
    click = newest_click(workers)
    with workers.context.store.read() as session:
        stumble = stumble_of(session, CLICK, click)
    assert stumble
    assert stumble.again_at
    return stumble.again_at - workers.clock()


def test_a_click_on_what_a_worker_has_in_hand_comes_back_at_its_time_and_less_and_less_often(
    workers: Workers, invited: Request
) -> None:
    hold(workers, invited)
    with workers.context.store.write() as session:  # Its lease is renewed all the time.
        session.execute(update(Request).values(lease_until=workers.clock() + timedelta(hours=1)))
    workers.click(invited, "control:cancel", ALICE)
    pauses, told = [], []
    for _ in range(7):
        workers.work()
        pauses.append(pause(workers).total_seconds())
        told.append(len([line for line in workers.said("private") if AT_WORK[1:] in line]))
        workers.clock.now += pause(workers) - timedelta(microseconds=1)
        assert workers.work() == 0
        workers.clock.now += timedelta(microseconds=1)
    assert pauses == [5, 7.5, 11.25, 16.875, 25.3125, 30, 30]
    assert told == [0, 0, 0, 1, 1, 1, 1], "who pressed reads after a quarter of a minute why nothing happens"


@pytest.mark.parametrize(("left", "asked"), [(1, ""), (0, ""), (-1, "cancel")])
def test_it_is_carried_out_as_soon_as_the_workers_lease_has_run_out(
    workers: Workers, invited: Request, left: int, asked: str
) -> None:
    """At the very end of a lease nobody else may have the request yet, so that the click waits as well."""
    hold(workers, invited)
    workers.clock.now += LEASE - timedelta(seconds=left)
    workers.click(invited, "control:cancel", ALICE)
    decide(workers.context, newest_click(workers))
    assert workers.request(invited.id).memory.get("asked", "") == asked


def newest_click(workers: Workers) -> int:
    with workers.context.store.read() as session:
        return session.exec(select(Interaction.id).order_by(col(Interaction.id).desc())).first() or 0


@pytest.mark.parametrize("seconds", [0, 29, 30])
def test_a_worker_that_gives_the_request_back_lets_the_click_through_at_its_next_time(
    workers: Workers, aws: AwsSandbox, invited: Request, seconds: int
) -> None:
    hold(workers, invited)
    workers.click(invited, "control:cancel", ALICE)
    workers.work()
    workers.clock.advance(seconds=seconds)
    with workers.context.store.write() as session:
        release(session, Request, invited.id or 0, "another")
    workers.clock.now += max(pause(workers), timedelta(0))
    workers.work()
    assert states(aws) == ["CANCELED"]
    assert workers.said("private") == []


@pytest.mark.parametrize("why", ["the requester has left", "the rule is gone"])
def test_what_takes_it_back_is_done_though_the_approval_no_longer_holds(
    workers: Workers, aws: AwsSandbox, invited: Request, why: str
) -> None:
    """An approver cancels the invitation of somebody who has left: it must not stay open."""
    if why == "the rule is gone":
        workers.rules = Rules([Rule("new", (BOB,))])
    else:
        workers.people.people[ALICE] = replace(workers.people.people[ALICE], deactivated=True)
    workers.click(invited, "control:cancel", BOB)
    request = workers.until_done(invited)
    assert (states(aws), request.outcome) == (["CANCELED"], "The invitation was cancelled, as asked.")


def test_nothing_is_sent_anew_when_the_approval_no_longer_holds(
    workers: Workers, aws: AwsSandbox, invited: Request
) -> None:
    workers.people.people[ALICE] = replace(workers.people.people[ALICE], deactivated=True)
    workers.click(invited, "control:resend", BOB)
    for _ in range(10):
        workers.work()
        workers.clock.advance(minutes=3)
    assert states(aws) in (["OPEN"], ["CANCELED"])
    assert workers.request(invited.id).status == Status.FAILED
