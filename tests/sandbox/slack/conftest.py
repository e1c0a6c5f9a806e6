"""Workspaces and bots for these tests: over HTTP and over Socket Mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from slack_sdk import WebClient

from sandbox.slack.driver import Mode, SlackSandbox
from sandbox.slack.manifest import Command, Manifest, Shortcut
from tests.sandbox.slack.bots import Bot, client_of, over_http, over_socket

REPOSITORY = Path(__file__).parents[3]

MANIFEST = Manifest(
    scopes=frozenset(
        {
            "chat:write",
            "channels:history",
            "channels:join",
            "channels:read",
            "commands",
            "files:read",
            "files:write",
            "groups:history",
            "groups:read",
            "im:history",
            "im:read",
            "im:write",
            "usergroups:read",
            "users:read",
            "users:read.email",
        }
    ),
    commands=(Command("/org", "Ask", "help"),),
    shortcuts=(Shortcut("Ask", "global", "ask"), Shortcut("Ask about this", "message", "ask-about")),
    bot_events=frozenset({"app_home_opened"}),
)


@pytest.fixture
def manifest() -> Manifest:
    """What the app declares; a test that needs less overrides it."""
    return MANIFEST


@pytest.fixture
def mode() -> Mode:
    return "http"


@pytest.fixture
def slack(manifest: Manifest, mode: Mode) -> Iterator[SlackSandbox]:
    """A workspace without a bot."""
    with SlackSandbox(manifest, mode) as workspace:
        yield workspace


@pytest.fixture
def client(slack: SlackSandbox) -> WebClient:
    """slack_sdk's client with the bot's token."""
    return client_of(slack)


@pytest.fixture
def bot(slack: SlackSandbox) -> Iterator[Bot]:
    """The tiny Bolt app, reachable."""
    made = Bot(slack)
    with over_http(made, slack) if slack.mode == "http" else over_socket(made, slack):
        yield made


def without(manifest: Manifest, *scopes: str) -> Manifest:
    """The same app with fewer scopes."""
    return replace(manifest, scopes=manifest.scopes - set(scopes))
