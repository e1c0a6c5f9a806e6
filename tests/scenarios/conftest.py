"""The whole bot as a process of its own, between Slack's and AWS's stand-ins, over real HTTP and WebSockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.scenario import Scenario, started


@pytest.fixture
def scenario() -> Iterator[Scenario]:
    """A scenario over signed HTTP; the bot is running."""
    with started("http") as found:
        yield found


@pytest.fixture(params=["http", "socket"])
def either(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    """A scenario over each of the two transports."""
    with started(request.param) as found:
        yield found
