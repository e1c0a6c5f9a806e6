"""What the processes on one database tell each other about the organization."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.models import KnownChange
from approvals.queue import changes
from approvals.queue.changes import LAG
from approvals.queue.store import Store
from operations.snapshot.changes import Gone, UnitIs
from tests.harness.clock import Clock

NEW, GONE = UnitIs(id="ou-1", name="New", parent="r-1"), Gone(id="ou-2")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def told(store: Store, clock: Clock, *known: UnitIs | Gone) -> None:
    with store.write() as session:
        changes.note(session, known, clock())


def known(store: Store, clock: Clock) -> list[UnitIs | Gone]:
    """What a reading that begins now may not show."""
    with store.read() as session:
        return [change for _, found in changes.since(session, clock()) for change in found]  # type: ignore[misc]


def test_what_one_tells_every_other_knows_in_order(store: Store, clock: Clock) -> None:
    told(store, clock, NEW, GONE)
    told(store, clock, UnitIs(id="ou-1", name="Newer"))
    assert known(store, clock) == [NEW, GONE, UnitIs(id="ou-1", name="Newer")]


def test_what_was_changed_a_moment_ago_is_not_told_otherwise_by_an_aws_that_is_late(store: Store, clock: Clock) -> None:
    told(store, clock, GONE)
    with store.write() as session:
        changes.note_told(session, (UnitIs(id="ou-2", name="Gone", parent="r-1"), NEW), clock())
    assert known(store, clock) == [GONE, NEW]
    clock.now += LAG + timedelta(seconds=1)
    back = UnitIs(id="ou-2", name="Back", parent="r-1")
    with store.write() as session:
        changes.note_told(session, (back,), clock())
    assert known(store, clock) == [back]


def test_nothing_is_written_where_nothing_changed(store: Store, clock: Clock) -> None:
    told(store, clock)
    with store.read() as session:
        assert session.get(KnownChange, 1) is None


def test_a_reading_shows_what_is_older_than_aws_needs(store: Store, clock: Clock) -> None:
    told(store, clock, NEW)
    clock.now += LAG
    assert known(store, clock) == [NEW]
    clock.now += timedelta(seconds=1)
    assert known(store, clock) == []


def test_what_a_newer_version_writes_is_left_out_and_the_rest_is_taken(store: Store, clock: Clock) -> None:
    with store.write() as session:
        session.add(KnownChange(at=clock(), changes=[{"about": "moon", "id": "1"}, GONE.model_dump(), {}]))
    assert known(store, clock) == [GONE]


def test_what_every_reading_shows_is_forgotten(store: Store, clock: Clock) -> None:
    told(store, clock, NEW)
    with store.write() as session:
        changes.forget(session, clock())
    assert known(store, clock) == [NEW]
    with store.write() as session:
        changes.forget(session, clock() + timedelta(seconds=1))
    assert known(store, clock) == []
