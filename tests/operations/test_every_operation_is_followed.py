"""Each operation, with an AWS that accepts its call and shows the effect late or never, refuses vaguely, or is busy: nothing is
called done before it was seen.
"""

from __future__ import annotations

from collections import Counter

import pytest

from approvals.models import Request
from approvals.request.attempts import Outcome
from approvals.states import TERMINAL, Status
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE
from tests.harness.workers import Workers
from tests.operations.test_every_operation_survives import CASES

LONG = 10.0**7
every_operation = pytest.mark.parametrize("name", CASES)


def approved(workers: Workers, aws: AwsSandbox, name: str) -> Request:
    aws.conditions.policy_type_seconds = aws.conditions.closing_seconds = 0.0
    return workers.approved(name, **CASES[name][0])


def made(aws: AwsSandbox, name: str) -> int:
    return len([call for call in aws.calls.of(CASES[name][1]) if call.outcome == "ok"])


def passes(workers: Workers, *minutes: int) -> None:
    """AWS is looked at now, and after each of these spans."""
    workers.work()
    for span in minutes:
        workers.clock.advance(minutes=span)
        workers.work()


@every_operation
def test_what_stands_at_once_is_done_at_once(workers: Workers, aws: AwsSandbox, name: str) -> None:
    request = approved(workers, aws, name)
    workers.work()
    assert workers.request(request.id).status == Status.SUCCEEDED


@every_operation
def test_what_shows_late_is_not_done_before(workers: Workers, aws: AwsSandbox, name: str) -> None:
    aws.faults.add(CASES[name][1], "late", seconds=LONG)
    request = approved(workers, aws, name)
    passes(workers, 1, 2, 3)
    found = workers.request(request.id)
    assert (found.status, found.outcome) == (Status.WAITING, "")
    assert len([line for line in workers.said("thread") if "accepted" in line]) == 1

    aws.show()
    assert workers.until_done(request).status == Status.SUCCEEDED
    assert made(aws, name) == 1


@every_operation
def test_what_never_shows_is_said_to_be_unknown_with_a_way_out(workers: Workers, aws: AwsSandbox, name: str) -> None:
    aws.faults.add(CASES[name][1], "late", seconds=LONG)
    request = approved(workers, aws, name)
    passes(workers, 5, 8, 60, 600)
    assert workers.request(request.id).status == Status.UNKNOWN
    told = [
        line for kind in ("thread", "dm") for line in workers.said(kind) if "Whether it takes effect is unknown" in line
    ]
    assert len(told) == 2
    assert all("AWS console" in line for line in told)
    assert made(aws, name) == 1

    workers.click(request, "control:give-up", ALICE)
    workers.work()
    assert workers.request(request.id).status == Status.FAILED


@every_operation
def test_a_vague_refusal_is_never_taken_for_the_goal(workers: Workers, aws: AwsSandbox, name: str) -> None:
    aws.faults.add(CASES[name][1], "error", code="ConflictException", times=None)
    request = workers.until_done(approved(workers, aws, name))
    assert (request.status, made(aws, name)) == (Status.FAILED, 0)
    assert "ConflictException" in " ".join(workers.said("thread"))
    assert request.outcome


@every_operation
def test_after_a_vague_refusal_what_stands_is_seen(workers: Workers, aws: AwsSandbox, name: str) -> None:
    """Somebody was faster: it stands, and the answer to our own call does not say so."""
    request = approved(workers, aws, name)
    aws.faults.add(CASES[name][1], "drop-after")
    aws.faults.add(CASES[name][1], "error", code="ConflictException", times=None)
    assert workers.until_done(request).status == Status.SUCCEEDED


@every_operation
def test_busy_is_not_no(workers: Workers, aws: AwsSandbox, name: str) -> None:
    aws.faults.add(CASES[name][1], "error", code="FinalizingOrganizationException", times=9)
    request = workers.until_done(approved(workers, aws, name))
    assert request.status == Status.SUCCEEDED
    assert Counter(workers.attempts(request))[Outcome.BUSY] == 9
    waits = [line for line in workers.said("thread") if "nothing has to be approved again" in line]
    assert len(waits) == 1


@pytest.mark.parametrize("name", ["create-account", "close-account", "grant-access"])
def test_a_wait_has_an_end_that_is_said(workers: Workers, aws: AwsSandbox, name: str) -> None:
    aws.faults.add(CASES[name][1], "error", code="ConcurrentModificationException", times=None)
    request = approved(workers, aws, name)
    passes(workers, 20, 39)
    assert workers.request(request.id).status not in TERMINAL
    passes(workers, 1)
    request = workers.request(request.id)
    assert request.status == Status.FAILED
    assert "It stayed so until" in request.outcome
    assert request.advice


def test_too_many_creations_at_a_time_are_waited_for_and_told_once(workers: Workers, aws: AwsSandbox) -> None:
    aws.conditions.creations_at_once, aws.conditions.creation_seconds = 0, 0.0
    request = approved(workers, aws, "create-account")
    passes(workers, 5, 60, 600)
    assert workers.request(request.id).status == Status.WAITING
    assert len([line for line in workers.said("thread") if "only so many accounts at a time" in line]) == 1

    aws.conditions.creations_at_once = 5
    assert workers.until_done(request).status == Status.SUCCEEDED


@pytest.mark.parametrize("reason", ["INTERNAL_FAILURE", "CONCURRENT_ACCOUNT_MODIFICATION"])
def test_a_creation_that_failed_for_what_passes_is_begun_again(workers: Workers, aws: AwsSandbox, reason: str) -> None:
    aws.fail_next_creation(reason)
    aws.fail_next_creation(reason)
    request = workers.until_done(approved(workers, aws, "create-account"))
    assert request.status == Status.SUCCEEDED
    assert made(aws, "create-account") == 3
    assert len([line for line in workers.said("thread") if "I try again by myself" in line]) == 1
