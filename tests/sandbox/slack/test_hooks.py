"""response_url: five answers in thirty minutes."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.webhook import WebhookClient

from sandbox.slack.driver import SlackSandbox
from tests.sandbox.slack.bots import Bot, card, client_of


@pytest.fixture
def url(slack: SlackSandbox, bot: Bot) -> str:
    """Of a click by Bob on a card."""
    client_of(slack).chat_postMessage(channel="C0APPROVALS", text="Card", blocks=card("Card"))
    slack.person("bob").clicks("Approve", slack.messages("aws-approvals")[-1])
    return str(bot.got[-1]["response_url"])


def answer(url: str, **body: Any) -> tuple[int, str]:
    response = WebhookClient(url).send_dict(body)
    return response.status_code, response.body


def test_an_answer_is_for_the_one_who_acted(slack: SlackSandbox, url: str) -> None:
    assert answer(url, text="Only Bob") == (200, "ok")
    assert [m["text"] for m in slack.person("bob").ephemerals] == ["Only Bob"]


def test_or_for_the_channel(slack: SlackSandbox, url: str) -> None:
    answer(url, text="All", response_type="in_channel")
    assert slack.messages("aws-approvals")[-1]["text"] == "All"


def test_or_it_replaces_or_deletes_the_message(slack: SlackSandbox, url: str) -> None:
    answer(url, text="New", replace_original=True)
    assert [m["text"] for m in slack.messages("aws-approvals")] == ["New"]
    answer(url, delete_original=True)
    assert slack.messages("aws-approvals") == []


def test_five_times(url: str) -> None:
    assert [answer(url, text="x")[0] for _ in range(6)] == [200] * 5 + [404]
    assert "used_url" in answer(url, text="x")[1]


def test_thirty_minutes(slack: SlackSandbox, url: str) -> None:
    slack.workspace.clock.advance(30 * 60 + 1)
    status, body = answer(url, text="x")
    assert status == 404
    assert "expired_url" in body


def test_blocks_are_judged_here_too(url: str) -> None:
    status, body = answer(url, text="x", blocks=[{"type": "nope"}])
    assert status == 400
    assert "invalid_blocks" in body


def test_an_ephemeral_can_be_replaced(slack: SlackSandbox, bot: Bot) -> None:
    client_of(slack).chat_postEphemeral(channel="C0APPROVALS", user="U0BOB", text="Sure?", blocks=card("Sure?"))
    bob = slack.person("bob")
    bob.clicks("Deny", bob.ephemerals[0])
    assert bot.got[-1]["container"]["is_ephemeral"] is True
    assert "message" not in bot.got[-1]
    answer(bot.got[-1]["response_url"], text="Gone", replace_original=True)
    assert bob.ephemerals[0]["text"] == "Gone"
