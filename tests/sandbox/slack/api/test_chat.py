"""chat.* through slack_sdk's own client: what is posted, and what Slack refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.driver import SlackSandbox
from sandbox.slack.manifest import Manifest
from tests.sandbox.slack.bots import card
from tests.sandbox.slack.conftest import MANIFEST, without

HERE = "C0APPROVALS"


def refusal(run: Any, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as raised:
        run(**arguments)
    return str(raised.value.response["error"])


def test_a_message_comes_back_in_slack_s_shape(client: WebClient, slack: SlackSandbox) -> None:
    answer = client.chat_postMessage(channel=HERE, text="Hello", blocks=card("Hello"))
    message = answer["message"]
    assert answer["channel"] == HERE
    assert answer["ts"] == message["ts"]
    assert (message["type"], message["user"], message["bot_id"], message["app_id"], message["team"]) == (
        "message",
        "U0ORGBOT",
        "B0ORGBOT",
        "A0ORGBOT",
        "T0ORGBOT",
    )
    assert all(block["block_id"] for block in message["blocks"])
    assert message["blocks"][0]["text"] == {"type": "mrkdwn", "text": "Hello", "verbatim": False}
    assert [said["text"] for said in slack.messages("aws-approvals")] == ["Hello"]


def test_a_thread_counts_its_replies(client: WebClient, slack: SlackSandbox) -> None:
    parent = client.chat_postMessage(channel=HERE, text="Card")["ts"]
    reply = client.chat_postMessage(channel=HERE, text="Done", thread_ts=parent)["ts"]
    said = slack.messages("aws-approvals")
    assert [(m["reply_count"], m["latest_reply"], m["reply_users"]) for m in said] == [(1, reply, ["U0ORGBOT"])]
    assert [m["text"] for m in slack.replies(said[0])] == ["Done"]
    assert client.conversations_replies(channel=HERE, ts=parent)["messages"][1]["parent_user_id"] == "U0ORGBOT"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0PLATFORM", "text": "x"}, "not_in_channel"),
        ({"channel": HERE, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": HERE, "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": HERE, "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": HERE, "text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"channel": HERE, "text": "x", "blocks": card("x" * 3000) + card("y" * 3000)}, "invalid_blocks"),
        ({"channel": HERE, "text": "x", "blocks": card("x" * 3000)[:1] * 5}, "msg_blocks_too_long"),
    ],
)
def test_what_chat_post_message_refuses(client: WebClient, arguments: dict[str, Any], error: str) -> None:
    assert refusal(client.chat_postMessage, **arguments) == error


def test_nothing_to_say_is_no_text(client: WebClient) -> None:
    assert refusal(client.api_call, api_method="chat.postMessage", json={"channel": HERE, "text": ""}) == "no_text"


def test_a_refused_block_is_named_by_its_pointer(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as raised:
        client.chat_postMessage(channel=HERE, text="x", blocks=card("x" * 3001))
    assert raised.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


def test_a_user_id_as_channel_is_the_direct_message(client: WebClient, slack: SlackSandbox) -> None:
    client.chat_postMessage(channel="U0ALICE", text="Psst")
    assert [m["text"] for m in slack.person("alice").dms] == ["Psst"]


class TestWithoutMessagesTab:
    @pytest.fixture
    def manifest(self) -> Manifest:
        return replace(MANIFEST, messages_tab=False)

    def test_direct_messages_fail(self, client: WebClient) -> None:
        dm = client.conversations_open(users="U0ALICE")["channel"]["id"]
        assert refusal(client.chat_postMessage, channel=dm, text="x") == "messages_tab_disabled"


class TestWithoutScope:
    @pytest.fixture
    def manifest(self) -> Manifest:
        return without(MANIFEST, "chat:write")

    def test_it_is_named(self, client: WebClient) -> None:
        with pytest.raises(SlackApiError) as raised:
            client.chat_postMessage(channel=HERE, text="x")
        answer = raised.value.response
        assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
        assert "commands" in answer["provided"].split(",")


def test_an_update_changes_the_message(client: WebClient, slack: SlackSandbox) -> None:
    ts = client.chat_postMessage(channel=HERE, text="Before", blocks=card("Before"))["ts"]
    client.chat_update(channel=HERE, ts=ts, text="After", blocks=card("After"))
    (message,) = slack.messages(HERE)
    assert (message["text"], message["blocks"][0]["text"]["text"], message["edited"]) == ("After", "After", False)


def test_text_alone_takes_the_blocks_away(client: WebClient, slack: SlackSandbox) -> None:
    ts = client.chat_postMessage(channel=HERE, text="Before", blocks=card("Before"))["ts"]
    client.chat_update(channel=HERE, ts=ts, text="After")
    (message,) = slack.messages(HERE)
    assert "blocks" not in message
    assert message["edited"] is True


def test_what_chat_update_and_delete_refuse(client: WebClient, slack: SlackSandbox) -> None:
    theirs = slack.interactions.say("alice", HERE, "Mine").ts
    own = client.chat_postMessage(channel=HERE, text="x")["ts"]
    assert refusal(client.chat_update, channel=HERE, ts=theirs, text="x") == "cant_update_message"
    assert refusal(client.chat_update, channel=HERE, ts="1.000001", text="x") == "message_not_found"
    assert refusal(client.chat_update, channel=HERE, ts=own, text="x" * 4001) == "msg_too_long"
    assert refusal(client.chat_delete, channel=HERE, ts=theirs) == "cant_delete_message"
    assert refusal(client.chat_update, channel="aws-approvals", ts=own, text="x") == "channel_not_found"


def test_a_deleted_parent_leaves_a_tombstone(client: WebClient, slack: SlackSandbox) -> None:
    parent = client.chat_postMessage(channel=HERE, text="Card", blocks=card("Card"))["ts"]
    alone = client.chat_postMessage(channel=HERE, text="Alone")["ts"]
    client.chat_postMessage(channel=HERE, text="Done", thread_ts=parent)
    client.chat_delete(channel=HERE, ts=parent)
    client.chat_delete(channel=HERE, ts=alone)
    (left,) = slack.messages(HERE)
    assert (left["subtype"], left["text"], left["reply_count"]) == ("tombstone", "This message was deleted.", 1)
    assert "blocks" not in left


def test_an_ephemeral_reaches_one_member(client: WebClient, slack: SlackSandbox) -> None:
    client.chat_postEphemeral(channel=HERE, user="U0ALICE", text="Only you")
    assert [m["text"] for m in slack.person("alice").ephemerals] == ["Only you"]
    assert slack.person("bob").ephemerals == []
    assert slack.messages(HERE) == []
    assert refusal(client.chat_postEphemeral, channel=HERE, user="U0GUEST", text="x") == "user_not_in_channel"


def test_a_permalink_leads_into_the_thread(client: WebClient) -> None:
    parent = client.chat_postMessage(channel=HERE, text="Card")["ts"]
    reply = client.chat_postMessage(channel=HERE, text="Done", thread_ts=parent)["ts"]
    link = client.chat_getPermalink(channel=HERE, message_ts=reply)["permalink"]
    assert f"/archives/{HERE}/p{reply.replace('.', '')}?thread_ts={parent}" in link
    assert refusal(client.chat_getPermalink, channel=HERE, message_ts="1.0") == "message_not_found"


def test_blocks_validate_judges_and_posts_nothing(client: WebClient, slack: SlackSandbox) -> None:
    assert client.blocks_validate(blocks=card("x"))["ok"]
    assert client.blocks_validate(message={"text": "x", "blocks": card("x")})["ok"]
    assert refusal(client.blocks_validate, blocks=[{"type": "nope"}]) == "invalid_blocks"
    assert refusal(client.blocks_validate, view={"type": "modal", "blocks": []}) == "invalid_arguments"
    assert refusal(client.blocks_validate) == "invalid_arguments"
    assert slack.messages(HERE) == []
