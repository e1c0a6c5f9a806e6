"""What waits for whom: only what a person may decide, has not decided, and did not ask for."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk import WebClient

from approvals.authority.directory import CachedDirectory, Directory, Memory, Workspace
from approvals.authority.may import ObjectionError
from approvals.authority.press import StrangeCardError, UnconfirmedCardError
from approvals.authority.rules import Rule, Rules
from approvals.context import NotYetError
from approvals.models import Request, Vote
from approvals.request.pending import may_ask, may_decide, pending_for
from approvals.slack.client import SlackAwayError
from tests.harness.clock import Clock
from tests.harness.people import ALICE, BOB, CAROL, DAVE, TEAM
from tests.harness.workers import Workers


@pytest.fixture
def asked(workers: Workers) -> Request:
    """A request of Alice's that needs two of Alice, Bob and Carol."""
    workers.rules = Rules([Rule("default", (ALICE, BOB, CAROL), approvals=2, escalate_to=(DAVE,))])
    request = workers.ask("create-account", account_name="fullback-mobile", email="mobile@example.com")
    workers.work()
    return request


def numbers(workers: Workers, user: str) -> tuple[list[int | None], int]:
    waits = pending_for(workers.context, user)
    return [request.id for request in waits.mine], waits.others


@pytest.mark.parametrize(("user", "mine", "others"), [(BOB, [1], 0), (ALICE, [], 1), (DAVE, [], 1), ("U0X", [], 1)])
def test_who_may_decide(workers: Workers, asked: Request, user: str, mine: list[int], others: int) -> None:
    assert numbers(workers, user) == (mine, others)


def test_who_has_approved_has_nothing_to_do(workers: Workers, asked: Request) -> None:
    workers.click(asked, "approve", BOB)
    workers.work()
    assert numbers(workers, BOB) == ([], 1)
    assert numbers(workers, CAROL) == ([1], 0)


def test_whose_rule_is_satisfied_already_has_nothing_to_do(workers: Workers, asked: Request) -> None:
    one, other = Rule("one", (BOB, DAVE)), Rule("other", (CAROL,), under="/Security")
    workers.rules = Rules([other, one])
    workers.ask("move-account", account="222222222222", to="/Security")
    workers.work()
    moves = workers.request(2)
    assert [kept["name"] for kept in moves.rules] == ["other", "one"]
    workers.click(moves, "approve", BOB)
    workers.work()
    assert [2 in numbers(workers, user)[0] for user in (BOB, CAROL, DAVE)] == [False, True, False]


def test_what_is_no_approval_satisfies_nothing(workers: Workers, asked: Request) -> None:
    of: dict[str, Any] = {"request_id": asked.id, "decision": "deny", "digest": asked.digest, "at": workers.clock()}
    with workers.context.store.write() as session:
        for user in (CAROL, "U0X"):
            session.add(Vote(user=user, person=user, seats={"default": "first"}, **of))
    assert numbers(workers, BOB) == ([1], 0)
    assert pending_for(workers.context, BOB).left == {asked.id: 2}


def test_of_very_many_those_are_looked_at_that_expire_first(
    workers: Workers, asked: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers.clock.advance(hours=1)
    workers.ask("create-ou", unit_name="Data")
    workers.work()
    assert numbers(workers, BOB) == ([1, 2], 0)
    monkeypatch.setattr("approvals.request.pending.LOOKED_AT", 1)
    assert numbers(workers, BOB) == ([1], 0)


def test_whoever_may_decide_is_asked_why_and_so_is_whoever_is_not_known_in_time(
    workers: Workers, asked: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody who may decide is kept from it, and what they send is judged anew."""
    assert [may_decide(workers.context, workers.press(asked, "deny", by)) for by in (BOB, ALICE, DAVE)] == [
        *(True, False, False),
    ]
    press, raised = workers.press(asked, "deny", BOB), list[Exception]()
    assert not may_decide(workers.context, dataclasses.replace(press, request_id=77))

    def judging(*_: object) -> None:
        raise raised[-1]

    with monkeypatch.context() as patch:
        patch.setattr("approvals.request.pending.judge", judging)
        for error, may in (
            (SlackAwayError("users.info"), True),
            (UnconfirmedCardError(), True),
            (NotYetError("the organization is read again"), True),
            (StrangeCardError(), False),
            (ObjectionError("It is your own."), False),
        ):
            raised.append(error)
            assert may_decide(workers.context, press) == may
    workers.clock.advance(hours=72, seconds=-1)
    assert may_decide(workers.context, press)
    workers.clock.advance(seconds=1)
    assert not may_decide(workers.context, press)


def test_what_is_decided_or_not_announced_yet_waits_for_nobody(workers: Workers, asked: Request) -> None:
    press = workers.press(asked, "deny", BOB)
    workers.click(asked, "cancel", ALICE)
    workers.work()
    assert numbers(workers, BOB) == ([], 0)
    assert not may_decide(workers.context, press)
    unannounced = workers.ask("create-ou", unit_name="Data")
    assert not may_decide(workers.context, workers.press(unannounced, "deny", BOB))


def test_guests_have_nothing_to_decide(workers: Workers, asked: Request) -> None:
    workers.people.people[BOB] = dataclasses.replace(workers.people.people[BOB], guest=True)
    assert numbers(workers, BOB) == ([], 1)


def test_after_the_escalation_it_waits_for_others_as_well(workers: Workers, asked: Request) -> None:
    workers.clock.advance(hours=24)
    workers.work()
    assert numbers(workers, DAVE) == ([1], 0)


def test_what_has_run_out_of_time_waits_for_nobody(workers: Workers, asked: Request) -> None:
    workers.clock.advance(hours=72, seconds=-1)
    assert numbers(workers, BOB) == ([1], 0)
    workers.clock.advance(seconds=1)
    assert numbers(workers, BOB) == ([], 0)


def test_what_expires_first_is_in_front(workers: Workers, asked: Request) -> None:
    workers.rules = Rules([dataclasses.replace(workers.rules.rules[0], expires=timedelta(hours=48))])
    for number in range(2):
        workers.ask("create-ou", unit_name=f"Data {number}")
        workers.work()
    assert numbers(workers, BOB) == ([2, 3, 1], 0)


def test_what_was_asked_under_a_rule_that_is_gone_waits_for_nobody_in_particular(
    workers: Workers, asked: Request
) -> None:
    workers.rules = Rules([])
    assert numbers(workers, BOB) == ([], 1)


def test_what_was_not_announced_yet_waits_for_nobody(workers: Workers) -> None:
    workers.ask("create-account", account_name="fullback-mobile", email="mobile@example.com")
    assert numbers(workers, BOB) == ([], 0)


def test_a_groups_members_are_remembered_for_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def members(_: Directory, group: str) -> list[str]:
        asked.append(group)
        return [f"U{len(asked)}"]

    monkeypatch.setattr(Directory, "members", members)
    clock = Clock()
    people = CachedDirectory(WebClient(), lambda: Workspace(TEAM), Memory(clock))
    assert [people.members("S0A"), people.members("S0A")] == [["U1"], ["U1"]]
    clock.advance(seconds=30)
    assert people.members("S0A") == ["U1"]
    clock.advance(seconds=1)
    assert people.members("S0A") == ["U2"]


def test_what_somebody_may_ask_for_is_what_some_rule_lets_them(workers: Workers) -> None:
    theirs = Rule("theirs", (BOB,), operations=("move-account", "close-account"), requesters=(ALICE,))
    everybodys = Rule("all", (BOB,), operations=("credentials",))
    rules = Rules([theirs, everybodys], without=frozenset({"close-account"}))
    context = dataclasses.replace(workers.context, rules=lambda: rules)
    assert may_ask(context, ALICE) == {"move-account", "credentials"}
    assert may_ask(context, DAVE) == {"credentials"}


def test_how_many_approvals_are_missing_is_known(workers: Workers, asked: Request) -> None:
    assert pending_for(workers.context, BOB).left == {asked.id: 2}
    workers.click(asked, "approve", BOB)
    workers.work()
    assert pending_for(workers.context, CAROL).left == {asked.id: 1}
