"""Planned failures of the Web API, and payloads that come twice."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from sandbox.slack.driver import SlackSandbox
from tests.sandbox.slack.api.test_chat import HERE, refusal
from tests.sandbox.slack.bots import Bot, client_of

BROKEN = (URLError, ConnectionError, http.client.HTTPException)


def say(client: WebClient, text: str = "x") -> Any:
    return client.chat_postMessage(channel=HERE, text=text)


def test_an_error_for_some_times(client: WebClient, slack: SlackSandbox) -> None:
    plan = slack.faults.add("chat.postMessage", error="internal_error", times=2)
    assert [refusal(client.chat_postMessage, channel=HERE, text="x") for _ in range(2)] == ["internal_error"] * 2
    assert plan.times == 0
    assert say(client)["ok"]


def test_429_says_when_to_come_again(client: WebClient, slack: SlackSandbox) -> None:
    slack.faults.add("chat.postMessage", status=429, retry_after=7)
    with pytest.raises(SlackApiError) as raised:
        say(client)
    assert (raised.value.response.status_code, raised.value.response.headers["Retry-After"]) == (429, "7")
    assert raised.value.response["error"] == "ratelimited"
    assert slack.messages(HERE) == []


def test_the_sdk_s_own_handler_gets_through(slack: SlackSandbox) -> None:
    patient = client_of(slack)
    patient.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    slack.faults.add("chat.postMessage", status=429, retry_after=0)
    assert say(patient)["ok"]


def test_500_is_no_json(client: WebClient, slack: SlackSandbox) -> None:
    slack.faults.add(status=500)
    with pytest.raises(SlackApiError) as raised:
        say(client)
    assert raised.value.response.status_code == 500


def test_dropped_before_it_was_done(client: WebClient, slack: SlackSandbox) -> None:
    slack.faults.add("chat.postMessage", "drop-before")
    with pytest.raises(BROKEN):
        say(client)
    assert slack.messages(HERE) == []
    assert [call.result for call in slack.calls.of("chat.postMessage")] == [None]


def test_done_but_the_answer_is_lost(client: WebClient, slack: SlackSandbox) -> None:
    slack.faults.add("chat.postMessage", "drop-after")
    with pytest.raises(BROKEN):
        say(client)
    assert [m["text"] for m in slack.messages(HERE)] == ["x"]


def test_a_slow_answer(slack: SlackSandbox) -> None:
    slack.faults.add("chat.postMessage", delay=0.5)
    with pytest.raises(TimeoutError):
        say(client_of(slack, timeout=0.2))
    slack.wait_for(lambda: slack.messages(HERE), what="the late message")


def test_every_second_call_and_only_some(client: WebClient, slack: SlackSandbox) -> None:
    slack.faults.add("chat.postMessage", error="fatal_error", times=None, every=2, when=lambda p: p["text"] != "safe")
    results = [say(client)["ok"], refusal(say, client=client), say(client, "safe")["ok"], say(client)["ok"]]
    assert results == [True, "fatal_error", True, True]
    slack.faults.clear()
    assert say(client)["ok"]


def test_a_command_comes_twice(slack: SlackSandbox, bot: Bot) -> None:
    slack.faults.deliver_twice()
    slack.person("alice").types("/org help")
    slack.person("alice").types("/org help")
    assert len(bot.got) == 3
    assert bot.got[0]["trigger_id"] == bot.got[1]["trigger_id"] != bot.got[2]["trigger_id"]


def test_a_payload_is_redelivered_on_request(slack: SlackSandbox, bot: Bot) -> None:
    slack.person("alice").types("/org help")
    assert slack.redeliver().ok
    assert bot.got[0] == bot.got[1]


def test_every_call_is_recorded(client: WebClient, slack: SlackSandbox) -> None:
    client.chat_postMessage(channel=HERE, text="x")
    (call,) = slack.calls
    assert (call.method, call.params["text"]) == ("chat.postMessage", "x")
    assert call.result is not None
    assert call.result["ok"] is True
    assert slack.bot_token not in str(call)


def test_a_page_comes_instead_of_an_answer_and_the_call_was_done_or_not(client: WebClient, slack: SlackSandbox) -> None:
    slack.faults.add("chat.postMessage", page="<html>maintenance</html>")
    slack.faults.add("chat.postMessage", "drop-after", page="", status=403)
    for said in (0, 1):
        with pytest.raises(SlackApiError):
            say(client)
        assert len(slack.messages(HERE)) == said


def test_a_late_answer_is_that_of_a_call_that_was_done_at_once(client: WebClient, slack: SlackSandbox) -> None:
    slack.faults.add("chat.postMessage", "late", delay=0.05)
    assert say(client)["ok"]
    (call,) = slack.calls.of("chat.postMessage")
    assert slack.workspace.clock.now() - call.at >= 0.05


def test_slacks_limits_are_enforced_once_they_are_asked_for(client: WebClient, slack: SlackSandbox) -> None:
    slack.faults.rates.enforce(1.0, users_info=2)
    assert say(client)["ok"]
    with pytest.raises(SlackApiError) as raised:
        say(client)
    assert raised.value.response.headers["Retry-After"] == "1"
    assert client.chat_postMessage(channel="U0ALICE", text="x")["ok"], "another channel has a second of its own"
    for _ in range(2):
        client.users_info(user="U0ALICE")
    assert refusal(client.users_info, user="U0ALICE") == "ratelimited"
    slack.workspace.clock.advance(61)
    assert say(client)["ok"]


def test_a_channel_may_be_closed_to_posts_and_an_archived_one_to_changes(
    client: WebClient, slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, channel = say(client), slack.workspace.channel(HERE)
    monkeypatch.setattr(channel, "is_read_only", True)
    assert refusal(client.chat_postMessage, channel=HERE, text="x") == "restricted_action_read_only_channel"
    monkeypatch.setattr(channel, "is_archived", True)
    assert refusal(client.chat_update, channel=said["channel"], ts=said["ts"], text="y") == "is_inactive"
