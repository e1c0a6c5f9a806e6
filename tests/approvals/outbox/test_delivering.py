"""Each kind of message has its way into Slack, and is looked for where that leads."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from approvals.models import Message as SentMessage
from approvals.outbox.look_up import Place
from approvals.slack.client import NotYourTurnError
from sandbox.slack.driver import SlackSandbox
from tests.harness.mail import NEW, Mail
from tests.harness.workers import Workers


def test_credentials_are_not_opened_before_it_is_their_turn(
    workers: Workers, slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, request = Mail(workers, slack), workers.ask("create-account", **NEW)
    made = Counter[str]()
    message = SentMessage(lane="x", kind="dm", marker="m", created_at=workers.clock(), request_id=request.id)

    def not_yet(*_: object) -> None:
        raise NotYourTurnError("chat.postMessage", "its turn comes", timedelta(seconds=1))

    monkeypatch.setattr("approvals.outbox.delivering.take_turn", not_yet)
    with pytest.raises(NotYourTurnError):
        mail.outbox._delivering._post(message, "C0APPROVALS", lambda: made.update(["made"]) or {})
    assert made == Counter()


def test_a_line_that_stands_in_the_channel_for_want_of_a_card_is_found_there_again(
    workers: Workers, slack: SlackSandbox
) -> None:
    mail, request = Mail(workers, slack), workers.ask("create-account", **NEW)
    message = SentMessage(lane="x", kind="thread", marker="m", created_at=workers.clock(), request_id=request.id)
    assert mail.outbox._delivering.place_of(message, request) == Place("C0APPROVALS")


def test_a_private_line_goes_by_dm_where_it_cannot_be_shown(workers: Workers, slack: SlackSandbox) -> None:
    slack.workspace.channel("aws-approvals").members.discard("U0DAVE")
    mail = Mail(workers, slack)
    request = workers.ask("create-account", **NEW)
    mail.deliver()
    workers.click(request, "approve", "U0DAVE")
    mail.deliver()
    assert "can decide this" in slack.person("dave").dms[-1]["text"]
