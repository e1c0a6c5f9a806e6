"""The whole bot as a process of its own, between Slack's and AWS's stand-ins, over real HTTP and WebSockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.database import ON_BOTH, POSTGRESQL, SQLITE
from tests.harness.profiles import in_turn
from tests.harness.scenario import Scenario, started


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that names no database is shown on one of the two, in turn; `make torture` shows it on both."""
    if "scenario" in metafunc.fixturenames and not _chosen(metafunc, "scenario"):
        tests = [name for name in vars(metafunc.module) if name.startswith("test_")]
        mine = [kind for name, kind in in_turn(tests, ON_BOTH, each=1) if name == metafunc.function.__name__]
        metafunc.parametrize("scenario", mine, indirect=True)


def _chosen(metafunc: pytest.Metafunc, fixture: str) -> bool:
    """Whether the test says itself what the fixture is to be."""
    return any(mark.args[0] == fixture for mark in metafunc.definition.iter_markers("parametrize"))


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    """A scenario over signed HTTP, on one of the two databases; the bot is running."""
    with started("http", request.param) as found:
        yield found


@pytest.fixture(params=[("http", SQLITE), ("socket", POSTGRESQL)], ids=["http, sqlite", "socket, postgresql"])
def either(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    """A scenario over each of the two transports, and on each of the two databases."""
    with started(*request.param) as found:
        yield found
