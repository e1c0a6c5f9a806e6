"""How long to wait: each wait that brought nothing new is half as long again, up to the longest."""

from __future__ import annotations

from datetime import timedelta

from approvals.context import Pace

PACE = Pace(poll=timedelta(seconds=4), longest_poll=timedelta(seconds=30))


def waits(pace: Pace, looks: int, longest: timedelta | None = None) -> list[float]:
    return [pace.after(polls, longest).total_seconds() for polls in range(looks)]


def test_waits_grow_by_half_up_to_the_longest() -> None:
    assert waits(PACE, 8) == [4, 6, 9, 13.5, 20.25, 30, 30, 30]


def test_where_days_are_not_slow_they_grow_further() -> None:
    assert waits(PACE, 7, timedelta(seconds=40)) == [4, 6, 9, 13.5, 20.25, 30.375, 40]


def test_none_is_shorter_than_the_first_whatever_the_longest_is() -> None:
    assert waits(PACE, 3, timedelta(seconds=1)) == [4, 4, 4]
    assert waits(Pace(poll=timedelta(minutes=5)), 3) == [300, 300, 300]


def test_after_very_many_looks_it_is_still_the_longest() -> None:
    assert PACE.after(10**6) == timedelta(seconds=30)
    assert PACE.after(10**6, timedelta(days=3650)) == PACE.after(30, timedelta(days=3650)) < timedelta(days=3650)
