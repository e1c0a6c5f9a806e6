"""Fixtures that every part's tests share: one AWS for each module, begun anew for each test, and one browser."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from approvals.queue.store import Store
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import running
from tests.harness.database import give_back, new_database
from tests.harness.postgres import prepare
from tests.harness.profiles import choose_profile

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
LONG = 300  # Seconds that a test may take: such a one takes long, and 0 is without a limit.
SELDOM = (50_000, 20, 20)  # Objects more than were freed, and how often that before the older ones are looked at.
choose_profile()


def pytest_configure() -> None:
    """Before any process of the run begins, so that all of them share one server."""
    prepare()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Of several processes that begin with nothing compiled each compiles another part of all first, and finds the rest done."""
    worker = getattr(session.config, "workerinput", None)
    if worker is None or session.config.args != ["tests"]:
        return
    files = sorted(Path(__file__).parent.rglob("test_*.py"))
    begin = len(files) * int(worker["workerid"].removeprefix("gw")) // int(worker["workercount"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for file in files[begin:] + files[:begin]:
            with suppress(Exception):  # What is wrong with a module is told when it is collected.
                import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may take long begins first, after the shuffle: at the end, all would wait for it alone."""
    items.sort(key=is_short)


def pytest_collection_finish() -> None:
    """The modules and the thousands of tests stay to the end: the collector looks through what the tests make, and not through them.

    It looks more seldom than usual, because what a test makes is mostly garbage by the next one.
    """
    gc.freeze()
    gc.set_threshold(*SELDOM)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """What is left open is found by one look; pytest's own five, which follow, need not go through all of it again."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What a test tells of its run though it has passed, such as how often each point was come to."""
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for line in (value for name, value in report.user_properties if name == "told" and report.when == "call"):
            terminalreporter.write_line(f"{report.nodeid}: {line}")


def is_short(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("timeout")
    return mark is None or 0 < mark.args[0] < LONG


@pytest.fixture(scope="module")
def running_aws() -> Iterator[AwsSandbox]:
    with running() as aws:
        yield aws


@pytest.fixture
def aws(running_aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> AwsSandbox:
    """The article's organization, fresh; the environment points boto3 at it."""
    running_aws.reset()
    for name, value in running_aws.environment().items():
        monkeypatch.setenv(name, value)
    return running_aws


@pytest.fixture
def store() -> Iterator[Store]:
    """The queue on an empty database in memory."""
    engine = new_database()
    yield Store(engine)
    give_back(engine)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a process; each has windows of its own (`page_of`)."""
    from tests.harness.browser import chromium  # noqa: PLC0415  Most tests need no browser, and this takes its time.

    with chromium() as started:
        yield started
