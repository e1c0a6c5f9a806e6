"""The handling."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.handling import MOVED, Handling


@pytest.fixture
def handling() -> Iterator[Handling]:
    handling = Handling()
    yield handling
    handling.close()


@pytest.fixture
def over(handling: Handling) -> Handling:
    """Request #1, a move from staging to production, has succeeded."""
    handling.types("move-account --account fullback-staging --to /Workloads/Production --reason why")
    handling.posts_card()
    handling.ends(status="succeeded", preview=MOVED)
    return handling
