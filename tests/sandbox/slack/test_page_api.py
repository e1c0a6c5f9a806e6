"""The contract between the page and the stand-in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from sandbox.slack.cast import Channel
from sandbox.slack.driver import SlackSandbox
from sandbox.slack.manifest import Manifest
from tests.sandbox.slack.bots import Bot, card, client_of
from tests.sandbox.slack.conftest import MANIFEST
from tests.sandbox.slack.page_client import Page

HERE = "C0APPROVALS"


@pytest.fixture
def alice(slack: SlackSandbox) -> Page:
    return Page(slack, "U0ALICE")


def test_the_state_is_the_workspace_as_one_sees_it(slack: SlackSandbox, alice: Page) -> None:
    state = alice.get("state")
    assert state.keys() == {
        "team",
        "me",
        "users",
        "groups",
        "channels",
        "commands",
        "shortcuts",
        "bot",
        "panel",
        "unread",
        "names",
    }
    assert state["me"] == "U0ALICE"
    assert [channel["id"] for channel in state["channels"]] == ["C0GENERAL", HERE, "C0PLATFORM", "D0ALICE"]
    assert state["channels"][3]["user"] == "U0ORGBOT"
    assert state["commands"] == [{"command": "/org", "description": "Ask", "usage_hint": "help"}]
    assert [shortcut["callback_id"] for shortcut in state["shortcuts"]] == ["ask", "ask-about"]
    guest = Page(slack, "U0GUEST").get("state")
    assert [channel["id"] for channel in guest["channels"]] == ["C0GENERAL", "D0GUEST"]


def test_public_channels_have_names_for_everybody(slack: SlackSandbox, alice: Page) -> None:
    slack.workspace.channel("platform").is_private = True
    assert Page(slack, "U0GUEST").get("state")["names"] == {"C0GENERAL": "general", HERE: "aws-approvals"}


def test_a_message_and_its_thread(slack: SlackSandbox, alice: Page) -> None:
    ts = alice.post("message", channel=HERE, text="Hi <all>")["ts"]
    alice.post("message", channel=HERE, text="And you?", thread_ts=ts)
    (message,) = alice.get("messages", channel=HERE)["messages"]
    assert message["text"] == "Hi &lt;all&gt;"
    assert (message["reply_count"], message["reply_users"]) == (1, ["U0ALICE"])
    assert (message["edited"], message["ephemeral"]) == (False, False)
    assert [m["text"] for m in alice.get("replies", channel=HERE, ts=ts)["messages"]] == ["Hi &lt;all&gt;", "And you?"]


def test_ephemerals_are_shown_to_one(slack: SlackSandbox, alice: Page, bot: Bot) -> None:
    assert alice.post("command", channel=HERE, text="/org help") == {"ok": True, "error": None, "status": 200}
    (message,) = alice.get("messages", channel=HERE)["messages"]
    assert (message["text"], message["ephemeral"]) == ("Ask for an account.", True)
    assert Page(slack, "U0BOB").get("messages", channel=HERE)["messages"] == []


def test_a_command_s_failure_is_told(alice: Page) -> None:
    assert alice.post("command", channel=HERE, text="/org help")["error"] == "dispatch_failed"
    assert alice.post("command", channel=HERE, text="/jira help") == {"ok": False, "error": "invalid_command"}


def test_a_form_from_its_opening_to_its_end(slack: SlackSandbox, alice: Page, bot: Bot) -> None:
    with alice.events() as events:
        alice.post("command", channel=HERE, text="/org create-account")
        opened = next(events)
        view_id = opened["view"]["id"]
        assert opened["type"] == "view_opened"
        options = alice.post("options", view_id=view_id, block_id="ou", action_id="ou", value="stag")["options"]
        values: dict[str, Any] = {"account_name": {"value": {"type": "plain_text_input", "value": "a b"}}}
        values["ou"] = {"ou": {"type": "external_select", "selected_option": options[0]}}
        refused = alice.post("submit", view_id=view_id, state={"values": values})
        assert (refused["ok"], refused["response_action"]) == (False, "errors")
        assert refused["errors"] == {"account_name": "No spaces, please."}
        values["account_name"]["value"]["value"] = "web"
        assert alice.post("submit", view_id=view_id, state={"values": values})["ok"]
        assert {next(events)["type"], next(events)["type"]} == {"message", "view_closed"}


def test_a_form_opens_in_the_window_where_it_was_asked_for(slack: SlackSandbox, alice: Page, bot: Bot) -> None:
    other = Page(slack, "U0ALICE", "w2")
    with alice.events() as here, other.events() as there:
        alice.post("command", channel=HERE, text="/org create-account")
        first = next(here)["view"]["id"]
        other.post("command", channel=HERE, text="/org create-account")
        second = next(there)["view"]["id"]
        assert other.post("close", view_id=second) == {"ok": True}
        assert next(there) == {"type": "view_closed", "view_id": second}
        assert (slack.person("alice").view or {})["id"] == first


def test_every_page_hears_who_has_news(slack: SlackSandbox, alice: Page) -> None:
    client = client_of(slack)
    with alice.events(news=True) as events:
        client.chat_postMessage(channel=slack.workspace.dm("bob").id, text="for Bob")
        assert next(events) == {"type": "news", "channel": "D0BOB", "users": ["U0BOB"]}
        ts = client.chat_postMessage(channel=HERE, text="for its members")["ts"]
        assert [next(events)["type"], next(events)["users"]] == ["message", ["U0ALICE", "U0BOB", "U0CAROL", "U0DAVE"]]
        client.chat_postMessage(channel=HERE, text="in the thread", thread_ts=ts)
        assert [next(events)["type"], next(events)["type"]] == ["message", "message_changed"]


def test_what_is_unread_stays_so_until_it_is_seen(slack: SlackSandbox, alice: Page) -> None:
    client_of(slack).chat_postMessage(channel=slack.workspace.dm("bob").id, text="for Bob")
    assert alice.get("state")["unread"] == [["U0BOB", "D0BOB"]]
    with alice.events() as events:
        Page(slack, "U0BOB").post("seen", channel="D0BOB")
        assert next(events) == {"type": "seen", "channel": "D0BOB", "user": "U0BOB"}
    assert alice.get("state")["unread"] == []


def test_nobody_listens_as_somebody_unknown(slack: SlackSandbox) -> None:
    with pytest.raises(InvalidStatus), Page(slack, "U0NOBODY").events():
        pass


def test_clicks_and_what_the_page_hears(slack: SlackSandbox, alice: Page, bot: Bot) -> None:
    client_of(slack).chat_postMessage(channel=HERE, text="Card", blocks=card("Card"))
    (message,) = alice.get("messages", channel=HERE)["messages"]
    action = {"type": "button", "block_id": "decision", "action_id": "approve"}
    with alice.events() as events:
        assert alice.post("action", channel=HERE, message_ts=message["ts"], action=action)["ok"]
        changed = next(events)
    assert (changed["type"], changed["message"]["text"]) == ("message_changed", "Approved")
    missing = alice.post("action", channel=HERE, message_ts=message["ts"], action=action | {"action_id": "x"})
    assert missing == {"ok": False, "error": "element_not_found"}


def test_a_shortcut(alice: Page, bot: Bot) -> None:
    assert alice.post("shortcut", callback_id="ask")["ok"]
    assert bot.got[-1]["type"] == "shortcut"
    assert alice.post("shortcut", callback_id="nothing") == {"ok": False, "error": "unknown_shortcut"}


def test_the_home_tab(alice: Page, bot: Bot) -> None:
    assert alice.get("home") == {"view": None}
    with alice.events() as events:
        assert alice.post("home")["ok"]
        assert next(event for event in events if event["type"] == "home")["view"]["type"] == "home"
    assert alice.get("home")["view"]["type"] == "home"


def test_closing_a_form(slack: SlackSandbox, alice: Page, bot: Bot) -> None:
    alice.post("command", channel=HERE, text="/org create-account")
    view = slack.person("alice").view or {}
    assert Page(slack, "U0BOB").post("close", view_id=view["id"])["error"] == "not_found"
    assert alice.post("close", view_id=view["id"]) == {"ok": True}
    assert slack.person("alice").view is None


def test_deletions_and_new_channels_are_heard(slack: SlackSandbox, alice: Page) -> None:
    client = client_of(slack)
    ts = client.chat_postMessage(channel=HERE, text="x")["ts"]
    with alice.events() as events:
        client.chat_delete(channel=HERE, ts=ts)
        slack.workspace.add_channel(Channel("C0NEW", "new", {"U0ALICE"}))
        assert next(events) == {"type": "message_deleted", "channel": HERE, "ts": ts}
        assert next(events)["channel"]["name"] == "new"


def test_nobody_hears_of_channels_that_are_hidden_from_them(slack: SlackSandbox) -> None:
    with Page(slack, "U0GUEST").events() as events:
        slack.interactions.say("alice", HERE, "secret")
        slack.interactions.say("alice", "general", "open")
        assert next(events)["message"]["text"] == "open"
    assert Page(slack, "U0GUEST").get("messages", channel=HERE)["error"] == "channel_not_found"


def test_an_upload(slack: SlackSandbox, alice: Page) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="as"\r\n\r\nU0ALICE\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="scp.json"\r\n\r\n{"a":\r\n1}\r\n--b--\r\n'
    )
    status, _ = alice.request("POST", "/sandbox/upload", body, **{"Content-Type": "multipart/form-data; boundary=b"})
    (file,) = slack.workspace.files._known.values()
    assert (status, file.name, file.content, file.user) == (200, "scp.json", b'{"a":\r\n1}', "U0ALICE")


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"as": "U0ALICE"}'])
def test_a_body_that_is_no_request(alice: Page, body: bytes) -> None:
    assert alice.request("POST", "/sandbox/command", body)[0] == 400


def test_who_is_deactivated_is_signed_out(slack: SlackSandbox, alice: Page) -> None:
    slack.workspace.users["U0ALICE"].deleted = True
    assert alice.post("message", channel=HERE, text="x") == {"ok": False, "error": "account_inactive"}


class TestWithAReadOnlyMessagesTab:
    @pytest.fixture
    def manifest(self) -> Manifest:
        return replace(MANIFEST, messages_tab_read_only=True)

    def test_nobody_types_there(self, alice: Page) -> None:
        assert alice.get("state")["channels"][-1]["is_read_only"] is True
        for name, text in (("message", "Hi"), ("command", "/org help")):
            assert alice.post(name, channel="D0ALICE", text=text)["error"] == "messages_tab_read_only"
