"""Due times while the machine's clock is set: forth and back for a moment, or for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from approvals.models import Message, Request
from approvals.queue.clock import PATIENCE, SteadyClock, pull_in
from tests.harness.workers import Workers

BEGAN = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)


class Machine:
    """A clock that is set, and seconds that go on."""

    def __init__(self) -> None:
        self.seconds, self.wrong = 100.0, timedelta()
        self.clock = SteadyClock(lambda: BEGAN + self.wrong + self.ran, lambda: self.seconds)

    @property
    def ran(self) -> timedelta:
        return timedelta(seconds=self.seconds - 100)

    def off(self) -> timedelta:
        """How far the bot's clock is from the right time."""
        return self.clock() - BEGAN - self.ran

    def passes(self, seconds: float) -> None:
        self.seconds += seconds
        assert not self.clock.look()


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=400)])
def test_a_clock_that_jumps_and_comes_back_changes_nothing(machine: Machine, wrong: timedelta) -> None:
    machine.wrong = wrong
    machine.passes(1)
    assert machine.clock.was_set
    machine.passes(11)
    assert not machine.clock.was_set
    assert machine.off() == timedelta()
    machine.wrong = timedelta()
    machine.passes(1)
    assert machine.clock.was_set
    machine.passes(2 * PATIENCE)
    assert machine.off() == timedelta()


def test_small_steps_are_followed(machine: Machine) -> None:
    for _ in range(10):
        machine.wrong += timedelta(seconds=1)
        machine.passes(1)
        assert not machine.clock.was_set
    assert machine.off() == timedelta(seconds=10)


@pytest.mark.parametrize(("wrong", "back"), [(timedelta(hours=1), False), (timedelta(hours=-1), True)])
def test_a_clock_that_stays_is_believed_after_a_while(machine: Machine, wrong: timedelta, back: bool) -> None:  # noqa: FBT001
    machine.wrong = wrong
    machine.passes(1)
    machine.seconds += PATIENCE
    assert machine.clock.look() is back
    assert machine.off() == wrong


def test_what_waits_for_a_time_that_is_far_ahead_is_due_at_once(workers: Workers) -> None:
    request = workers.ask("create-ou", unit_name="New", parent="/")
    now, ahead = workers.clock(), workers.clock() + timedelta(hours=1)
    with workers.context.store.write() as session:
        row = session.get_one(Request, request.id)
        row.due_at = row.remind_at = row.tell_at = ahead
        session.add(Message(lane="x", kind="x", marker="x", created_at=now, due_at=ahead, started_at=ahead))
    with workers.context.store.write() as session:
        assert pull_in(session, now) == 4
    with workers.context.store.read() as session:
        found = session.exec(select(Message).where(Message.lane == "x")).one()
        row = session.get_one(Request, request.id)
        assert (row.due_at, row.remind_at, row.tell_at) == (now, now, now)
        assert (found.due_at, found.started_at) == (now, now)
    with workers.context.store.write() as session:
        assert pull_in(session, now) == 0
