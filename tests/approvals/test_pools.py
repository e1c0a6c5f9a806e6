"""A stop of the pools."""

from __future__ import annotations

from approvals.pools import Pool, Pools

PATIENCE = 20


def test_after_a_stop_a_pool_takes_nothing_on_and_says_so() -> None:
    pools = Pools(1)
    assert pools.submit(Pool.NOW, lambda: None)
    assert pools.stop(PATIENCE)
    assert not pools.submit(Pool.NOW, lambda: None)
