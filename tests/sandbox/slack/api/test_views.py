"""views.*: triggers that live three seconds and work once, hashes, stacks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox.slack.driver import SlackSandbox
from sandbox.slack.manifest import Manifest
from tests.sandbox.slack.api.test_chat import refusal
from tests.sandbox.slack.bots import card, form
from tests.sandbox.slack.conftest import MANIFEST


def trigger(slack: SlackSandbox) -> str:
    return slack.workspace.triggers.mint("U0ALICE")


def test_a_form_opens_for_whoever_acted(client: WebClient, slack: SlackSandbox) -> None:
    view = client.views_open(trigger_id=trigger(slack), view=form())["view"]
    assert (view["type"], view["callback_id"], view["state"], view["team_id"]) == (
        "modal",
        "create-account",
        {"values": {}},
        "T0ORGBOT",
    )
    assert view["root_view_id"] == view["id"]
    assert slack.person("alice").view == view
    assert slack.person("bob").view is None


def test_a_trigger_works_once(client: WebClient, slack: SlackSandbox) -> None:
    used = trigger(slack)
    client.views_open(trigger_id=used, view=form())
    assert refusal(client.views_open, trigger_id=used, view=form()) == "exchanged_trigger_id"
    assert refusal(client.views_open, trigger_id="1.2.3", view=form()) == "invalid_trigger_id"


def test_a_trigger_lives_three_seconds(client: WebClient, slack: SlackSandbox) -> None:
    late = trigger(slack)
    slack.workspace.clock.advance(3.1)
    assert refusal(client.views_open, trigger_id=late, view=form()) == "expired_trigger_id"


def test_a_refused_view_leaves_the_trigger(client: WebClient, slack: SlackSandbox) -> None:
    fresh = trigger(slack)
    broken: dict[str, Any] = form() | {"title": {"type": "plain_text", "text": "x" * 25}}
    assert refusal(client.views_open, trigger_id=fresh, view=broken) == "invalid_arguments"
    assert client.views_open(trigger_id=fresh, view=form())["ok"]


def test_an_old_hash_conflicts(client: WebClient, slack: SlackSandbox) -> None:
    view = client.views_open(trigger_id=trigger(slack), view=form())["view"]
    newer = client.views_update(view_id=view["id"], view=form(), hash=view["hash"])["view"]
    assert newer["hash"] != view["hash"]
    assert refusal(client.views_update, view_id=view["id"], view=form(), hash=view["hash"]) == "hash_conflict"
    assert refusal(client.views_update, view_id="V0NONE", view=form()) == "not_found"


def test_an_external_id_is_unique_and_finds_the_view(client: WebClient, slack: SlackSandbox) -> None:
    named = form() | {"external_id": "request-7"}
    view = client.views_open(trigger_id=trigger(slack), view=named)["view"]
    assert client.views_update(external_id="request-7", view=named)["view"]["id"] == view["id"]
    assert refusal(client.views_push, trigger_id=trigger(slack), view=named) == "duplicate_external_id"


def test_at_most_three_forms_lie_on_each_other(client: WebClient, slack: SlackSandbox) -> None:
    root = client.views_open(trigger_id=trigger(slack), view=form())["view"]
    second = client.views_push(trigger_id=trigger(slack), view=form())["view"]
    client.views_push(trigger_id=trigger(slack), view=form())
    assert (second["root_view_id"], second["previous_view_id"]) == (root["id"], root["id"])
    assert refusal(client.views_push, trigger_id=trigger(slack), view=form()) == "push_limit_reached"


def test_the_home_tab(client: WebClient, slack: SlackSandbox) -> None:
    home = {"type": "home", "blocks": card("Nothing to do.")}
    view = client.views_publish(user_id="U0ALICE", view=home)["view"]
    again = client.views_publish(user_id="U0ALICE", view=home, hash=view["hash"])["view"]
    assert again["id"] == view["id"]
    assert refusal(client.views_publish, user_id="U0ALICE", view=home, hash=view["hash"]) == "hash_conflict"
    assert refusal(client.views_publish, user_id="U0ALICE", view=form()) == "invalid_arguments"
    assert slack.person("alice").home == again


class TestWithoutHomeTab:
    @pytest.fixture
    def manifest(self) -> Manifest:
        return replace(MANIFEST, home_tab=False)

    def test_nothing_is_published(self, client: WebClient) -> None:
        home = {"type": "home", "blocks": card("x")}
        assert refusal(client.views_publish, user_id="U0ALICE", view=home) == "not_enabled"
