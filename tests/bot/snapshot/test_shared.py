"""The newest snapshot is the same in all processes on one database, and read once for all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.audit.keys import is_genuine
from approvals.models import SharedSnapshot
from approvals.queue import changes
from approvals.queue.store import Store
from bot.aws import Boto3Clients
from bot.snapshot.cache import SnapshotCache
from bot.snapshot.shared import SnapshotRow
from operations.aws.client import Aws
from operations.snapshot.changes import UnitIs
from sandbox.aws.server import AwsSandbox
from tests.harness.clock import Clock
from tests.harness.tampering import KEYS

EVERY = timedelta(minutes=5)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_process(store: Store, clock: Clock) -> SnapshotCache:
    return SnapshotCache(Aws(Boto3Clients()), clock, EVERY, SnapshotRow(store))


def test_what_one_process_has_read_the_others_take(aws: AwsSandbox, store: Store, clock: Clock) -> None:
    one, two = a_process(store, clock), a_process(store, clock)
    for process in (one, two):
        process.refresh()
    clock.advance(seconds=10)
    aws.client("organizations").create_organizational_unit(ParentId=_root(aws), Name="Outside")
    one.refresh()
    before = len(aws.calls)
    two.adopt()
    latest = two.latest()
    assert latest is not None
    assert "/Outside" in {unit.path for unit in latest.units}
    assert latest == one.latest()
    assert len(aws.calls) == before


def test_it_is_read_once_for_all_and_by_another_when_the_first_is_gone(
    aws: AwsSandbox, store: Store, clock: Clock
) -> None:
    one, two = a_process(store, clock), a_process(store, clock)
    one.refresh()
    clock.advance(seconds=1)
    two.refresh()
    one.adopt()
    clock.advance(minutes=5)
    assert (one.due(), two.due()) == (False, True)
    clock.advance(seconds=15)
    assert one.due()


def test_a_process_that_starts_has_what_the_others_have(aws: AwsSandbox, store: Store, clock: Clock) -> None:
    one = a_process(store, clock)
    one.refresh()
    aws.faults.add("ListRoots", "error", code="AccessDeniedException", times=None)
    assert a_process(store, clock).latest() == one.latest()


def test_a_process_that_cannot_read_has_what_the_others_read_and_goes_on_telling(
    aws: AwsSandbox, store: Store, clock: Clock
) -> None:
    one, two = a_process(store, clock), a_process(store, clock)
    for process in (one, two):
        process.refresh()
    aws.faults.add("ListAccounts", "error", code="AccessDeniedException", times=1)
    two.refresh()
    clock.advance(seconds=20)
    one.refresh()
    two.adopt()
    assert two.latest() == one.latest()
    assert "ListAccounts" in two.problem
    assert two.due(), "it tries again by itself"


def test_an_older_reading_replaces_no_newer_one(aws: AwsSandbox, store: Store, clock: Clock) -> None:
    one = a_process(store, clock)
    one.refresh()
    older = one.latest()
    clock.advance(seconds=10)
    one.refresh()
    assert older is not None
    row = SnapshotRow(store)
    row.save(older)
    assert row.load() == one.latest()


def test_what_another_version_has_kept_is_not_used(store: Store, clock: Clock) -> None:
    with store.write() as session:
        session.add(SharedSnapshot(id=1, read_at=clock(), content='{"of": "another version"}'))
    assert SnapshotRow(store).load() is None


def _root(aws: AwsSandbox) -> str:
    return str(aws.client("organizations").list_roots()["Roots"][0]["Id"])


def test_with_a_key_nobody_else_says_how_the_organization_is(
    aws: AwsSandbox, store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Where much is reached, rules are judged by the snapshot, and cards have its names."""
    signed, unsigned = Store(store.engine, KEYS.info()), store
    one = a_process(signed, clock)
    one.refresh()
    two = a_process(signed, clock)
    genuine = two.latest()
    assert genuine
    assert genuine == one.latest()
    forged = replace(genuine, read_at=clock() + timedelta(days=1), accounts=())
    SnapshotRow(unsigned).save(forged)
    for _ in range(2):
        two.adopt()
    assert two.latest() != forged
    assert sum("was not written by orgbot" in record.message for record in caplog.records) == 1
    clock.advance(minutes=6)
    one.refresh()
    assert SnapshotRow(signed).load() == one.latest(), "the next reading takes its place"

    gone = UnitIs(id="ou-1-gone", name="Gone", parent="r-1")
    for where in (unsigned, signed):
        with where.write() as session:
            changes.note(session, [gone], clock())
    with signed.read() as session:
        counted = changes.since(session, clock(), lambda row: is_genuine(session, row))
    assert [number for number, _ in counted] == [2]
