"""Due times while the machine's clock is set: forth and back for a moment, or for good."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from approvals.models import Message, Request
from approvals.queue.clock import PATIENCE, SteadyClock, machine_time, pull_in
from approvals.states import Status
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


def test_a_machine_that_slept_for_a_day_has_not_had_its_clock_set(machine: Machine) -> None:
    machine.passes(timedelta(days=1).total_seconds())
    assert not machine.clock.was_set
    assert machine.off() == timedelta()


def test_after_a_day_asleep_each_thing_is_said_and_done_once(workers: Workers) -> None:
    waiting, under_way = workers.ask("create-ou", unit_name="Waiting"), workers.approved("create-ou", unit_name="Begun")
    workers.work()
    workers.clock.advance(days=1)
    workers.restart()
    assert workers.until_done(under_way).status == Status.SUCCEEDED
    assert workers.request(waiting.id).status == Status.PENDING
    assert workers.request(waiting.id).reminders > 0
    before = len(workers.said("thread"))
    workers.work()
    assert len(workers.said("thread")) == before
    workers.clock.advance(days=3)
    workers.restart("third process")
    workers.work()
    assert workers.request(waiting.id).status == Status.EXPIRED


@pytest.mark.parametrize(
    "night", [datetime(2030, 3, 31, 0, 59, tzinfo=UTC), datetime(2030, 10, 27, 0, 59, tzinfo=UTC)], ids=str
)
def test_when_the_clocks_are_changed_for_summer_or_winter_an_hour_stays_an_hour(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, night: datetime
) -> None:
    """Where this machine has the time of Berlin, in which one of these nights has an hour twice and the other lacks one."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        assert abs(machine_time() - datetime.now(UTC)) < timedelta(minutes=1)
        workers.clock.now = night
        request = workers.ask("create-ou", unit_name="New")
        workers.work()
        assert workers.request(request.id).expires_at == night + timedelta(hours=72)
        workers.clock.advance(hours=72, seconds=-1)
        workers.work()
        assert workers.request(request.id).status == Status.PENDING
        workers.clock.advance(seconds=1)
        workers.work()
        assert workers.request(request.id).status == Status.EXPIRED
    time.tzset()
