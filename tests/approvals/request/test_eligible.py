"""Who is asked for the reason of a denial: those who may decide, and those of whom Slack does not tell in time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import select

from approvals.authority.directory import Person
from approvals.models import Message, Request
from approvals.request.intake import Click
from approvals.request.pending import may_decide
from approvals.slack.client import SlackAwayError
from tests.harness.people import ALICE, BOB, CAROL, DAVE, TEAM
from tests.harness.workers import Workers


@pytest.fixture
def asked(workers: Workers) -> Request:
    """A request of Alice's that waits for Bob."""
    request = workers.ask("create-account", account_name="fullback-mobile", email="mobile@example.com")
    workers.work()
    return request


def may(workers: Workers, request: Request, by: str, team: str = TEAM) -> bool:
    return may_decide(workers.context, workers.press(request, "deny", by, team))


@pytest.mark.parametrize(
    ("by", "team", "answer"),
    [(BOB, TEAM, True), (ALICE, TEAM, False), (DAVE, TEAM, False), ("U0NOBODY", TEAM, False), (BOB, "T0OTHER", False)],
)
def test_only_approvers_may(workers: Workers, asked: Request, by: str, team: str, *, answer: bool) -> None:
    assert may(workers, asked, by, team) is answer


def test_what_is_decided_or_over_or_unknown_needs_no_reason(workers: Workers, asked: Request) -> None:
    workers.clock.advance(hours=72, seconds=-1)
    assert may(workers, asked, BOB)
    workers.clock.advance(seconds=1)
    assert not may(workers, asked, BOB)
    workers.work()
    assert not may(workers, asked, BOB)
    unknown = workers.press(asked, "deny", BOB, TEAM)
    assert not may_decide(workers.context, replace(unknown, request_id=77))


def test_when_slack_does_not_tell_the_form_opens(
    workers: Workers, asked: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(user: str) -> Person:
        raise SlackAwayError(user)

    monkeypatch.setattr(workers.people, "look", away)
    assert may(workers, asked, DAVE)


def test_no_form_opens_for_what_was_decided_or_not_announced(workers: Workers, asked: Request) -> None:
    press = workers.press(asked, "deny", BOB)
    workers.click(asked, "deny", CAROL)
    workers.work()
    assert not may_decide(workers.context, press)
    silent = workers.ask("create-account", account_name="other", email="other@example.com")
    assert not may_decide(workers.context, workers.press(silent, "deny", BOB))


def test_no_form_opens_from_a_card_that_is_not_the_requests(workers: Workers, asked: Request) -> None:
    press = replace(workers.press(asked, "deny", BOB), message_ts="7.7")
    assert not may_decide(workers.context, press)


def test_the_form_opens_while_the_card_is_on_its_way(workers: Workers, asked: Request) -> None:
    """Slack may show the card before its answer is here."""
    with workers.context.store.write() as session:
        for message in session.exec(select(Message).where(Message.kind == "card")).all():
            message.status = "sending"
            session.add(message)
    press = Click("", "deny", BOB, TEAM, asked.id or 0, asked.key, "C0APPROVALS", "1.0")
    assert may_decide(workers.context, press)
