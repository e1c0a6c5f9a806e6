"""users.* and usergroups.*, as a bot meets guests, outsiders and people who left."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient

from sandbox.slack.driver import SlackSandbox
from sandbox.slack.manifest import Manifest
from tests.sandbox.slack.api.test_chat import refusal
from tests.sandbox.slack.conftest import MANIFEST, without


def test_a_person(client: WebClient) -> None:
    user = client.users_info(user="U0ALICE")["user"]
    assert (user["name"], user["real_name"], user["profile"]["email"]) == ("alice", "Alice Ahmed", "alice@example.com")
    assert (user["deleted"], user["is_restricted"], user["is_bot"]) == (False, False, False)
    assert refusal(client.users_info, user="U0NOBODY") == "user_not_found"


def test_flags_tell_who_is_not_a_full_member(client: WebClient) -> None:
    assert client.users_info(user="U0GUEST")["user"]["is_restricted"] is True
    gone = client.users_info(user="U0GONE")["user"]
    assert gone["deleted"] is True
    assert "is_restricted" not in gone
    foreign = client.users_info(user="U0FOREIGN")["user"]
    assert (foreign["team_id"], foreign["is_stranger"]) == ("T0OTHER", True)


def test_tests_may_change_people(client: WebClient, slack: SlackSandbox) -> None:
    slack.workspace.users["U0BOB"].deleted = True
    slack.workspace.groups["S0APPROVERS"].users.remove("U0BOB")
    assert client.users_info(user="U0BOB")["user"]["deleted"] is True
    assert client.usergroups_users_list(usergroup="S0APPROVERS")["users"] == ["U0CAROL"]


def test_the_list_is_paged_and_of_this_team(client: WebClient) -> None:
    pages = [page["members"] for page in client.users_list(limit=4)]
    assert [len(page) for page in pages] == [4, 3]
    assert "U0FOREIGN" not in {user["id"] for page in pages for user in page}


def test_looking_up_by_email_finds_active_people(client: WebClient) -> None:
    assert client.users_lookupByEmail(email="BOB@example.com")["user"]["id"] == "U0BOB"
    assert refusal(client.users_lookupByEmail, email="gone@example.com") == "users_not_found"
    assert refusal(client.users_lookupByEmail, email="fay@example.net") == "users_not_found"


def test_user_groups(client: WebClient, slack: SlackSandbox) -> None:
    groups = client.usergroups_list(include_users=True)["usergroups"]
    assert [(group["id"], group["handle"], group["users"]) for group in groups] == [
        ("S0APPROVERS", "aws-approvers", ["U0BOB", "U0CAROL"]),
        ("S0SECURITY", "aws-security", ["U0CAROL"]),
    ]
    assert refusal(client.usergroups_users_list, usergroup="S0NONE") == "no_such_subteam"
    for group in slack.workspace.groups.values():
        group.disabled = True
    assert client.usergroups_list()["usergroups"] == []


def test_the_channels_of_a_person(client: WebClient) -> None:
    mine = client.users_conversations()["channels"]
    theirs = client.users_conversations(user="U0ALICE")["channels"]
    assert [channel["name"] for channel in mine] == ["aws-approvals"]
    assert [channel["name"] for channel in theirs] == ["general", "aws-approvals", "platform"]


class TestWithoutEmailScope:
    @pytest.fixture
    def manifest(self) -> Manifest:
        return without(MANIFEST, "users:read.email")

    def test_no_email_is_shown(self, client: WebClient) -> None:
        assert "email" not in client.users_info(user="U0ALICE")["user"]["profile"]
        assert refusal(client.users_lookupByEmail, email="bob@example.com") == "missing_scope"
