"""Messages arrive once and in order, whatever happens to Slack's answers, at whatever call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from approvals.outbox import Outbox
from sandbox.aws.server import AwsSandbox
from sandbox.slack.driver import SlackSandbox
from sandbox.town import MANIFEST
from tests.approvals.office import BOB, Office

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}
METHODS = [
    "chat.postMessage",
    "chat.update",
    "conversations.open",
    "chat.getPermalink",
    "conversations.history",
    "conversations.replies",
]


@pytest.fixture
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(MANIFEST) as found:
        yield found


@pytest.fixture
def office(aws: AwsSandbox, tmp_path: Path) -> Iterator[Office]:
    found = Office(f"sqlite:///{tmp_path / 'orgbot.db'}")
    yield found
    found.close()


class Mail:
    """The office with its outbox: everything is worked off until nothing is left to say."""

    def __init__(self, office: Office, slack: SlackSandbox) -> None:
        client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=5)
        self.office, self.slack = office, slack
        self.outbox = Outbox(office.context, client, lambda: "B0ORGBOT", lambda _: {})

    def deliver(self) -> None:
        for _ in range(200):
            self.office.work()
            for lane in self.office.lanes():
                self.outbox.send_lane(lane)
            if not self.office.unsent():
                return
            self.office.clock.advance(seconds=2)
        raise AssertionError(f"never sent: {self.office.unsent()}")

    def whole_story(self) -> None:
        request = self.office.ask("create-account", **NEW)
        self.deliver()
        self.office.click(request, "approve", BOB)
        self.deliver()
        self.office.until_done(request)
        self.deliver()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "trouble", [{"status": 500}, {"status": 429, "retry_after": 1}, {"fault": "drop-after"}, {"fault": "drop-before"}]
)
def test_each_call_may_fail_and_everything_arrives_once(
    office: Office, slack: SlackSandbox, method: str, trouble: dict[str, Any]
) -> None:
    mail = Mail(office, slack)
    slack.faults.add(method, **trouble, times=3)
    mail.whole_story()

    (card,) = slack.messages("aws-approvals")
    thread = [message["text"] for message in slack.replies(card)]
    direct = [message["text"] for message in slack.person("alice").dms]
    assert "Done" in card["text"]
    assert [times for times in Counter(thread).values() if times > 1] == []
    assert [times for times in Counter(direct).values() if times > 1] == []
    assert "is ready" in thread[-1]
    assert "is ready" in direct[-1]
    assert len(direct) == 3


def test_a_private_line_goes_by_dm_where_it_cannot_be_shown(office: Office, slack: SlackSandbox) -> None:
    slack.workspace.channel("aws-approvals").members.discard("U0DAVE")
    mail = Mail(office, slack)
    request = office.ask("create-account", **NEW)
    mail.deliver()
    office.click(request, "approve", "U0DAVE")
    mail.deliver()
    assert "not among the approvers" in slack.person("dave").dms[-1]["text"]


def test_a_channel_that_is_mended_gets_its_card(office: Office, slack: SlackSandbox) -> None:
    slack.workspace.channel("aws-approvals").members.discard("U0ORGBOT")
    mail = Mail(office, slack)
    office.ask("create-account", **NEW)
    office.work()
    for lane in office.lanes():
        mail.outbox.send_lane(lane)
    assert slack.messages("aws-approvals") == []
    slack.invite("orgbot", "aws-approvals")
    office.clock.advance(seconds=61)
    mail.deliver()
    assert len(slack.messages("aws-approvals")) == 1
