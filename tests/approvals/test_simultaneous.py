"""Two people press at the same instant, and two workers carry the result out at the same instant: one wins, once.

TEST_PAIRS says how many pairs of each kind; HYPOTHESIS_PROFILE=full takes 10,000 altogether.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from approvals.announce import announce
from approvals.decide import decide
from approvals.models import Request
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.approvals.bureau import ACCOUNTS, BOB_TOO, ONE, TWO, Bureau
from tests.approvals.office import ALICE, BOB, CAROL
from tests.profiles import is_full

KINDS = [
    (("approve", BOB), ("approve", CAROL)),
    (("approve", BOB), ("deny", CAROL)),
    (("deny", BOB), ("approve", CAROL)),
    (("deny", BOB), ("deny", CAROL)),
    (("approve", BOB), ("cancel", ALICE)),
]
PAIRS = int(os.environ.get("TEST_PAIRS", "1700" if is_full() else "60"))
Press = tuple[str, str]


@pytest.fixture
def bureau(aws: AwsSandbox) -> Iterator[Bureau]:
    found = Bureau(aws)
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


def press_at_once(bureau: Bureau, request: Request, pair: tuple[Press, Press]) -> None:
    for kind, by in pair:
        bureau.click(request, kind, by)
    first, second = [int(key) for kind, key in bureau.jobs() if kind == "click"]
    at_once(lambda: decide(bureau.context, first), lambda: decide(bureau.context, second))


def announced(bureau: Bureau, rule: str, turn: int) -> Request:
    found = bureau.rules.named(rule)
    assert found is not None
    number = bureau.request_tag(ALICE, ACCOUNTS[turn % len(ACCOUNTS)], found, subject=f"pair {turn}")
    announce(bureau.context, number or 0)
    return bureau.request(number)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("pair", KINDS, ids=lambda pair: f"{pair[0][0]}-{pair[1][0]}")
def test_of_two_clicks_one_wins_and_what_it_decides_is_done_once(bureau: Bureau, pair: tuple[Press, Press]) -> None:
    for turn in range(PAIRS):
        request = announced(bureau, ONE, turn)
        press_at_once(bureau, request, pair)
        decided = bureau.request(request.id)
        assert (decided.status, decided.decided_by) in [(ENDS[kind], by) for kind, by in pair]
        assert bureau.decisions(request) == [f"request.{decided.status}"]

        at_once(*[lambda: bureau.do(("run", request.id or 0))] * 2)  # noqa: B023  Both are over before the next turn.
        approved = decided.status == Status.APPROVED
        assert bureau.effects(request) == approved
        assert bureau.request(request.id).status == (Status.SUCCEEDED if approved else decided.status)
        bureau.aws.calls.clear()


ENDS = {"approve": Status.APPROVED, "deny": Status.DENIED, "cancel": Status.CANCELLED}


@pytest.mark.timeout(0)
@pytest.mark.parametrize("by", [BOB, BOB_TOO])
def test_one_person_who_presses_twice_counts_once(bureau: Bureau, by: str) -> None:
    """From one account or from two."""
    for turn in range(PAIRS):
        request = announced(bureau, TWO, turn)
        press_at_once(bureau, request, (("approve", BOB), ("approve", by)))
        assert bureau.request(request.id).status == Status.PENDING
        assert len(bureau.votes(request.id)) == 1
