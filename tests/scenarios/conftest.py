"""The whole bot as a process of its own, between Slack's and AWS's stand-ins, over real HTTP and WebSockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scenarios.scene import Scene, scene


@pytest.fixture
def play() -> Iterator[Scene]:
    """A scene over signed HTTP; the bot is running."""
    with scene("http") as found:
        yield found


@pytest.fixture(params=["http", "socket"])
def either(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A scene over each of the two transports."""
    with scene(request.param) as found:
        yield found
