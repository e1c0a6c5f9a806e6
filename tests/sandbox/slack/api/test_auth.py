"""Tokens, scopes and methods that do not exist."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.api import METHODS
from sandbox.slack.driver import SlackSandbox
from tests.sandbox.slack.api.test_chat import refusal
from tests.sandbox.slack.conftest import MANIFEST


def test_who_the_bot_is(client: WebClient) -> None:
    answer = client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == ("U0ORGBOT", "B0ORGBOT", "T0ORGBOT")
    assert answer.headers["x-oauth-scopes"].split(",") == sorted(MANIFEST.scopes)


def test_a_wrong_token(slack: SlackSandbox) -> None:
    assert refusal(WebClient("xoxb-wrong", base_url=slack.api_url).auth_test) == "invalid_auth"
    assert refusal(WebClient(base_url=slack.api_url).auth_test) == "not_authed"
    assert refusal(WebClient(slack.app_token, base_url=slack.api_url).auth_test) == "not_allowed_token_type"


def test_the_token_may_be_a_field(slack: SlackSandbox) -> None:
    nobody = WebClient(base_url=slack.api_url)
    assert nobody.api_call("auth.test", data={"token": slack.bot_token})["ok"]
    assert "token" not in list(slack.calls)[-1].params


def test_only_the_app_token_opens_connections(slack: SlackSandbox, client: WebClient) -> None:
    assert client.apps_connections_open(app_token=slack.app_token)["url"].startswith("ws://127.0.0.1:")
    assert refusal(client.apps_connections_open, app_token=slack.bot_token) == "not_allowed_token_type"


def test_an_unknown_method(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as raised:
        client.api_call("chat.shout")
    assert raised.value.response["error"] == "unknown_method"


def test_api_test_answers_with_what_it_got(client: WebClient) -> None:
    assert client.api_test(foo="bar")["args"]["foo"] == "bar"
    assert refusal(client.api_test, error="my_error") == "my_error"


def test_a_missing_argument_is_named(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as raised:
        client.api_call("users.info")
    assert raised.value.response["response_metadata"]["messages"] == ["[ERROR] missing required field: user"]


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.caller == "bot"])
def test_every_method_holds_to_the_token(name: str, slack: SlackSandbox) -> None:
    stranger = WebClient("xoxb-wrong", base_url=slack.api_url)
    assert refusal(stranger.api_call, api_method=name) == "invalid_auth"


def test_the_workspace_and_the_bot(client: WebClient) -> None:
    assert refusal(client.team_info) == "missing_scope"
    assert client.bots_info(bot="B0ORGBOT")["bot"]["app_id"] == "A0ORGBOT"
    assert refusal(client.bots_info, bot="B0NONE") == "bot_not_found"
