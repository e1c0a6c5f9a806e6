"""The clockwork's jobs."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.scheduler import Pulse, Scheduler, every


class Recorder:
    """A dispatcher and a picture that note what they are asked for."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def anchor(self, every: timedelta) -> None:
        self.asked.append(every)

    def __getattr__(self, name: str) -> Any:
        return lambda *_: self.asked.append(name)


@pytest.mark.parametrize(("hours", "asked"), [(24, [timedelta(hours=24)]), (0, [])])
def test_anchors_are_looked_after_unless_they_are_switched_off(hours: int, asked: list[Any]) -> None:
    told: Any = Recorder()
    scheduler = Scheduler(told, told, 1, timedelta(hours=hours))
    for job in scheduler.jobs():
        if job.id == "anchor":
            job.func()
    assert told.asked == asked


class Slow:
    """A dispatcher that counts its ticks, and a picture whose one reading ends when it may."""

    def __init__(self) -> None:
        self.ticks, self.begun, self.go_on = threading.Semaphore(0), threading.Event(), threading.Event()

    def wake(self) -> None:
        self.ticks.release()

    def clean_up(self) -> None:
        """Nothing to clean up."""

    def due(self) -> bool:
        return not self.begun.is_set()

    def adopt(self) -> None:
        """Nobody else reads."""

    def refresh(self) -> None:
        self.begun.set()
        self.go_on.wait(20)


def test_a_long_reading_is_no_reason_to_warn_at_each_tick(caplog: pytest.LogCaptureFixture) -> None:
    slow: Any = Slow()
    scheduler = Scheduler(slow, slow, 0.05)
    scheduler.start()
    assert slow.begun.wait(20)
    for _ in range(4):
        assert slow.ticks.acquire(timeout=20)
    slow.go_on.set()
    scheduler.stop()
    assert "skipped" not in caplog.text


def test_after_the_machines_clock_was_set_nothing_waits_by_it() -> None:
    """As when it was an hour ahead for a moment, in which everything was planned for an hour from then."""
    told: Any = Recorder()
    scheduler = Scheduler(told, told, 1)
    scheduler.start()
    ahead = datetime.now(UTC) + timedelta(hours=1)
    for job in scheduler.jobs():
        job.modify(next_run_time=ahead)
    scheduler.realign()
    assert all(job.next_run_time < ahead - timedelta(minutes=59) for job in scheduler.jobs() if job.id != "clean up")
    scheduler.stop()


def test_the_pulse_goes_on_whatever_fails_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    beaten, enough = [0], threading.Event()

    def fails() -> None:
        raise OSError("the database is away")

    def counts() -> None:
        beaten[0] += 1
        if beaten[0] == 5:
            enough.set()

    pulse = Pulse(fails, counts, seconds=0.001)
    pulse.start()
    assert enough.wait(20)
    pulse.stop()
    (line,) = caplog.messages
    assert line == "what is done each second fails for now: OSError: the database is away"
    so_far = beaten[0]
    threading.Event().wait(0.01)
    assert beaten[0] == so_far


def test_a_beat_may_be_rarer_than_the_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is there at once when a machine wakes, whatever its clock says."""
    now, beaten = [100.0], []
    monkeypatch.setattr("bot.scheduler.running_seconds", lambda: now[0])
    beat = every(2.5, lambda: beaten.append(now[0]))
    for _ in range(6):
        beat()
        now[0] += 1
    now[0] += 3600
    beat()
    assert beaten == [100, 103, 3706]


def test_a_pulse_that_never_began_is_stopped_all_the_same() -> None:
    Pulse().stop()
