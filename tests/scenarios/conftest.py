"""The whole bot as a process of its own, between Slack's and AWS's stand-ins, over real HTTP and WebSockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.database import ON_BOTH, POSTGRESQL, SQLITE
from tests.harness.scenario import Scenario, started


@pytest.fixture(params=ON_BOTH)
def scenario(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    """A scenario over signed HTTP, on each of the two databases; the bot is running."""
    with started("http", request.param) as found:
        yield found


@pytest.fixture(params=[("http", SQLITE), ("socket", POSTGRESQL)], ids=["http, sqlite", "socket, postgresql"])
def either(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    """A scenario over each of the two transports, and on each of the two databases."""
    with started(*request.param) as found:
        yield found
