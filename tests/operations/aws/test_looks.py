"""Optional looks have one time together, and nobody waits longer, whatever AWS does."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from operations.aws.client import Aws
from operations.aws.errors import AmbiguousError, RefusedError
from operations.aws.looks import TIME_IS_UP, Looks, begun

NOBODY: Any = None
PATIENCE = 20


class Seconds:
    """A clock that only tests move."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_in_time_is_given() -> None:
    assert Looks(NOBODY).read("GetServiceQuota", lambda _: 10) == 10


def test_an_error_is_told_as_it_is() -> None:
    def denied(_: Aws) -> int:
        raise RefusedError("GetServiceQuota", "no", code="AccessDeniedException")

    with pytest.raises(RefusedError) as told:
        Looks(NOBODY).read("GetServiceQuota", denied)
    assert told.value.unread == "GetServiceQuota was denied"


def test_all_looks_have_one_time_together() -> None:
    clock, asked = Seconds(), []
    looks = Looks(NOBODY, seconds=4, clock=clock)

    def slow(_: Aws) -> str:
        asked.append(clock.now)
        clock.now += 3
        return "late"

    assert [looks.read("ValidatePolicy", slow), looks.read("ValidatePolicy", slow)] == ["late", "late"]
    with pytest.raises(AmbiguousError) as told:
        looks.read("GetServiceQuota", slow)
    assert (told.value.operation, told.value.code) == ("GetServiceQuota", TIME_IS_UP)
    assert told.value.unread == "GetServiceQuota was not answered (no answer in time)"
    assert asked == [100, 103]


def test_nobody_waits_for_one_that_does_not_come_back() -> None:
    released = Event()
    with pytest.raises(AmbiguousError):
        Looks(NOBODY, seconds=0.05).read("ValidatePolicy", lambda _: released.wait(60))
    released.set()


def test_what_is_done_soon_is_there_at_once() -> None:
    assert begun(lambda: "view", PATIENCE).result(0) == "view"


def test_what_takes_long_is_left_to_itself_and_may_be_asked_for_later() -> None:
    go_on = Event()
    found = begun(lambda: go_on.wait(PATIENCE), 0.01)
    assert not found.done()
    go_on.set()
    assert found.result(PATIENCE) is True


def test_an_error_is_that_of_whoever_asks_for_the_result() -> None:
    found = begun(lambda: 1 / 0, PATIENCE)
    with pytest.raises(ZeroDivisionError):
        found.result(0)
