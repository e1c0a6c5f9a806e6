"""The cached picture: newer when AWS tells, the old one when AWS is away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.aws import WRITING, Boto3Clients
from bot.snapshot import picture as module
from bot.snapshot.picture import NOT_YET, Picture
from operations.aws.aws import Aws
from sandbox.aws.server import AwsSandbox
from tests.harness.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def picture(aws: AwsSandbox, clock: Clock) -> Picture:
    return Picture(Aws(Boto3Clients()), clock, every=timedelta(minutes=5))


def test_nothing_is_known_before_the_first_reading(picture: Picture) -> None:
    assert picture.latest() is None
    assert picture.due()
    picture.refresh()
    assert picture.latest() is not None
    assert not picture.due()


def test_it_is_read_again_after_its_time_and_after_a_change_of_ours(picture: Picture, clock: Clock) -> None:
    picture.refresh()
    clock.advance(minutes=4)
    assert not picture.due()
    clock.advance(minutes=1)
    assert picture.due()
    picture.refresh()
    picture.outdate()
    assert picture.due()


def test_the_old_picture_stays_when_aws_refuses(picture: Picture, aws: AwsSandbox, clock: Clock) -> None:
    picture.refresh()
    before = picture.latest()
    aws.faults.add("ListAccounts", "error", code="AccessDeniedException", times=None)
    picture.refresh()
    assert picture.latest() is before
    assert "ListAccounts" in picture.problem
    clock.advance(seconds=15)
    assert picture.due()


def test_people_are_told_what_to_do_where_waiting_does_not_help(aws: AwsSandbox, clock: Clock) -> None:
    picture = Picture(Aws(Boto3Clients(reading=WRITING)), clock, every=timedelta(minutes=5))  # Its clients try once.
    assert picture.unread == NOT_YET
    aws.faults.add("ListAccounts", "error", code="AccessDeniedException")
    picture.refresh()
    assert picture.unread == (
        "The organization cannot be read from AWS. The bot's own AWS permissions do not allow this. "
        "Give the bot's role the policy that `orgbot iam-policy` prints, then ask again."
    )
    aws.faults.add("ListAccounts", "throttle", times=None)
    picture.refresh()
    assert picture.unread == NOT_YET


def test_an_answer_that_is_not_understood_ends_nothing(picture: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    picture.refresh()
    before = picture.latest()

    def broken(*_: Any) -> None:
        raise KeyError("Organization")

    monkeypatch.setattr(module, "read_organization", broken)
    picture.refresh()
    assert picture.latest() is before
    assert "not understood" in picture.problem
