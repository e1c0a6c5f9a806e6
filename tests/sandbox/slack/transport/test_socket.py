"""Socket Mode, driven by slack_sdk's own client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from sandbox.slack.driver import Mode, SlackSandbox
from tests.sandbox.slack.bots import Bot, client_of, over_socket


@pytest.fixture
def mode() -> Mode:
    return "socket"


def address(slack: SlackSandbox) -> str:
    return str(client_of(slack).apps_connections_open(app_token=slack.app_token)["url"])


@pytest.fixture
def link(slack: SlackSandbox) -> Iterator[ClientConnection]:
    """A bare connection, past its hello."""
    with connect(address(slack)) as connection:
        connection.recv(5)
        yield connection


def acknowledge(connection: ClientConnection, payload: dict[str, str] | None = None) -> dict[str, Any]:
    """Answer the next envelope; the envelope."""
    envelope: dict[str, Any] = json.loads(connection.recv(5))
    answer = {"envelope_id": envelope["envelope_id"]} | ({"payload": payload} if payload else {})
    connection.send(json.dumps(answer))
    return envelope


def test_the_bot_s_work_is_the_same_as_over_http(slack: SlackSandbox, bot: Bot) -> None:
    alice = slack.person("alice")
    assert alice.types("/org help").text == "Ask for an account."
    alice.types("/org create-account")
    alice.fills({"Account name": "a b", "OU": "Staging"})
    assert alice.submits().errors["Account name"] == "No spaces, please."


def test_hello_comes_first(slack: SlackSandbox) -> None:
    with connect(address(slack)) as connection:
        hello = json.loads(connection.recv(5))
    assert (hello["type"], hello["num_connections"], hello["connection_info"]) == ("hello", 1, {"app_id": "A0ORGBOT"})


def test_an_envelope_and_its_ack(slack: SlackSandbox, link: ClientConnection) -> None:
    with ThreadPoolExecutor() as pool:
        typed = pool.submit(slack.person("alice").types, "/org help")
        envelope = acknowledge(link, {"text": "Hi"})
    reply = typed.result()
    assert reply.text == "Hi"
    assert envelope["type"] == "slash_commands"
    assert envelope["accepts_response_payload"] is True
    assert envelope["payload"]["text"] == "help"


def test_an_address_works_once(slack: SlackSandbox) -> None:
    url = address(slack)
    with connect(url):
        pass
    with pytest.raises(InvalidStatus), connect(url):
        pass


def test_without_a_connection_or_an_ack(slack: SlackSandbox) -> None:
    assert slack.person("alice").types("/org help").error == "dispatch_failed"
    slack.dispatcher.ack_seconds = 0.2
    with connect(address(slack)) as connection:
        connection.recv(5)
        assert slack.person("alice").types("/org help").error == "operation_timeout"


def test_each_envelope_goes_to_one_of_several_connections(slack: SlackSandbox, link: ClientConnection) -> None:
    with connect(address(slack)) as second:
        assert json.loads(second.recv(5))["num_connections"] == 2
        slack.dispatcher.ack_seconds = 0.1
        for _ in range(4):
            slack.person("alice").types("/org help")
        got = [json.loads(connection.recv(5))["envelope_id"] for connection in (link, second) for _ in range(2)]
    assert len(set(got)) == 4


def test_an_envelope_that_was_lost_goes_to_the_next_connection(slack: SlackSandbox, link: ClientConnection) -> None:
    with connect(address(slack)) as second, ThreadPoolExecutor() as pool:
        second.recv(5)
        slack.socket._turn = 1
        typed = pool.submit(slack.person("alice").types, "/org help")
        first = json.loads(link.recv(5))
        link.close()
        again = acknowledge(second, {"text": "Saved"})
    assert (again["envelope_id"], again["retry_attempt"]) == (first["envelope_id"], 1)
    assert typed.result().text == "Saved"


def test_the_client_comes_back_after_a_refresh(slack: SlackSandbox) -> None:
    bot = Bot(slack)
    with over_socket(bot, slack):
        before = len(slack.calls.of("apps.connections.open"))
        slack.socket.disconnect()
        slack.wait_for(lambda: len(slack.calls.of("apps.connections.open")) > before, what="a new connection")
        slack.wait_for(lambda: slack.socket.connections == 1, what="the connection")
        assert slack.person("alice").types("/org help").text == "Ask for an account."
