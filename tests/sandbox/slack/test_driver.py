"""People at their Slack, and a bot that answers."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.webhook import WebhookClient

from sandbox.slack.driver import SlackSandbox
from sandbox.slack.errors import SlackRefusal
from tests.sandbox.slack.bots import Bot, card, client_of
from tests.sandbox.slack.conftest import REPOSITORY

HERE = "aws-approvals"


def posted(slack: SlackSandbox, text: str = "Card") -> dict[str, Any]:
    """A card of the bot."""
    client_of(slack).chat_postMessage(channel="C0APPROVALS", text=text, blocks=card(text))
    return slack.messages(HERE)[-1]


@pytest.mark.parametrize("mode", ["http", "socket"])
def test_the_whole_story(slack: SlackSandbox, bot: Bot) -> None:
    alice, bob = slack.person("alice"), slack.person("bob")
    alice.types("/org create-account")
    assert alice.submits().errors == {
        "Account name": "Please complete this required field.",
        "account_name": "Please complete this required field.",
        "OU": "Please complete this required field.",
        "ou": "Please complete this required field.",
    }
    alice.fills({"Account name": "web", "OU": "stag", "Billing": "Allow"})
    assert alice.submits().ok
    assert alice.view is None
    request = slack.wait_for(lambda: slack.messages(HERE)[-1], what="the card")
    assert bob.clicks("Approve", request).ok
    slack.wait_for(lambda: slack.message(request)["text"] == "Approved", what="the decision")


def test_a_command_s_payload_is_all_text(slack: SlackSandbox, bot: Bot) -> None:
    slack.person("alice").types("/org help", channel=HERE)
    (body,) = bot.got
    assert all(isinstance(value, str) for value in body.values())
    assert {name: body[name] for name in ("channel_id", "channel_name", "user_id", "user_name", "command", "text")} == {
        "channel_id": "C0APPROVALS",
        "channel_name": "aws-approvals",
        "user_id": "U0ALICE",
        "user_name": "alice",
        "command": "/org",
        "text": "help",
    }
    assert (body["team_id"], body["team_domain"], body["api_app_id"]) == ("T0ORGBOT", "fullback", "A0ORGBOT")
    assert body["response_url"].startswith(slack.page_url)


def test_an_unknown_command_reaches_nobody(slack: SlackSandbox, bot: Bot) -> None:
    with pytest.raises(Exception, match="invalid_command"):
        slack.person("alice").types("/jira help")
    assert bot.got == []


def test_in_channel_answers_are_everybody_s(slack: SlackSandbox, bot: Bot) -> None:
    slack.person("alice").types("/org public", channel=HERE)
    assert [m["text"] for m in slack.messages(HERE)] == ["All see this."]
    assert slack.person("alice").ephemerals == []


def test_a_click_in_a_message(slack: SlackSandbox, bot: Bot) -> None:
    message = posted(slack)
    slack.person("bob").clicks("Approve", message)
    (body,) = bot.got
    assert body["container"] == {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": "C0APPROVALS",
        "is_ephemeral": False,
    }
    assert body["user"] == {"id": "U0BOB", "username": "bob", "name": "bob", "team_id": "T0ORGBOT"}
    assert body["message"]["blocks"] == message["blocks"]
    (action,) = body["actions"]
    assert (action["action_id"], action["block_id"], action["type"], action["value"]) == (
        "approve",
        "decision",
        "button",
        "1",
    )
    assert float(action["action_ts"]) > float(message["ts"])
    assert {"trigger_id", "response_url", "state"} <= body.keys()


def test_another_team_s_user_shows_in_the_user_alone(slack: SlackSandbox, bot: Bot) -> None:
    slack.invite("foreign", HERE)
    slack.person("foreign").clicks("Approve", posted(slack))
    assert (bot.got[0]["user"]["team_id"], bot.got[0]["team"]["id"]) == ("T0OTHER", "T0ORGBOT")


def test_who_is_not_there_cannot_click(slack: SlackSandbox, bot: Bot) -> None:
    message = posted(slack)
    with pytest.raises(Exception, match="channel_not_found"):
        slack.person("guest").clicks("Approve", message)
    assert bot.got == []


def test_a_button_that_is_not_there_names_those_that_are(slack: SlackSandbox, bot: Bot) -> None:
    with pytest.raises(AssertionError, match="no button 'Aprove' in the message 'Card'; there are: 'Approve', 'Deny'"):
        slack.person("bob").clicks("Aprove", posted(slack))


def test_an_option_that_is_not_there_names_what_is_offered(slack: SlackSandbox, bot: Bot) -> None:
    alice = slack.person("alice")
    alice.types("/org create-account")
    with pytest.raises(AssertionError, match="no option 'Maybe' in Billing; offered: 'Allow', 'Deny'"):
        alice.fills({"Billing": "Maybe"})
    with pytest.raises(AssertionError, match="no input 'Billling' in Create account; there are: 'Account name'"):
        alice.fills({"Billling": "Allow"})


def test_a_submission_s_state_holds_every_input(slack: SlackSandbox, bot: Bot) -> None:
    alice = slack.person("alice")
    alice.types("/org create-account")
    alice.fills({"Account name": "web", "OU": "Production"})
    alice.submits()
    values = bot.got[-1]["view"]["state"]["values"]
    assert values["account_name"]["value"] == {"type": "plain_text_input", "value": "web"}
    assert values["note"]["value"] == {"type": "plain_text_input", "value": None}
    assert values["ou"]["ou"]["selected_option"]["value"] == "production"
    assert values["billing"]["billing"]["selected_option"]["value"] == "deny"
    assert "container" not in bot.got[-1]


def test_a_cancelled_form_is_told_when_it_asks_so(slack: SlackSandbox, bot: Bot) -> None:
    alice = slack.person("alice")
    alice.types("/org create-account")
    alice.closes()
    assert alice.view is None
    assert (bot.got[-1]["type"], bot.got[-1]["is_cleared"]) == ("view_closed", False)


def test_suggestions(slack: SlackSandbox, bot: Bot) -> None:
    alice = slack.person("alice")
    alice.types("/org create-account")
    assert [entry["text"]["text"] for entry in alice.suggests("OU", "s")] == ["Staging", "Security"]
    assert {"type", "user", "container", "view", "action_id", "block_id", "value"} <= bot.got[-1].keys()
    with pytest.raises(AssertionError, match="from 1 characters on"):
        alice.suggests("OU", "")


def test_the_home_tab_opens_and_its_buttons_work(slack: SlackSandbox, bot: Bot) -> None:
    alice = slack.person("alice")
    alice.opens_home()
    home = slack.wait_for(lambda: alice.home, what="the home tab")
    assert bot.got[0]["type"] == "app_home_opened"
    alice.clicks("Deny")
    assert bot.got[-1]["container"] == {"type": "view", "view_id": home["id"]}
    assert "response_url" not in bot.got[-1]


def test_clicks_at_the_same_instant(slack: SlackSandbox, bot: Bot) -> None:
    message = posted(slack)
    bob, carol = slack.person("bob"), slack.person("carol")
    results = slack.at_once(lambda: bob.clicks("Approve", message), lambda: carol.clicks("Approve", message))
    assert [result.ok for result in results] == [True, True]
    assert sorted(body["user"]["id"] for body in bot.got) == ["U0BOB", "U0CAROL"]


def test_waiting_tells_what_was_seen(slack: SlackSandbox) -> None:
    posted(slack, "The card")
    with pytest.raises(AssertionError, match=r"(?s)the end did not come in 0 s; .*The card.*chat.postMessage -> ok"):
        slack.wait_for(list, timeout=0, what="the end")


def test_a_person_is_one(slack: SlackSandbox) -> None:
    assert slack.person("alice") is slack.person("U0ALICE")


@pytest.mark.parametrize("mode", ["http", "socket"])
def test_the_environment_fits_the_mode(slack: SlackSandbox) -> None:
    names = {"http": {"SLACK_SIGNING_SECRET"}, "socket": {"SLACK_APP_TOKEN"}}[slack.mode]
    assert slack.environment().keys() == {"SLACK_BOT_TOKEN", "SLACK_API_URL"} | names


def test_the_repository_s_manifest_is_read() -> None:
    manifest = SlackSandbox(REPOSITORY / "manifest.yml").workspace.manifest
    assert "chat:write" in manifest.scopes
    assert [command.command for command in manifest.commands] == ["/org"]


def test_only_loopback_addresses_are_taken() -> None:
    with pytest.raises(ValueError, match="not a loopback address"):
        SlackSandbox(REPOSITORY / "manifest.yml", host="0.0.0.0")  # noqa: S104 - It is refused.


def test_a_shortcut_from_anywhere_knows_no_channel(slack: SlackSandbox, bot: Bot) -> None:
    alice = slack.person("alice")
    assert alice.takes_shortcut("Ask").ok
    got = bot.got[-1]
    assert (got["type"], got["callback_id"], got["user"]["id"]) == ("shortcut", "ask", alice.id)
    assert not {"channel", "response_url", "message"} & got.keys()
    assert alice.view


def test_a_shortcut_from_a_message_brings_it_and_its_place(slack: SlackSandbox, bot: Bot) -> None:
    alice = slack.person("alice")
    alice.types("We need an account", "platform")
    (said,) = slack.messages("platform")
    assert alice.takes_shortcut("Ask about this", said).ok
    got = bot.got[-1]
    assert (got["type"], got["message"]["text"], got["message_ts"]) == (
        "message_action",
        "We need an account",
        said["ts"],
    )
    assert got["channel"] == {"id": "C0PLATFORM", "name": "platform"}
    assert WebhookClient(got["response_url"]).send_dict({"text": "Only Alice"}).status_code == 200
    assert [m["text"] for m in alice.ephemerals] == ["Only Alice"]


def test_a_shortcut_that_the_app_does_not_declare_reaches_nobody(slack: SlackSandbox, bot: Bot) -> None:
    alice = slack.person("alice")
    with pytest.raises(AssertionError, match="no shortcut"):
        alice.takes_shortcut("Nothing")
    for body in ({"callback_id": "ask-about"}, {"callback_id": "ask", "channel": "C0GENERAL", "message_ts": "1.0"}):
        with pytest.raises(SlackRefusal, match="unknown_shortcut"):
            slack.interactions.shortcut(alice.id, body)
    with pytest.raises(SlackRefusal, match="message_not_found"):
        slack.interactions.shortcut(alice.id, {"callback_id": "ask-about", "channel": "C0GENERAL", "message_ts": "1.0"})
    assert bot.got == []
