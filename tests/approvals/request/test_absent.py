"""Approvers who are not in the approval channel hear of a request by direct message, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from slack_sdk import WebClient
from sqlmodel import col, select

from approvals.authority.directory import Directory, Person, Workspace
from approvals.authority.rules import Rule, Rules
from approvals.models import Message, Request
from approvals.request import reminders
from approvals.request.reminders import MOST_OF_A_GROUP, _absent, tell_absent
from approvals.slack.client import SlackAwayError
from sandbox.slack.driver import SlackSandbox
from tests.harness.mail import Mail
from tests.harness.people import ALICE, BOB, CAROL, DAVE, TEAM
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}


def asked(mail: Mail, *approvers: str, **more: object) -> Request:
    """A request of Alice's whose card is posted, and about which everybody was told."""
    mail.workers.rules = Rules([Rule("default", approvers, **more)])  # type: ignore[arg-type]
    request = mail.workers.ask("create-account", **NEW)
    mail.deliver()
    return request


def called(workers: Workers) -> list[str]:
    """Who was called by direct message, in order."""
    with workers.context.store.read() as session:
        calls = select(Message.user).where(col(Message.lane).startswith("call:"))
        return list(session.exec(calls.order_by(col(Message.id))).all())


def test_who_is_not_in_the_channel_gets_the_link_to_the_card(mail: Mail) -> None:
    mail.workers.people.channel = {BOB}
    asked(mail, BOB, CAROL)
    assert mail.slack.person("bob").dms == []
    (line,) = [message["text"] for message in mail.slack.person("carol").dms]
    assert "<@U0ALICE> waits for a decision that you may make: request #1" in line
    assert "<#C0APPROVALS>" in line
    assert mail.workers.request(1).card_link in line


def test_groups_and_addresses_name_people_too_and_nobody_is_called_twice(mail: Mail) -> None:
    mail.workers.people.channel = set()
    mail.workers.people.groups["S0SECURITY"] = [CAROL, DAVE]
    asked(mail, BOB, "S0SECURITY", "dave@example.com", "nobody@example.com")
    assert called(mail.workers) == [BOB, CAROL, DAVE]


def test_of_a_large_group_only_some_are_called(mail: Mail) -> None:
    many = [f"U{number}" for number in range(MOST_OF_A_GROUP + 5)]
    mail.workers.people.people |= {user: Person(user, TEAM, user, user) for user in many}
    mail.workers.people.groups["S0ALL"] = many
    asked(mail, "S0ALL")
    assert len(called(mail.workers)) == MOST_OF_A_GROUP


def test_who_asks_is_not_called(mail: Mail) -> None:
    mail.workers.people.channel = set()
    asked(mail, ALICE, BOB)
    assert called(mail.workers) == [BOB]


def test_who_may_not_decide_is_not_called_and_not_named(mail: Mail) -> None:
    mail.workers.people.channel = set()
    mail.workers.people.people[CAROL] = Person(CAROL, TEAM, "carol@example.com", "carol", deactivated=True)
    mail.workers.people.people[DAVE] = Person(DAVE, "T0OTHER", "dave@example.com", "dave")
    asked(mail, ALICE, BOB, CAROL, "dave@example.com")
    assert called(mail.workers) == [BOB]
    (card,) = mail.slack.messages("aws-approvals")
    assert "needs 1 of <@U0BOB>, rule" in str(card["blocks"])


def test_the_escalation_calls_only_those_who_have_not_been(mail: Mail) -> None:
    mail.workers.people.channel = set()
    asked(mail, BOB, escalate_to=(BOB, DAVE), escalate_after=timedelta(hours=1))
    mail.workers.clock.advance(hours=1)
    mail.deliver()
    assert called(mail.workers) == [BOB, DAVE]


def test_when_slack_is_away_they_are_told_later(mail: Mail) -> None:
    mail.workers.people.channel, mail.workers.people.away = set(), True
    asked(mail, BOB)
    assert called(mail.workers) == []
    mail.workers.people.away = False
    mail.workers.clock.advance(minutes=2)
    mail.deliver()
    assert called(mail.workers) == [BOB]


def test_what_was_decided_meanwhile_calls_nobody(mail: Mail) -> None:
    mail.workers.people.channel, mail.workers.people.away = set(), True
    request = asked(mail, BOB)
    mail.workers.click(request, "deny", BOB)
    mail.workers.work()
    mail.workers.people.away = False
    mail.workers.clock.advance(minutes=2)
    mail.deliver()
    assert called(mail.workers) == []


def test_of_two_processes_one_calls(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    mail.workers.people.channel, mail.workers.people.away = set(), True
    request = asked(mail, BOB)
    mail.workers.people.away = False
    mail.workers.clock.advance(minutes=1)
    both = _absent

    def meanwhile(*given: object) -> list[str]:
        monkeypatch.setattr(reminders, "_absent", both)
        tell_absent(mail.workers.context, request.id or 0)
        return both(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(reminders, "_absent", meanwhile)
    tell_absent(mail.workers.context, request.id or 0)
    assert called(mail.workers) == [BOB]


def test_slack_tells_who_is_in_a_channel_page_by_page(slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("approvals.authority.directory.PAGE", 2)
    people = Directory(
        WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=5), lambda: Workspace(TEAM)
    )
    assert people.in_channel("C0APPROVALS") == slack.workspace.channel("aws-approvals").members
    assert people.by_email("bob@example.com") == BOB
    assert people.by_email("nobody@example.com") == ""
    slack.faults.add("conversations.members", error="missing_scope")
    with pytest.raises(SlackAwayError, match="missing_scope"):
        people.in_channel("C0APPROVALS")
