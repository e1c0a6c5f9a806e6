"""What is irreversible needs two people where two may approve it, and one where there is only one."""

from __future__ import annotations

import pytest

from approvals.authority.rules import Rule, Rules
from approvals.request.decide import decide
from approvals.states import Status
from tests.harness.people import ALICE, BOB, CAROL, DAVE
from tests.harness.workers import Workers

CLOSE = {"account": "222222222222", "confirm": "222222222222"}


def rule(*approvers: str) -> Rule:
    return Rule("irreversible", approvers, approvals_if_able=2)


@pytest.mark.parametrize(
    ("approvers", "by", "needed"),
    [
        ((BOB,), ALICE, 1),
        ((BOB, "bob@example.com"), ALICE, 1),
        ((BOB, CAROL), ALICE, 2),
        ((BOB, CAROL), BOB, 1),
        ((BOB, CAROL, DAVE), BOB, 2),
        (("S0PAIR",), ALICE, 2),
        (("S0PAIR", "U0NOBODY"), CAROL, 1),
    ],
)
def test_as_many_as_there_are(workers: Workers, approvers: tuple[str, ...], by: str, needed: int) -> None:
    workers.people.groups = {"S0PAIR": [BOB, CAROL]}
    workers.rules = Rules([rule(*approvers)])
    request = workers.ask("tag-account", by, account="222222222222", tags=["a=b"])
    workers.work()
    assert workers.request(request.id).approvals_needed == needed


def test_whoever_joins_the_approvers_counts_at_the_click(workers: Workers) -> None:
    workers.people.groups = {"S0PAIR": [BOB]}
    workers.rules = Rules([rule("S0PAIR")])
    request = workers.ask("create-account", account_name="fullback-mobile", email="mobile@example.com")
    workers.work()
    workers.people.groups["S0PAIR"].append(CAROL)
    workers.click(request, "approve", BOB)
    decide(workers.context, workers._newest_click())
    waits = workers.request(request.id)
    assert (waits.status, waits.approvals_needed) == (Status.PENDING, 2)
    workers.click(request, "approve", CAROL)
    workers.work()
    assert workers.request(request.id).decided_at
