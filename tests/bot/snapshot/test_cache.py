"""The cached picture: newer when AWS tells, the old one when AWS is away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.aws import WRITING, Boto3Clients
from bot.snapshot import cache as module
from bot.snapshot.cache import NOT_YET, SnapshotCache
from operations.aws.client import Aws
from operations.aws.errors import MisplacedError
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


def test_with_credentials_with_which_the_bot_must_not_work_there_is_no_snapshot_even_a_kept_one(
    snapshot: SnapshotCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot.refresh()

    def outside(*_: Any) -> None:
        raise MisplacedError("the bot runs in 555555555555")

    with monkeypatch.context() as patched:
        patched.setattr(module, "read_organization", outside)
        snapshot.refresh()
    assert (snapshot.latest(), snapshot.misplaced) == (None, "the bot runs in 555555555555")
    assert "can't work with its own AWS credentials" in snapshot.unread
    snapshot.refresh()
    assert (snapshot.latest() is not None, snapshot.misplaced) == (True, "")


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
