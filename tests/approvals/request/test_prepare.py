"""While AWS does not answer, approvers and the requester see that a request waits, and nobody can approve what was not looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest

from approvals.models import Request
from approvals.request import prepare
from approvals.request.decide import expire
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.mail import Mail
from tests.harness.people import ALICE, BOB
from tests.harness.workers import Workers
from tests.operations.test_every_operation_survives import CASES, in_no_time

MOVE = CASES["move-account"][0]


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with in_no_time():
        yield


def cards(mail: Mail) -> list[str]:
    """What stands in the approval channel, whole."""
    return [json.dumps(message) for message in mail.slack.messages("aws-approvals") if not message.get("subtype")]


def direct(mail: Mail) -> list[str]:
    return [str(message["text"]) for message in mail.slack.person("alice").dms]


def away(aws: AwsSandbox) -> None:
    aws.faults.add(kind="500", times=None)


def asked_meanwhile(mail: Mail) -> Request:
    """A request whose card is posted while AWS does not answer."""
    request = mail.workers.ask("move-account", **MOVE)
    mail.deliver()
    return request


def test_a_card_says_that_nobody_can_approve_yet_and_why(mail: Mail, aws: AwsSandbox) -> None:
    away(aws)
    request = asked_meanwhile(mail)
    (card,) = cards(mail)
    assert "Nobody can approve this yet: AWS does not answer the bot (DescribeAccount)" in card
    assert '"Cancel request"' in card
    assert '"Approve"' not in card
    (told,) = direct(mail)
    assert "Nobody can approve this yet" in told
    assert mail.workers.request(request.id).status == Status.PENDING


def test_once_aws_answers_the_whole_card_is_posted_where_people_notice_it(mail: Mail, aws: AwsSandbox) -> None:
    away(aws)
    request = asked_meanwhile(mail)
    first = mail.workers.request(request.id).card_ts
    aws.faults.clear()
    mail.workers.clock.advance(minutes=10)
    mail.deliver()
    (card,) = cards(mail)
    assert mail.workers.request(request.id).card_ts != first
    assert '"Approve"' in card
    assert "yet" not in card
    (told,) = direct(mail)
    assert "Waiting for" in told
    mail.workers.click(request, "approve", BOB)
    mail.deliver()
    assert mail.workers.until_done(request).status == Status.SUCCEEDED


def test_nobody_presses_through_it(mail: Mail, aws: AwsSandbox) -> None:
    """A button is made by hand; the bot posted none."""
    away(aws)
    request = asked_meanwhile(mail)
    mail.workers.click(request, "approve", BOB)
    mail.deliver()
    assert mail.workers.request(request.id).status == Status.PENDING
    assert mail.workers.said("private") == [
        ":information_source: Request #1: This request cannot be decided yet: what it would do is still being looked up."
    ]


def test_its_requester_takes_it_back(mail: Mail, aws: AwsSandbox) -> None:
    away(aws)
    request = asked_meanwhile(mail)
    mail.workers.click(request, "cancel", ALICE)
    mail.deliver()
    (card,) = cards(mail)
    assert "Cancelled" in card
    assert mail.workers.request(request.id).status == Status.CANCELLED


def test_what_aws_then_refuses_leaves_no_card_that_waits(mail: Mail, aws: AwsSandbox) -> None:
    away(aws)
    request = asked_meanwhile(mail)
    aws.faults.clear()
    aws.faults.add(kind="error", code="AccessDeniedException", times=None)
    mail.workers.clock.advance(minutes=10)
    mail.deliver()
    assert mail.workers.request(request.id).status == Status.REFUSED
    (card,) = cards(mail)
    assert "Not submitted" in card


def test_what_expires_meanwhile_leaves_no_card_that_waits(mail: Mail, aws: AwsSandbox) -> None:
    away(aws)
    request = asked_meanwhile(mail)
    mail.workers.clock.advance(days=4)
    expire(mail.workers.context, request.id or 0)
    mail.deliver()
    (card,) = cards(mail)
    assert "Not submitted" in card


def test_the_bots_expired_credentials_are_told_alike(mail: Mail, aws: AwsSandbox) -> None:
    aws.faults.add(kind="error", code="ExpiredTokenException", times=None)
    asked_meanwhile(mail)
    (card,) = cards(mail)
    assert "Nobody can approve this yet: " in card


def test_why_it_waits_is_said_as_it_is_now(mail: Mail, aws: AwsSandbox) -> None:
    away(aws)
    asked_meanwhile(mail)
    aws.faults.clear()
    aws.faults.add(kind="error", code="ExpiredTokenException", times=None)
    mail.workers.clock.advance(minutes=10)
    mail.deliver()
    (card,) = cards(mail)
    assert "credentials have expired" in card
    (told,) = direct(mail)
    assert "credentials have expired" in told


def test_approvers_who_are_absent_are_told_of_the_card_on_which_they_can_decide(mail: Mail, aws: AwsSandbox) -> None:
    mail.workers.people.channel = {ALICE}
    away(aws)
    request = asked_meanwhile(mail)
    assert mail.slack.person("bob").dms == []
    aws.faults.clear()
    mail.workers.clock.advance(minutes=10)
    mail.deliver()
    (told,) = mail.slack.person("bob").dms
    assert mail.workers.request(request.id).card_link in told["text"]


def test_the_card_in_plain_lets_nobody_approve_yet(mail: Mail, aws: AwsSandbox) -> None:
    away(aws)
    mail.slack.faults.add("chat.postMessage", error="invalid_blocks", times=1)
    asked_meanwhile(mail)
    (card,) = cards(mail)
    assert "Nobody can approve this yet" in card
    assert '"Approve"' not in card


def test_an_error_of_the_bots_own_is_said_on_the_card(
    mail: Mail, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    away(aws)
    asked_meanwhile(mail)
    monkeypatch.setattr(prepare, "_look_closely", Mock(side_effect=KeyError("x")))
    for _ in range(10):
        mail.workers.clock.advance(minutes=10)
        mail.deliver()
    (card,) = cards(mail)
    assert "Nobody can approve this yet: orgbot has run into an error of its own. It is tried again when" in card
    assert "goes on by itself" not in card


@pytest.mark.parametrize("name", CASES)
def test_every_operation_gets_a_card_while_aws_is_away(workers: Workers, aws: AwsSandbox, name: str) -> None:
    params: dict[str, Any] = CASES[name][0]
    away(aws)
    request = workers.ask(name, **params)
    workers.work()
    assert "card" in workers.unsent()
    aws.faults.clear()
    workers.clock.advance(minutes=10)
    workers.work()
    assert workers.request(request.id).announced_at
