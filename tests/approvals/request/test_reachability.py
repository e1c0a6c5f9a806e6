"""A request whose approvals cannot be reached: its requester is told at once and once, and nothing is claimed on hearsay."""

from __future__ import annotations

import dataclasses

import pytest

from approvals.authority.directory import Person
from approvals.authority.rules import Rule, Rules
from approvals.models import Request
from approvals.request.decide import decide
from approvals.request.reachability import look_whether_reachable
from approvals.slack.client import SlackAwayError
from approvals.views.card import card
from tests.harness.people import ALICE, BOB, CAROL, DAVE
from tests.harness.rules import required
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}
CANNOT = "can't be approved as things stand"


def asked(workers: Workers, rule: Rule, by: str = ALICE) -> Request:
    """A request whose card has just been posted."""
    workers.rules = Rules([rule])
    request = workers.ask("create-account", by, **NEW)
    workers.work()
    look_whether_reachable(workers.context, request.id or 0)
    return workers.request(request.id)


def leaves(workers: Workers, user: str) -> None:
    workers.people.people[user] = dataclasses.replace(workers.people.people[user], deactivated=True)


def warnings(workers: Workers) -> list[str]:
    return [text for text in workers.said("dm") if CANNOT in text]


def on_card(workers: Workers, request: Request) -> bool:
    return "Can't be approved" in str(card(workers.request(request.id), [], required=required(workers.rules.rules[0])))


@pytest.mark.parametrize(
    ("rule", "by", "why"),
    [
        (Rule("r", (ALICE,)), ALICE, "needs 1 approval, and nobody other than you may give one."),
        (Rule("r", ("S0PAIR",), approvals=2), BOB, "needs 2 approvals, and only 1 person other than you may give one."),
        (Rule("r", ("S0EMPTY",)), ALICE, "nobody other than you may give one."),
        (Rule("r", ("nobody@example.com", "U0NOBODY")), ALICE, "nobody other than you may give one."),
        (Rule("r", ("S0PAIR",), approvals=2, second_approvers=(ALICE,)), ALICE, "one of them by its second approvers"),
        (Rule("r", (BOB, "bob@example.com"), approvals=2), ALICE, "only 1 person other than you may give one."),
    ],
)
def test_who_asks_is_told_when_too_few_may_approve(workers: Workers, rule: Rule, by: str, why: str) -> None:
    workers.people.groups = {"S0PAIR": [BOB, CAROL], "S0EMPTY": []}
    request = asked(workers, rule, by)
    (told,) = warnings(workers)
    assert why in told
    assert "Have another approver named in the bot's rules, or cancel it." in told
    assert on_card(workers, request)
    look_whether_reachable(workers.context, request.id or 0)
    assert len(warnings(workers)) == 1


def test_an_account_of_the_requesters_is_nobody_else(workers: Workers) -> None:
    workers.people.people[BOB] = dataclasses.replace(workers.people.people[BOB], key="alice@example.com")
    asked(workers, Rule("r", (BOB,)))
    assert warnings(workers)


@pytest.mark.parametrize(
    "rule",
    [
        Rule("r", (BOB,)),
        Rule("r", (BOB, CAROL), approvals=2),
        Rule("r", ("S0PAIR",), approvals=2),
        Rule("r", (ALICE,), escalate_to=(DAVE,)),
        Rule("r", ("S0CROWD",)),
    ],
)
def test_nothing_is_said_where_enough_may(workers: Workers, rule: Rule) -> None:
    workers.people.groups = {"S0PAIR": [BOB, CAROL], "S0CROWD": [f"U0{number}" for number in range(500)]}
    assert not on_card(workers, asked(workers, rule))
    assert not warnings(workers)


def test_nothing_is_claimed_while_slack_does_not_tell(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    workers.rules = Rules([Rule("r", (ALICE,))])
    request = workers.ask("create-account", **NEW)
    workers.work()

    def away(user: str) -> Person:
        raise SlackAwayError(user)

    with monkeypatch.context() as patched:
        patched.setattr(workers.people, "look", away)
        look_whether_reachable(workers.context, request.id or 0)
        assert not warnings(workers)
    look_whether_reachable(workers.context, request.id or 0)
    assert warnings(workers)


def test_a_reminder_notices_who_has_left_and_that_there_is_somebody_again(workers: Workers) -> None:
    request = asked(workers, Rule("default", (BOB,)))
    leaves(workers, BOB)
    workers.clock.advance(hours=4)
    workers.work()
    assert len(warnings(workers)) == 1
    workers.rules = Rules([Rule("default", (BOB, CAROL))])
    workers.clock.advance(hours=8)
    workers.work()
    assert "can't be approved" not in workers.said("dm")[-1]
    assert not on_card(workers, request)
    assert [entry.event for entry in workers.audit() if "reachable" in entry.event] == [
        "request.unreachable",
        "request.reachable",
    ]


def test_a_click_notices_that_the_other_approver_has_left(workers: Workers) -> None:
    request = asked(workers, Rule("r", (BOB, CAROL), approvals=2))
    leaves(workers, CAROL)
    workers.click(request, "approve", BOB)
    decide(workers.context, workers._newest_click())
    assert "only 1 person other than you may give one" in warnings(workers)[0]


def test_a_rule_that_is_gone_is_told(workers: Workers) -> None:
    """Where today's rules ask for nobody's approval, nobody is left who could give one."""
    request = asked(workers, Rule("r", (BOB,)))
    workers.rules = Rules([Rule("other", (), approvals=0)])
    look_whether_reachable(workers.context, request.id or 0)
    assert "no longer exists. Cancel it and ask again." in warnings(workers)[0]
