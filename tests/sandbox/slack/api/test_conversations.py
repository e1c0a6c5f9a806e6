"""conversations.*: who may read what, and how histories are paged."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient

from sandbox.slack.cast import Channel
from sandbox.slack.driver import SlackSandbox
from sandbox.slack.manifest import Manifest
from tests.sandbox.slack.api.test_chat import HERE, refusal
from tests.sandbox.slack.conftest import MANIFEST, without


def fill(client: WebClient, count: int) -> list[str]:
    return [client.chat_postMessage(channel=HERE, text=str(number))["ts"] for number in range(count)]


def test_history_is_newest_first_and_paged_by_cursor(client: WebClient) -> None:
    fill(client, 5)
    first = client.conversations_history(channel=HERE, limit=2)
    assert [m["text"] for m in first["messages"]] == ["4", "3"]
    assert first["has_more"] is True
    pages = [page["messages"] for page in first]
    assert [m["text"] for page in pages for m in page] == ["4", "3", "2", "1", "0"]


def test_history_between_two_messages(client: WebClient) -> None:
    ts = fill(client, 4)
    between = {"channel": HERE, "oldest": ts[0], "latest": ts[2]}
    assert [m["text"] for m in client.conversations_history(**between)["messages"]] == ["1"]  # type: ignore[arg-type]
    inclusive = client.conversations_history(channel=HERE, oldest=ts[0], latest=ts[2], inclusive=True)
    assert [m["text"] for m in inclusive["messages"]] == ["2", "1", "0"]


def test_metadata_comes_only_when_asked_for(client: WebClient) -> None:
    metadata = {"event_type": "orgbot", "event_payload": {"id": "7"}}
    ts = client.chat_postMessage(channel=HERE, text="x", metadata=metadata)["ts"]
    client.chat_postMessage(channel=HERE, text="y", thread_ts=ts, metadata=metadata)
    assert "metadata" not in client.conversations_history(channel=HERE)["messages"][0]
    asked = client.conversations_history(channel=HERE, include_all_metadata=True)["messages"]
    thread = client.conversations_replies(channel=HERE, ts=ts, include_all_metadata=True)["messages"]
    assert [m["metadata"] for m in [*asked, *thread]] == [metadata] * 3


def test_replies_stay_in_their_thread_unless_broadcast(client: WebClient) -> None:
    (parent,) = fill(client, 1)
    client.chat_postMessage(channel=HERE, text="quiet", thread_ts=parent)
    client.chat_postMessage(channel=HERE, text="loud", thread_ts=parent, reply_broadcast=True)
    history = client.conversations_history(channel=HERE)["messages"]
    assert [(m["text"], m.get("subtype")) for m in history] == [("loud", "thread_broadcast"), ("0", None)]
    replies = client.conversations_replies(channel=HERE, ts=parent)["messages"]
    assert [m["text"] for m in replies] == ["0", "quiet", "loud"]
    assert refusal(client.conversations_replies, channel=HERE, ts="1.000001") == "thread_not_found"


def test_ephemerals_are_in_no_history(client: WebClient) -> None:
    client.chat_postEphemeral(channel=HERE, user="U0ALICE", text="x")
    assert client.conversations_history(channel=HERE)["messages"] == []


def test_a_direct_message_is_opened_once(client: WebClient) -> None:
    first = client.conversations_open(users="U0ALICE")["channel"]["id"]
    assert client.conversations_open(users=["U0ALICE"])["channel"]["id"] == first
    assert client.conversations_open(users="U0ALICE", return_im=True)["channel"]["user"] == "U0ALICE"
    assert refusal(client.conversations_open, users="U0GONE") == "user_disabled"
    assert refusal(client.conversations_open, users="U0NOBODY") == "user_not_found"


def test_a_private_channel_does_not_exist_for_strangers(client: WebClient, slack: SlackSandbox) -> None:
    slack.workspace.add_channel(Channel("C0SECRET", "secret", {"U0BOB"}, is_private=True))
    assert refusal(client.conversations_info, channel="C0SECRET") == "channel_not_found"
    listed = client.conversations_list(types="public_channel,private_channel")["channels"]
    assert [channel["name"] for channel in listed] == ["general", "aws-approvals", "platform"]
    slack.invite("orgbot", "secret")
    assert client.conversations_info(channel="C0SECRET")["channel"]["is_private"] is True


def test_reading_needs_membership_and_joining_gives_it(client: WebClient) -> None:
    assert refusal(client.conversations_history, channel="C0PLATFORM") == "not_in_channel"
    assert client.conversations_join(channel="C0PLATFORM")["channel"]["is_member"] is True
    assert client.conversations_history(channel="C0PLATFORM")["messages"] == []
    assert client.conversations_join(channel="C0PLATFORM")["warning"] == "already_in_channel"


def test_members_are_paged(client: WebClient) -> None:
    pages = [page["members"] for page in client.conversations_members(channel=HERE, limit=2)]
    assert [member for page in pages for member in page] == ["U0ALICE", "U0BOB", "U0CAROL", "U0DAVE", "U0ORGBOT"]
    assert len(pages) == 3
    assert refusal(client.conversations_members, channel=HERE, cursor="elsewhere") == "invalid_cursor"


class TestWithoutHistoryScope:
    @pytest.fixture
    def manifest(self) -> Manifest:
        return without(MANIFEST, "channels:history", "im:read")

    def test_each_kind_of_channel_needs_its_own(self, client: WebClient) -> None:
        assert refusal(client.conversations_history, channel=HERE) == "missing_scope"
        dm = client.conversations_open(users="U0ALICE")["channel"]["id"]
        assert client.conversations_history(channel=dm)["ok"]
        assert refusal(client.conversations_info, channel=dm) == "missing_scope"
        assert refusal(client.conversations_list, types="im") == "missing_scope"
