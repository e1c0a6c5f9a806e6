"""Who is asked for the reason of a denial: those who may decide, and those of whom Slack does not tell in time."""

from __future__ import annotations

import pytest

from approvals.desk import Click
from approvals.eligible import may_decide
from approvals.models import Request
from approvals.people import Person, SlackAwayError
from tests.approvals.office import ALICE, BOB, DAVE, TEAM, Office


@pytest.fixture
def asked(office: Office) -> Request:
    """A request of Alice's that waits for Bob."""
    request = office.ask("create-account", account_name="fullback-mobile", email="mobile@example.com")
    office.work()
    return request


def may(office: Office, request: Request, by: str, team: str = TEAM) -> bool:
    return may_decide(office.context, Click("d", "deny", by, team, request.id or 0))


@pytest.mark.parametrize(
    ("by", "team", "answer"),
    [(BOB, TEAM, True), (ALICE, TEAM, False), (DAVE, TEAM, False), ("U0NOBODY", TEAM, False), (BOB, "T0OTHER", False)],
)
def test_only_approvers_may(office: Office, asked: Request, by: str, team: str, *, answer: bool) -> None:
    assert may(office, asked, by, team) is answer


def test_what_is_decided_or_over_or_unknown_needs_no_reason(office: Office, asked: Request) -> None:
    office.clock.advance(hours=73)
    assert not may(office, asked, BOB)
    office.work()
    assert not may(office, asked, BOB)
    asked.id = 77
    assert not may(office, asked, BOB)


def test_when_slack_does_not_tell_the_form_opens(
    office: Office, asked: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(user: str) -> Person:
        raise SlackAwayError(user)

    monkeypatch.setattr(office.people, "look", away)
    assert may(office, asked, DAVE)
