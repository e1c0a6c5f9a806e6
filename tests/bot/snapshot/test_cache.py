"""The cached picture: newer when AWS tells, the old one when AWS is away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.aws import WRITING, Boto3Clients
from bot.snapshot import cache as module
from bot.snapshot.cache import NOT_YET, SnapshotCache
from operations.aws.client import Aws
from sandbox.aws.server import AwsSandbox
from tests.harness.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def snapshot(aws: AwsSandbox, clock: Clock) -> SnapshotCache:
    return SnapshotCache(Aws(Boto3Clients()), clock, every=timedelta(minutes=5))


def test_nothing_is_known_before_the_first_reading(snapshot: SnapshotCache) -> None:
    assert snapshot.latest() is None
    assert snapshot.due()
    snapshot.refresh()
    assert snapshot.latest() is not None
    assert not snapshot.due()


def test_it_is_read_again_after_its_time_and_after_a_change_of_ours(snapshot: SnapshotCache, clock: Clock) -> None:
    snapshot.refresh()
    clock.advance(minutes=4)
    assert not snapshot.due()
    clock.advance(minutes=1)
    assert snapshot.due()
    snapshot.refresh()
    snapshot.outdate()
    assert snapshot.due()


def test_the_old_picture_stays_when_aws_refuses(snapshot: SnapshotCache, aws: AwsSandbox, clock: Clock) -> None:
    snapshot.refresh()
    before = snapshot.latest()
    aws.faults.add("ListAccounts", "error", code="AccessDeniedException", times=None)
    snapshot.refresh()
    assert snapshot.latest() is before
    assert "ListAccounts" in snapshot.problem
    clock.advance(seconds=15)
    assert snapshot.due()


def test_people_are_told_what_to_do_where_waiting_does_not_help(aws: AwsSandbox, clock: Clock) -> None:
    snapshot = SnapshotCache(
        Aws(Boto3Clients(reading=WRITING)), clock, every=timedelta(minutes=5)
    )  # Its clients try once.
    assert snapshot.unread == NOT_YET
    aws.faults.add("ListAccounts", "error", code="AccessDeniedException")
    snapshot.refresh()
    assert snapshot.unread == (
        "The organization cannot be read from AWS. The bot's own AWS permissions do not allow this. "
        "Give the bot's role the policy that `orgbot iam-policy` prints, then ask again."
    )
    aws.faults.add("ListAccounts", "throttle", times=None)
    snapshot.refresh()
    assert snapshot.unread == NOT_YET


def test_an_answer_that_is_not_understood_ends_nothing(
    snapshot: SnapshotCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot.refresh()
    before = snapshot.latest()

    def broken(*_: Any) -> None:
        raise KeyError("Organization")

    monkeypatch.setattr(module, "read_organization", broken)
    snapshot.refresh()
    assert snapshot.latest() is before
    assert "not understood" in snapshot.problem


def test_a_database_that_is_away_is_no_fault_of_aws(aws: AwsSandbox, clock: Clock) -> None:
    passed_on = []

    def on_read(found: object) -> None:
        passed_on.append(found)
        if len(passed_on) == 1:
            raise OSError("the database is away")

    snapshot = SnapshotCache(Aws(Boto3Clients()), clock, timedelta(minutes=5), on_read=on_read)
    snapshot.refresh()
    assert (snapshot.latest(), snapshot.problem) == (passed_on[0], "")
    clock.advance(seconds=15)
    assert snapshot.due()
    snapshot.refresh()
    assert len(passed_on) == 2
    assert not snapshot.due()
