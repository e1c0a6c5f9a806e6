"""Nobody waits in the dark: who is reminded when, who may decide after the escalation, and what is said before the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from approvals.authority.rules import Rule, Rules
from approvals.models import Request
from approvals.request.reminders import next_word, notice_at, slots_passed
from approvals.slack.blocks import mentions
from approvals.states import Status
from approvals.views import reminders
from sandbox.slack.limits import message_error, problems
from tests.approvals.views.test_card import NOW, longest
from tests.harness.clock import Clock
from tests.harness.people import ALICE, BOB, CAROL, DAVE
from tests.harness.rules import required
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}
HOUR = timedelta(hours=1)
PATIENT = Rule("default", (BOB, CAROL), remind=4 * HOUR, expires=72 * HOUR)
ESCALATING = Rule("default", (BOB,), remind=4 * HOUR, expires=72 * HOUR, escalate_to=(DAVE,), escalate_after=24 * HOUR)


def waiting(workers: Workers, rule: Rule) -> Request:
    """A request of Alice's that was announced under `rule`."""
    workers.rules = Rules([rule])
    request = workers.ask("create-account", **NEW)
    workers.work()
    return request


def hours_at_which_something_was_said(workers: Workers, hours: int) -> dict[int, list[str]]:
    """Hour -> the lines that the thread got, looking twice an hour."""
    said: dict[int, list[str]] = {}
    heard = len(workers.said("thread"))
    for half_hours in range(1, 2 * hours + 1):
        workers.clock.advance(minutes=30)
        workers.work()
        new = workers.said("thread")[heard:]
        if new:
            said[half_hours // 2] = new
            heard += len(new)
    return said


def test_reminders_grow_rarer_and_the_last_words_are_about_the_expiry(workers: Workers) -> None:
    waiting(workers, PATIENT)
    said = hours_at_which_something_was_said(workers, 80)
    assert list(said) == [4, 12, 28, 60, 71, 72]
    assert all(len(lines) == 1 for lines in said.values())
    assert said[4][0].startswith(":bell: This request has waited for 4 hours. <@U0BOB>, <@U0CAROL>: it needs 1 more")
    assert "expires in about an hour" in said[71][0]
    assert "has expired" in said[72][0]
    assert "expires in about an hour" in workers.said("dm")[0]


def test_a_request_that_lives_two_hours_gets_no_notice_before_its_end(workers: Workers) -> None:
    waiting(workers, Rule("default", (BOB,), remind=HOUR / 2, expires=2 * HOUR))
    said = hours_at_which_something_was_said(workers, 3)
    assert [line[:6] for lines in said.values() for line in lines] == [":bell:", ":bell:", ":hourg"]
    assert len(workers.said("dm")) == 1


def test_a_bot_that_was_away_says_what_is_true_now_and_says_it_once(workers: Workers) -> None:
    waiting(workers, PATIENT)
    workers.clock.advance(hours=50)
    workers.restart()
    workers.work()
    (line,) = workers.said("thread")
    assert "has waited for 2 days" in line
    assert list(hours_at_which_something_was_said(workers, 12)) == [10]


def test_a_bot_that_was_away_until_the_end_reminds_nobody(workers: Workers) -> None:
    waiting(workers, ESCALATING)
    workers.clock.advance(hours=100)
    workers.work()
    (line,) = workers.said("thread")
    assert "has expired" in line


def test_what_is_decided_is_not_reminded_of(workers: Workers) -> None:
    request = waiting(workers, PATIENT)
    workers.click(request, "deny", BOB)
    workers.work()
    assert hours_at_which_something_was_said(workers, 80) == {}


def test_who_approved_already_and_who_asked_are_left_in_peace(workers: Workers) -> None:
    request = waiting(workers, Rule("default", (ALICE, BOB, "S0SECURITY", "carol@example.com"), approvals=2))
    workers.click(request, "approve", BOB)
    workers.work()
    workers.clock.advance(hours=4)
    workers.work()
    assert "4 hours. <!subteam^S0SECURITY>, carol@example.com: it needs 1 more approval" in workers.said("thread")[-1]


def test_the_escalation_calls_others_who_may_decide_from_then_on(workers: Workers) -> None:
    request = waiting(workers, ESCALATING)
    workers.click(request, "approve", DAVE)
    workers.work()
    assert "can decide this" in workers.said("private")[-1]

    workers.clock.advance(hours=24)
    workers.work()
    assert "<@U0DAVE>: from now on you may decide it as well" in workers.said("thread")[-1]
    assert [entry.detail for entry in workers.audit() if entry.event == "request.escalated"] == [{"to": [DAVE]}]

    workers.click(request, "approve", DAVE)
    assert workers.until_done(request).status == Status.SUCCEEDED


def test_an_escalation_that_would_come_after_the_expiry_does_not_come(workers: Workers) -> None:
    waiting(workers, Rule("default", (BOB,), expires=6 * HOUR, escalate_to=(DAVE,), escalate_after=24 * HOUR))
    hours_at_which_something_was_said(workers, 30)
    assert "from now on" not in str(workers.said("thread"))


def test_a_rule_that_is_gone_is_told(workers: Workers) -> None:
    waiting(workers, PATIENT)
    workers.rules = Rules([Rule("another", (), approvals=0)])
    workers.clock.advance(hours=71)
    workers.work()
    assert "Nobody may approve it under today's rules" in workers.said("thread")[-1]


@pytest.mark.parametrize(("waited", "count"), [(0.9, 0), (1, 1), (2.9, 1), (3, 2), (7, 3), (14.9, 3), (15, 4)])
def test_each_wait_is_twice_as_long_as_the_one_before(waited: float, count: int) -> None:
    assert slots_passed(waited * HOUR, HOUR) == count


def test_no_first_wait_means_no_reminders() -> None:
    assert slots_passed(24 * HOUR, timedelta(0)) == 0


SECOND = timedelta(seconds=1)


def living(hours: float, **said: object) -> Request:
    """A request that was announced at NOW and expires so many hours later."""
    request = longest(Status.PENDING)
    values = {"announced_at": NOW, "expires_at": NOW + hours * HOUR, **said}
    for name, value in values.items():
        setattr(request, name, value)
    return request


QUIET = Rule("quiet", (BOB,), remind=timedelta(0))


def test_the_notice_comes_an_hour_before_the_end_of_what_lives_longer_than_two_hours() -> None:
    long, short = living(2 + 1 / 3600), living(2)
    assert notice_at(long) == next_word(long, required(QUIET)) == NOW + HOUR + SECOND
    assert notice_at(short) is next_word(short, required(QUIET)) is None
    assert notice_at(living(72, warned_at=NOW)) is None


def test_no_reminder_comes_with_the_notice_or_after_it_and_none_with_the_end() -> None:
    rule = Rule("r", (BOB,), remind=4 * HOUR)
    assert next_word(living(5 + 1 / 3600), required(rule)) == NOW + 4 * HOUR
    assert next_word(living(5), required(rule)) == NOW + 4 * HOUR == notice_at(living(5))
    assert next_word(living(5, warned_at=NOW), required(rule)) is None
    short = Rule("r", (BOB,), remind=2 * HOUR)
    assert next_word(living(2), required(short)) is None
    assert next_word(living(2), required(Rule("r", (BOB,), remind=2 * HOUR - SECOND))) == NOW + 2 * HOUR - SECOND


def test_an_escalation_comes_before_the_end_or_not_at_all_and_once() -> None:
    rule = Rule("r", (BOB,), remind=timedelta(0), escalate_to=(DAVE,), escalate_after=24 * HOUR)
    told = {"warned_at": NOW}
    assert next_word(living(24, **told), required(rule)) is None
    assert next_word(living(24 + 1 / 3600, **told), required(rule)) == NOW + 24 * HOUR
    assert next_word(living(72, **told, escalated_at=NOW + 24 * HOUR), required(rule)) is None
    assert next_word(living(72, **told, escalated_at=NOW + 23 * HOUR), required(rule)) == NOW + 24 * HOUR


@pytest.mark.parametrize(
    ("rule", "at", "words"),
    [
        (PATIENT, 4 * HOUR, "has waited for 4 hours"),
        (ESCALATING, 24 * HOUR, "from now on you may decide it as well"),
        (PATIENT, 71 * HOUR, "expires in about an hour"),
        (PATIENT, 72 * HOUR, "has expired"),
    ],
)
def test_each_word_is_said_at_its_second_and_not_before(
    workers: Workers, rule: Rule, at: timedelta, words: str
) -> None:
    waiting(workers, rule)
    workers.clock.now += at - SECOND
    workers.work()
    assert words not in str(workers.said("thread"))
    workers.clock.now += SECOND
    for _ in range(2):
        workers.work()
    assert str(workers.said("thread")).count(words) == 1


@given(
    remind=some.integers(0, 10_000),
    escalate=some.integers(0, 10_000),
    expires=some.integers(1, 10_000),
    said=some.integers(0, 10),
)
def test_nothing_is_planned_for_after_the_expiry(remind: int, escalate: int, expires: int, said: int) -> None:
    minute = timedelta(minutes=1)
    request = longest(Status.PENDING)
    request.announced_at, request.expires_at, request.reminders = NOW, NOW + expires * minute, said
    rule = Rule("r", (BOB,), remind=remind * minute, escalate_to=(DAVE,), escalate_after=escalate * minute)
    planned = next_word(request, required(rule))
    assert planned is None or planned < request.expires_at


def test_the_longest_lines_are_within_slacks_limits() -> None:
    request, clock = longest(Status.PENDING), Clock()
    who = mentions(f"{'x' * 60}{number}@example.com" for number in range(50))
    for body in (
        reminders.reminder(request, who, 2, clock()),
        reminders.escalation(request, who, clock()),
        reminders.warning(who, 2),
    ):
        assert problems(body["blocks"], "message") == []
        assert message_error(body["text"], body["blocks"], 4000) is None
        assert "<!channel>" not in str(body)
