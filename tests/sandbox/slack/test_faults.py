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
