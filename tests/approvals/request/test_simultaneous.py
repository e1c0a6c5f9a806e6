"""Two people press at the same instant, and two workers carry the result out at the same instant: one wins, once.

TEST_PAIRS says how many pairs of each kind; HYPOTHESIS_PROFILE=full takes 10,000 altogether.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from approvals.models import Request
from approvals.request.decide import decide
from approvals.request.prepare import announce
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.crashing import ACCOUNTS, BOB_TOO, ONE, TWO, CrashingWorkers
from tests.harness.people import ALICE, BOB, CAROL
from tests.harness.profiles import is_full

KINDS = [
    (("approve", BOB), ("approve", CAROL)),
    (("approve", BOB), ("deny", CAROL)),
    (("deny", BOB), ("approve", CAROL)),
    (("deny", BOB), ("deny", CAROL)),
    (("approve", BOB), ("cancel", ALICE)),
]
PAIRS = int(os.environ.get("TEST_PAIRS", "1700" if is_full() else "8"))  # On each database.
Press = tuple[str, str]


@pytest.fixture
def crashing(aws: AwsSandbox, database: str) -> Iterator[CrashingWorkers]:
    found = CrashingWorkers(aws, database)
    found.begin()
    yield found
    found.close()


def at_once(*works: Callable[[], None]) -> None:
    start = threading.Barrier(len(works))
    threads = [threading.Thread(target=lambda work=work: (start.wait(), work())) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def press_at_once(crashing: CrashingWorkers, request: Request, pair: tuple[Press, Press]) -> None:
    for kind, by in pair:
        crashing.click(request, kind, by)
    first, second = [int(key) for kind, key in crashing.jobs() if kind == "click"]
    at_once(lambda: decide(crashing.context, first), lambda: decide(crashing.context, second))


def announced(crashing: CrashingWorkers, rule: str, execution: int) -> Request:
    found = crashing.rules.named(rule)
    assert found is not None
    number = crashing.request_tag(ALICE, ACCOUNTS[execution % len(ACCOUNTS)], found, subject=f"pair {execution}")
    announce(crashing.context, number or 0)
    crashing.do(("lane", f"request:{number}"))  # Nobody presses a button of a card that is not there.
    return crashing.request(number)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("pair", KINDS, ids=lambda pair: f"{pair[0][0]}-{pair[1][0]}")
def test_of_two_clicks_one_wins_and_what_it_decides_is_done_once(
    crashing: CrashingWorkers, pair: tuple[Press, Press]
) -> None:
    for execution in range(PAIRS):
        request = announced(crashing, ONE, execution)
        press_at_once(crashing, request, pair)
        decided = crashing.request(request.id)
        assert (decided.status, decided.decided_by) in [(ENDS[kind], by) for kind, by in pair]
        assert crashing.decisions(request) == [f"request.{decided.status}"]

        at_once(*[lambda: crashing.do(("run", request.id or 0))] * 2)  # noqa: B023  Both are over before the next turn.
        approved = decided.status == Status.APPROVED
        assert crashing.effects(request) == approved
        assert crashing.request(request.id).status == (Status.SUCCEEDED if approved else decided.status)
        crashing.aws.calls.clear()


ENDS = {"approve": Status.APPROVED, "deny": Status.DENIED, "cancel": Status.CANCELLED}


@pytest.mark.timeout(0)
@pytest.mark.parametrize("by", [BOB, BOB_TOO])
def test_one_person_who_presses_twice_counts_once(crashing: CrashingWorkers, by: str) -> None:
    """From one account or from two."""
    for execution in range(PAIRS):
        request = announced(crashing, TWO, execution)
        press_at_once(crashing, request, (("approve", BOB), ("approve", by)))
        assert crashing.request(request.id).status == Status.PENDING
        assert len(crashing.votes(request.id)) == 1
