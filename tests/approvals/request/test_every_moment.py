"""Whatever changes, at whatever moment: nothing is done under the old answer, and who waits learns it.

What can change is in tests/harness/changes.py; at the press of Reveal it is tried by tests/approvals/sessions/test_upkeep.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import Request
from approvals.request.reachability import look_soon
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.changes import ANY_TIME, CHANGES, WEB, Change, begin
from tests.harness.people import BOB
from tests.harness.workers import Workers

TAG: dict[str, Any] = {"account": WEB, "tags": ["a=b"]}


@pytest.fixture
def ruled(workers: Workers) -> Workers:
    begin(workers)
    return workers


def asked(workers: Workers) -> Request:
    """A request whose card stands in the channel."""
    request = workers.ask("tag-account", **TAG)
    workers.work()
    workers.card_of(request)
    return workers.request(request.id)


def done(aws: AwsSandbox) -> bool:
    return aws.calls.of("TagResource") != []


@pytest.mark.parametrize("change", ANY_TIME.values(), ids=ANY_TIME)
def test_between_filing_and_the_click(ruled: Workers, aws: AwsSandbox, change: Change) -> None:
    request = asked(ruled)
    change(ruled, aws)
    ruled.click(request, "approve", BOB)
    ruled.work()
    ruled.clock.advance(minutes=1)  # The organization is read again where AWS says that something was moved.
    ruled.work()
    assert not done(aws)
    assert ruled.request(request.id).status in (Status.PENDING, Status.STALE)
    assert ruled.said("private") + ruled.said("dm")
    assert ruled.unproven() == []


@pytest.mark.parametrize("change", ANY_TIME.values(), ids=ANY_TIME)
def test_between_the_click_and_the_run(ruled: Workers, aws: AwsSandbox, change: Change) -> None:
    request = ruled.approved("tag-account", **TAG)
    change(ruled, aws)
    request = ruled.until_done(request)
    assert (request.status, done(aws)) == (Status.STALE, False)
    assert request.outcome.endswith("Nothing has been changed.")
    assert ruled.unproven() == []


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("noticed", ["within the hour", "as soon as it is known"])
def test_while_nobody_presses_anything(ruled: Workers, aws: AwsSandbox, change: Change, noticed: str) -> None:
    request, before = asked(ruled), len(ruled.said("dm"))
    change(ruled, aws)
    if noticed == "within the hour":
        ruled.clock.advance(hours=1)
    else:
        look_soon(ruled.context.store, ruled.clock())
    ruled.work()
    request = ruled.request(request.id)
    assert request.status in (Status.PENDING, Status.STALE)
    assert len(ruled.said("dm")) > before
    assert "card" in ruled.unsent()
    assert ruled.unproven() == []
    ruled.clock.advance(hours=1)
    told = len(ruled.said("dm"))
    ruled.work()
    assert len(ruled.said("dm")) == told


def test_nothing_is_said_where_nothing_has_changed(ruled: Workers) -> None:
    asked(ruled)
    told = (ruled.said("dm"), ruled.said("thread"))
    for _ in range(3):
        look_soon(ruled.context.store, ruled.clock())
        ruled.work()
        ruled.clock.advance(hours=1)
    assert (ruled.said("dm"), ruled.said("thread")) == told
