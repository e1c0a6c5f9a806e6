"""Whoever waits for Slack's word on who may decide hears of it: the presser, the requester, each once, within a minute."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from approvals.authority.directory import Directory, Person, Workspace
from approvals.authority.rules import Rule, Rules
from approvals.slack.client import SlackAwayError, SlackRefusedError
from approvals.states import Status
from bot.slack import CountingWebClient
from tests.harness.mail import Mail
from tests.harness.people import ALICE, BOB, TEAM, KnownPeople
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}
# What may come in place of Slack's answer.
NO_ANSWERS: dict[str, dict[str, Any]] = {
    "a page": {"page": "<html>"},
    "nothing": {"page": ""},
    "half an answer": {"page": '{"ok": true, "us'},
    "no answer of this method's": {"page": '{"ok": true}'},
    "an error of Slack's": {"status": 503},
    "not now": {"status": 429, "retry_after": 1},
    "a refusal by something between": {"status": 403, "page": "<html>"},
    "a broken connection": {"fault": "drop-before"},
    "a lost answer": {"fault": "drop-after"},
    "silence": {"delay": 0.5},
}


class Silent(KnownPeople):
    """Slack doesn't answer, or refuses, until `mended`."""

    def __init__(self, refused: SlackRefusedError | None = None) -> None:
        super().__init__()
        self.mended, self._refused = False, refused

    def look(self, user: str) -> Person:
        if not self.mended:
            raise SlackAwayError("users.info", self._refused)
        return super().look(user)


CASES = [
    *(("approve", "users.info", answer) for answer in NO_ANSWERS),
    *(("approve", "usergroups.users.list", answer) for answer in ("a page", "no answer of this method's")),
    *((kind, "users.info", "a page") for kind in ("deny", "cancel")),
]


@pytest.mark.parametrize(("kind", "method", "answer"), CASES)
def test_whoever_pressed_and_whoever_asked_are_told_within_a_minute_that_slack_does_not_answer(
    mail: Mail, kind: str, method: str, answer: str
) -> None:
    """Told once, by another way than the one that is closed; the press is tried on, and counts as soon as Slack answers."""
    workers, slack, by = mail.workers, mail.slack, ALICE if kind == "cancel" else BOB
    workers.rules = Rules([Rule("default", ("S0APPROVERS",))])
    asking = CountingWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=0.3)  # type: ignore[arg-type]
    request = workers.ask("create-account", **NEW)
    mail.deliver()
    workers.context = dataclasses.replace(workers.context, people=Directory(asking, lambda: Workspace(TEAM)))
    slack.faults.add(method, times=None, **NO_ANSWERS[answer])
    workers.click(request, kind, by)
    for _ in range(4):
        workers.work()
        workers.clock.advance(seconds=15)
    (told,) = [line for line in workers.said("private") if "is kept" in line]
    assert (
        "your press is kept, but nothing is done yet. Who may decide can't be looked up: Slack doesn't answer" in told
    )
    waits = [line for line in workers.said("dm") if "can't be decided yet" in line]
    assert len(waits) == (by == BOB)
    slack.faults.clear()
    workers.clock.advance(seconds=30)
    workers.work()
    assert workers.request(request.id).decided_by == by
    assert not [line for line in (*workers.said("private"), *workers.said("dm")) if "yet" in line]  # It had not left.


def test_what_is_over_in_a_moment_is_not_told(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.context = dataclasses.replace(workers.context, people=(people := Silent()))
    workers.click(request, "approve", BOB)
    workers.work()
    workers.clock.advance(seconds=10)
    people.mended = True
    workers.work()
    assert workers.said("private") == []
    assert workers.request(request.id).decided_by == BOB


def test_who_asks_hears_that_slack_does_not_answer_once_it_is_not_over_in_a_moment(workers: Workers) -> None:
    workers.context = dataclasses.replace(workers.context, people=(people := Silent()))
    request = workers.ask("create-account", **NEW)
    workers.work()
    assert workers.said("dm") == []
    for _ in range(3):
        workers.clock.advance(seconds=20)
        workers.work()
    (told,) = workers.said("dm")
    assert "approvers have not been asked yet" in told
    assert "Slack doesn't answer" in told
    people.mended = True
    workers.clock.advance(seconds=30)
    workers.work()
    assert workers.request(request.id).announced_at
    assert not [line for line in workers.said("dm") if "have not been asked" in line]  # It had not left.


@pytest.mark.parametrize("refused", [None, SlackRefusedError("usergroups.users.list", "missing_scope")])
def test_what_was_approved_and_waits_for_slack_says_so_and_that_it_goes_on(
    workers: Workers, refused: SlackRefusedError | None
) -> None:
    request = workers.approved("create-account", **NEW)
    people = Silent(refused)
    workers.context = dataclasses.replace(workers.context, people=people)
    for _ in range(6):
        workers.work()
        workers.clock.advance(seconds=15)
    (told,) = [line for line in workers.said("thread") if "Waiting" in line]
    assert "Whether the approval still stands can't be looked up" in told
    assert ("missing_scope" if refused else "Slack doesn't answer") in told
    people.mended = True
    workers.until_done(request)
    assert [line for line in workers.said("thread") if "goes on" in line and "AWS" not in line]
    assert workers.request(request.id).status == Status.SUCCEEDED
