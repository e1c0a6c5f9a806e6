"""Work in a thread of its own, for which nobody waits longer than it makes sense."""

from __future__ import annotations

import threading

import pytest

from approvals.pools import Pool, Pools, begun

PATIENCE = 20


def test_what_is_done_soon_is_there_at_once() -> None:
    assert begun(lambda: "view", PATIENCE).result(0) == "view"


def test_what_takes_long_is_left_to_itself_and_may_be_asked_for_later() -> None:
    go_on = threading.Event()
    found = begun(lambda: go_on.wait(PATIENCE), 0.01)
    assert not found.done()
    go_on.set()
    assert found.result(PATIENCE) is True


def test_an_error_is_that_of_whoever_asks_for_the_result() -> None:
    found = begun(lambda: 1 / 0, PATIENCE)
    with pytest.raises(ZeroDivisionError):
        found.result(0)


def test_after_a_stop_a_pool_takes_nothing_on_and_says_so() -> None:
    pools = Pools(1)
    assert pools.submit(Pool.NOW, lambda: None)
    assert pools.stop(PATIENCE)
    assert not pools.submit(Pool.NOW, lambda: None)
