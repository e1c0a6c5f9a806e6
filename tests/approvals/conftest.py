"""A bot without Slack's side, whose workers are run by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.aws.server import AwsSandbox
from tests.harness.database import ON_BOTH, SQLITE
from tests.harness.workers import Workers


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What takes turns, waits and follows one another is shown on both databases; what is pure or about words on one."""
    if "database" in metafunc.fixturenames and metafunc.module.__name__.removeprefix("tests.approvals.") in BOTH:
        metafunc.parametrize("database", ON_BOTH, indirect=True)


BOTH = frozenset(
    {
        *("queue.test_leases", "queue.test_worker", "outbox.test_sending", "outbox.test_home_tabs"),
        *("request.test_attempts", "request.test_decide", "request.test_execute", "request.test_lifecycle"),
        *("request.test_one_person", "request.test_simultaneous", "request.test_reminders", "request.test_limits"),
        *("sessions.test_book", "sessions.test_upkeep", "audit.test_anchors", "audit.test_signing", "test_dispatcher"),
    }
)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The URL of the kind of database that the test works on."""
    return str(getattr(request, "param", SQLITE))


@pytest.fixture
def workers(aws: AwsSandbox, database: str) -> Iterator[Workers]:
    workers = Workers(aws, database)
    yield workers
    workers.close()
