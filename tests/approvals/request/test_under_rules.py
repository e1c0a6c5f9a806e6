"""Rules from the request to AWS: who asks, who must approve, and what still counts when it is carried out."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlmodel import col, select

from approvals.authority.may import Approver, approvers_now
from approvals.authority.requirements import requirements_of
from approvals.authority.rules import Rule, Rules
from approvals.models import Request, Vote
from approvals.request.decide import decide
from approvals.request.prepare import announce
from approvals.states import Status
from approvals.views.card import card
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE, BOB, CAROL, DAVE
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}
TWO_GROUPS = Rule("two groups", ("S0LEADS",), approvals=2, second_approvers=("S0SECURITY",))


@pytest.fixture
def two(workers: Workers) -> Workers:
    """Bob leads, Carol is of security, Dave is both."""
    workers.people.groups = {"S0LEADS": [BOB, DAVE], "S0SECURITY": [CAROL, DAVE]}
    workers.people.people["U0ERIN"] = dataclasses.replace(
        workers.people.people[BOB], user="U0ERIN", key="erin@example.com"
    )
    workers.people.groups["S0LEADS"].append("U0ERIN")
    workers.rules = Rules([TWO_GROUPS])
    return workers


def asked(workers: Workers, **params: str) -> Request:
    request = workers.ask("create-account", **(NEW | params))
    workers.work()
    return request


def approve(workers: Workers, request: Request, *people: str) -> Status:
    """Lets people approve one after the other; what follows an approval waits."""
    for by in people:
        workers.click(request, "approve", by)
        decide(workers.context, workers._newest_click())
    return Status(workers.request(request.id).status)


def needed(workers: Workers, request: Request) -> str:
    """The line of the card that says who is needed."""
    with workers.context.store.read() as session:
        votes = session.exec(select(Vote).where(Vote.request_id == request.id).order_by(col(Vote.id))).all()
    blocks = card(
        workers.request(request.id), votes, required=requirements_of(workers.request(request.id), workers.rules)
    )["blocks"]
    return next(text for text in map(str, blocks) if "needs" in text)


@pytest.mark.parametrize("people", [(BOB, CAROL), (CAROL, BOB), (BOB, DAVE), (DAVE, CAROL), (DAVE, BOB)])
def test_one_of_each_group_is_enough(two: Workers, people: tuple[str, str]) -> None:
    request = asked(two)
    assert approve(two, request, people[0]) == Status.PENDING
    assert approve(two, request, people[1]) == Status.APPROVED
    assert two.until_done(request).status == Status.SUCCEEDED


def test_two_of_the_first_group_are_not_enough(two: Workers) -> None:
    request = asked(two)
    assert approve(two, request, BOB, "U0ERIN") == Status.PENDING
    assert approve(two, request, CAROL) == Status.APPROVED


def test_the_card_says_who_is_still_needed(two: Workers) -> None:
    request = asked(two)
    assert "0 of 2 approvals  ·  needs 1 of <!subteam^S0LEADS> and 1 of <!subteam^S0SECURITY>" in needed(two, request)
    approve(two, request, CAROL)
    assert f"1 of 2 approvals (<@{CAROL}>)  ·  needs 1 of <!subteam^S0LEADS>" in needed(two, request)

    other = asked(two, email="other@example.com")
    approve(two, other, DAVE)
    assert "needs 1 of <!subteam^S0LEADS>, <!subteam^S0SECURITY>" in needed(two, other)


def test_an_earlier_approver_who_was_removed_does_not_count_at_the_last_click(two: Workers) -> None:
    request = asked(two)
    approve(two, request, BOB)
    two.people.groups["S0LEADS"].remove(BOB)
    assert approve(two, request, CAROL) == Status.PENDING
    assert approve(two, request, "U0ERIN") == Status.APPROVED


def test_an_approval_of_something_else_does_not_count(two: Workers) -> None:
    request = asked(two)
    approve(two, request, BOB)
    with two.context.store.write() as session:
        session.exec(select(Vote)).one().digest = "of another request"
    assert approve(two, request, CAROL) == Status.PENDING
    assert approve(two, request, "U0ERIN") == Status.APPROVED


def test_an_approval_that_comes_while_the_others_are_looked_up_is_seen(
    two: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(two)
    for by in (BOB, CAROL):
        two.click(request, "approve", by)
    bobs, carols = (int(key) for kind, key in two._due() if kind == "click")

    def too_early(*asked: Any) -> list[Approver]:
        found = approvers_now(*asked)
        monkeypatch.setattr("approvals.authority.may.approvers_now", approvers_now)
        decide(two.context, bobs)
        return found

    monkeypatch.setattr("approvals.authority.may.approvers_now", too_early)
    decide(two.context, carols)
    assert two.request(request.id).status == Status.APPROVED


@pytest.mark.parametrize("gone", [BOB, CAROL])
def test_whoever_was_removed_before_anything_is_sent_makes_the_approval_void(
    two: Workers, aws: AwsSandbox, gone: str
) -> None:
    request = asked(two)
    approve(two, request, BOB, CAROL)
    for members in two.people.groups.values():
        if gone in members:
            members.remove(gone)

    request = two.until_done(request)
    assert request.status == Status.STALE
    assert "may no longer approve" in request.outcome
    assert aws.calls.of("CreateAccount") == []


def test_one_who_speaks_for_both_and_loses_one_group_still_speaks_for_the_other(two: Workers) -> None:
    request = asked(two)
    approve(two, request, DAVE, BOB)
    two.people.groups["S0LEADS"].remove(DAVE)
    assert two.until_done(request).status == Status.SUCCEEDED


def test_a_rule_that_was_tightened_before_anything_is_sent(two: Workers, aws: AwsSandbox) -> None:
    request = asked(two)
    approve(two, request, BOB, CAROL)
    two.rules = Rules([dataclasses.replace(TWO_GROUPS, approvals=3)])
    assert two.until_done(request).status == Status.STALE
    assert aws.calls.of("CreateAccount") == []


def test_the_requester_decides_which_rule_it_is(workers: Workers) -> None:
    """Who asks is known only once Slack was asked, so that it is filed with one rule and decided by another."""
    workers.people.groups["S0PLATFORM"] = [DAVE]
    platform = Rule("platform", (CAROL,), requesters=("S0PLATFORM", "erin@example.com"))
    workers.rules = Rules([platform, Rule("the rest", (BOB,), approvals=2)])
    mine, theirs = asked(workers), workers.ask("create-account", by=DAVE, **(NEW | {"email": "d@example.com"}))
    workers.work()

    assert mine.rule == "platform"
    found = [workers.request(request.id) for request in (mine, theirs)]
    assert [(request.rule, request.approvals_needed) for request in found] == [("the rest", 2), ("platform", 1)]


def test_the_wait_is_that_of_the_rule_that_decides(workers: Workers) -> None:
    first = Rule("dave's", (CAROL,), requesters=(DAVE,), expires=dataclasses.replace(TWO_GROUPS).expires * 2)
    workers.rules = Rules([first, Rule("the rest", (BOB,))])
    request = workers.request(asked(workers).id)
    assert request.created_at is not None
    assert request.expires_at == request.created_at + workers.rules.rules[1].expires


def test_who_may_not_ask_is_told_which_rule_is_missing(workers: Workers, aws: AwsSandbox) -> None:
    workers.rules = Rules([Rule("dave's", (BOB,), requesters=(DAVE,), approvals=0)])
    request = workers.request(asked(workers).id)
    assert request.status == Status.REFUSED
    assert "No rule allows create-account in / for alice@example.com" in workers.said("dm")[-1]
    assert aws.calls.of("CreateAccount") == []


AT_ONCE = Rule("at once", (), approvals=0, requesters=("alice@example.com",))


def test_what_a_rule_grants_at_once_needs_no_click(workers: Workers) -> None:
    workers.rules = Rules([AT_ONCE])
    request = workers.until_done(workers.ask("create-account", **NEW))
    assert request.status == Status.SUCCEEDED
    assert "no approval needed, by the rule “at once”" in str(card(request, [])["blocks"])
    events = [entry.event for entry in workers.audit() if entry.request_id == request.id]
    assert events[:2] == ["request.filed", "request.approved"]


@pytest.mark.parametrize("change", ["deactivated", "rule", "requester"])
def test_what_would_not_be_granted_any_more_is_not_done(workers: Workers, aws: AwsSandbox, change: str) -> None:
    workers.rules = Rules([AT_ONCE])
    request = workers.ask("create-account", **NEW)
    for kind, key in workers._due():
        assert kind == "announce"
        announce(workers.context, int(key))
    assert workers.request(request.id).status == Status.APPROVED

    if change == "deactivated":
        workers.people.people[ALICE] = dataclasses.replace(workers.people.people[ALICE], deactivated=True)
    else:
        changed = {"rule": {"approvals": 1, "approvers": (BOB,)}, "requester": {"requesters": (DAVE,)}}[change]
        workers.rules = Rules([dataclasses.replace(AT_ONCE, **changed)])  # type: ignore[arg-type]
    assert workers.until_done(request).status == Status.STALE
    assert aws.calls.of("CreateAccount") == []
