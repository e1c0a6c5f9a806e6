"""Clocks that only tests move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.slack.clock import Clock as SlackClock


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)


class SlackTime(SlackClock):
    """Slack's clock in step with the tests': what is posted bears the tests' time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> float:
        return self._clock().timestamp()
