"""A bot without Slack's side, whose workers are run by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from approvals.audit import signing
from sandbox.aws.server import AwsSandbox
from sandbox.sandbox import MANIFEST
from sandbox.slack.driver import SlackSandbox
from tests.harness.database import ON_BOTH, SQLITE
from tests.harness.mail import Mail
from tests.harness.tampering import KEYS
from tests.harness.workers import Workers


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What takes turns, waits and follows one another is shown on both databases; what is pure or about words on one."""
    module, test = metafunc.module.__name__.removeprefix("tests.approvals."), metafunc.function.__name__
    if "database" in metafunc.fixturenames and module in BOTH and test not in ONE:
        metafunc.parametrize("database", ON_BOTH, indirect=True)


BOTH = frozenset(
    {
        *("queue.test_leases", "queue.test_worker", "outbox.test_sending", "request.test_attempts"),
        *("request.test_decide", "request.test_lifecycle", "request.test_simultaneous", "test_dispatcher"),
        *("sessions.test_book", "audit.test_anchors", "audit.test_signing"),
    }
)
# Sweeps over what Slack may answer, and tables: the database takes no part in what is shown.
ONE = frozenset(
    {
        "test_a_final_no_drops_the_message_and_holds_nothing_up",
        "test_a_look_up_that_goes_wrong_never_makes_a_lost_answer_a_second_message",
        "test_beneath_which_message_the_card_stands_is_kept_as_well",
        "test_each_call_may_fail_and_everything_arrives_once",
        "test_of_what_is_another_workers_by_now_nothing_follows",
        "test_of_what_an_error_of_the_bots_own_puts_by_who_waits_for_it_hears",
        "test_only_of_credentials_it_is_noted_that_they_were_handed_over",
        "test_what_can_be_mended_keeps_the_message_and_is_tried_again_and_again",
        "test_what_is_left_of_a_message_by_how_its_sending_ends",
        "test_who_wakes_takes_away_only_a_post_of_which_there_is_a_second_one",
    }
)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The URL of the kind of database that the test works on."""
    return str(getattr(request, "param", SQLITE))


@pytest.fixture
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(MANIFEST) as found:
        yield found


@pytest.fixture
def mail(workers: Workers, slack: SlackSandbox) -> Mail:
    return Mail(workers, slack)


@pytest.fixture
def workers(aws: AwsSandbox, database: str) -> Iterator[Workers]:
    workers = Workers(aws, database)
    yield workers
    workers.close()


@pytest.fixture
def signed(aws: AwsSandbox) -> Iterator[Workers]:
    """With a key for the audit."""
    found = Workers(aws, keys=KEYS)
    signing.begin(found.context.store, found.clock())
    yield found
    found.close()
