"""What is irreversible needs two people where two may approve it, and one where there is only one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from approvals.authority.rules import Rule, Rules
from approvals.models import Request
from approvals.request.decide import decide
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
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


def closing(workers: Workers) -> Request:
    """Somebody asks to close an account, and Bob has approved."""
    workers.rules = Rules([rule(BOB, CAROL, DAVE)])
    request = workers.ask("close-account", **CLOSE)
    workers.work()
    workers.click(request, "approve", BOB)
    workers.work()
    return workers.request(request.id)


def leaves(workers: Workers, user: str) -> None:
    workers.people.people[user] = replace(workers.people.people[user], deactivated=True)


def ended(workers: Workers, aws: AwsSandbox, request: Request) -> tuple[Status, int]:
    return workers.until_done(request).status, len(aws.calls.of("CloseAccount"))


def test_one_approval_closes_nothing(workers: Workers, aws: AwsSandbox) -> None:
    assert ended(workers, aws, closing(workers)) == (Status.PENDING, 0)


def test_two_do(workers: Workers, aws: AwsSandbox) -> None:
    request = closing(workers)
    workers.click(request, "approve", CAROL)
    assert ended(workers, aws, request)[1] == 1


def test_one_approver_is_left_and_the_number_stays(workers: Workers, aws: AwsSandbox) -> None:
    """What was promised on the card isn't loosened by those who leave afterwards."""
    request = closing(workers)
    leaves(workers, CAROL)
    leaves(workers, DAVE)
    assert ended(workers, aws, request) == (Status.PENDING, 0)


@pytest.mark.parametrize("moment", ["before the second press", "before it runs"])
def test_whoever_approved_and_left_does_not_count(workers: Workers, aws: AwsSandbox, moment: str) -> None:
    request = closing(workers)
    if moment == "before it runs":
        workers.click(request, "approve", CAROL)
        decide(workers.context, workers._newest_click())
        assert workers.request(request.id).status == Status.APPROVED
        leaves(workers, BOB)
        assert ended(workers, aws, request) == (Status.STALE, 0)
        return
    leaves(workers, BOB)
    workers.click(request, "approve", CAROL)
    assert ended(workers, aws, request) == (Status.PENDING, 0)


@pytest.mark.parametrize("then", ["the same address", "another address by then"])
def test_two_accounts_of_one_person_are_one(workers: Workers, aws: AwsSandbox, then: str) -> None:
    twin = replace(workers.people.people[BOB], user="U0BOBTWO")
    workers.people.people["U0BOBTWO"] = twin
    workers.rules = Rules([rule(BOB, "U0BOBTWO", CAROL)])
    request = workers.ask("close-account", **CLOSE)
    workers.work()
    workers.click(request, "approve", BOB)
    workers.work()
    if then != "the same address":
        workers.people.people[BOB] = replace(workers.people.people[BOB], key="robert@example.com")
    workers.click(request, "approve", "U0BOBTWO")
    assert ended(workers, aws, request) == (Status.PENDING, 0)


def test_nobody_breaks_the_glass_where_no_rule_says_who(workers: Workers, aws: AwsSandbox) -> None:
    workers.rules = Rules([rule(BOB, CAROL)])
    request = workers.ask("close-account", **CLOSE)
    with workers.context.store.write() as session:
        session.get_one(Request, request.id).break_glass = True
    workers.work()
    refused = workers.request(request.id)
    assert (refused.status, len(aws.calls.of("CloseAccount"))) == (Status.REFUSED, 0)
    assert "does not let you break the glass" in refused.outcome


def test_asked_again_it_is_judged_as_if_nobody_had_ever_approved(workers: Workers, aws: AwsSandbox) -> None:
    """Neither the approval nor a press on the older card counts for the newer one."""
    first = closing(workers)
    workers.clock.advance(days=4)
    workers.work()
    assert workers.request(first.id).status == Status.EXPIRED
    second = workers.ask("close-account", BOB, **CLOSE)
    workers.work()
    assert (workers.request(second.id).approvals_needed, second.key == first.key) == (2, False)
    for user in (CAROL, DAVE):
        workers.click(first, "approve", user)
        on_the_older = replace(workers.press(first, "approve", user), request_id=second.id or 0, key=second.key)
        workers.intake.click(replace(on_the_older, delivery=f"old-{user}"))
    workers.click(second, "approve", BOB)
    workers.click(second, "approve", CAROL)
    assert ended(workers, aws, second) == (Status.PENDING, 0)
    workers.click(second, "approve", DAVE)
    assert ended(workers, aws, second)[1] == 1
