"""The cached snapshot: newer when AWS tells or something was done, the old one when AWS is away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.aws import WRITING, Boto3Clients
from bot.snapshot import cache as module
from bot.snapshot.cache import NOT_YET, Numbered, SnapshotCache
from operations.aws.client import Aws
from operations.aws.errors import MisplacedError
from operations.snapshot.changes import UnitIs
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
        "Whoever runs the bot has to give its role the policy that `orgbot iam-policy` prints; then ask again."
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


class Known:
    """The database's changes, as a test puts them there; each became known at a time."""

    def __init__(self) -> None:
        self.rows: list[tuple[datetime, int, UnitIs]] = []
        self.away = False

    def note(self, at: datetime, unit: str, name: str) -> None:
        parent = self.root if unit.startswith("ou-new") else None
        self.rows.append((at, len(self.rows) + 1, UnitIs(id=unit, name=name, parent=parent)))

    def since(self, read_at: datetime) -> Sequence[Numbered]:
        if self.away:
            raise OperationalError("SELECT", {}, Exception("away"))
        return [(number, (change,)) for at, number, change in self.rows if at >= read_at]

    root = ""


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def catching_up(aws: AwsSandbox, clock: Clock, known: Known) -> SnapshotCache:
    cache = SnapshotCache(Aws(Boto3Clients()), clock, every=timedelta(minutes=5), since=known.since)
    cache.refresh()
    found = cache.latest()
    assert found is not None
    known.root = found.root
    return cache


def names(cache: SnapshotCache) -> set[str]:
    found = cache.latest()
    return {unit.name for unit in found.units} if found else set()


def test_what_was_done_is_known_without_a_reading(
    catching_up: SnapshotCache, known: Known, clock: Clock, aws: AwsSandbox
) -> None:
    aws.calls.clear()
    known.note(clock(), "ou-new", "New")
    catching_up.catch_up()
    assert "New" in names(catching_up)
    known.note(clock(), "ou-new", "Newer")
    catching_up.catch_up()
    assert {"Newer"} == names(catching_up) & {"New", "Newer"}
    assert len(aws.calls) == 0


def test_a_snapshot_with_nothing_new_stays_the_same_one(catching_up: SnapshotCache, known: Known, clock: Clock) -> None:
    known.note(clock(), "ou-new", "New")
    catching_up.catch_up()
    before = catching_up.latest()
    catching_up.catch_up()
    assert catching_up.latest() is before


def test_a_reading_that_began_before_does_not_forget_it(catching_up: SnapshotCache, known: Known, clock: Clock) -> None:
    known.note(clock(), "ou-new", "New")
    catching_up.refresh()
    assert "New" in names(catching_up)


def test_a_later_reading_is_believed(catching_up: SnapshotCache, known: Known, clock: Clock) -> None:
    known.note(clock(), "ou-new", "New")
    catching_up.catch_up()
    clock.advance(minutes=5)
    catching_up.refresh()
    assert "New" not in names(catching_up)


def test_what_another_process_committed_late_is_taken_in_before_what_came_after(
    catching_up: SnapshotCache, known: Known, clock: Clock
) -> None:
    known.note(clock(), "ou-new", "New")
    known.note(clock(), "ou-new", "Newer")
    late = known.rows.pop(0)
    catching_up.catch_up()
    known.rows.insert(0, late)
    catching_up.catch_up()
    assert names(catching_up) & {"New", "Newer"} == {"Newer"}


def test_a_database_that_is_away_takes_nothing_from_it(catching_up: SnapshotCache, known: Known) -> None:
    before = catching_up.latest()
    known.away = True
    catching_up.catch_up()
    assert catching_up.latest() is before


def test_a_database_that_is_away_is_not_taken_for_aws(
    snapshot: SnapshotCache, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError(None, None, Exception("away"))

    monkeypatch.setattr(snapshot, "_take_in", away)
    snapshot.refresh()
    assert "the database does not answer" in snapshot.problem
    assert caplog.text == "", "of the database the readiness tells"
