"""Credentials for one shell: written once, and read back from what Slack sends to be written for another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from approvals.slack.blocks import actions, button, context, section, url_button
from approvals.views.snippets import DEFAULT, SHELLS, in_shell, keys_of, picker, profile_name, shell_block
from operations.access.role_sessions import Minted

VALUES = st.from_regex(r"[A-Za-z0-9/+]{16,200}={0,2}", fullmatch=True)
SHELL = st.sampled_from(list(SHELLS))


SECRET, TOKEN = "secret/+=", "t" * 400


def minted(secret: str = SECRET, token: str = TOKEN) -> Minted:
    return Minted("ASIA1", SecretStr(secret), SecretStr(token), datetime(2030, 1, 2, tzinfo=UTC), "AROA1")


def message(shell: str, found: Minted) -> list[dict[str, Any]]:
    buttons = actions(
        picker(shell), url_button("Open console", "link-console", "https://a/?b&c"), button("End", "end", "1")
    )
    return [
        section("*web*"),
        shell_block(keys_of(found), shell, profile_name("web")),
        *buttons,
        context("Deleted soon"),
    ]


def code(blocks: list[dict[str, Any]]) -> str:
    return str(blocks[1]["elements"][0]["elements"][0]["text"])


@pytest.mark.parametrize(
    ("shell", "first", "last"),
    [
        ("bash", 'export AWS_ACCESS_KEY_ID="ASIA1"', 'export AWS_SESSION_TOKEN="t'),
        ("powershell", '$Env:AWS_ACCESS_KEY_ID="ASIA1"', '$Env:AWS_SESSION_TOKEN="t'),
        ("fish", 'set -gx AWS_ACCESS_KEY_ID "ASIA1"', 'set -gx AWS_SESSION_TOKEN "t'),
        ("cmd", "set AWS_ACCESS_KEY_ID=ASIA1", "set AWS_SESSION_TOKEN=t"),
        ("profile", "[web-session]", "aws_session_token = t"),
    ],
)
def test_each_shell_has_its_own_words(shell: str, first: str, last: str) -> None:
    lines = code(message(shell, minted())).splitlines()
    assert lines[0] == first
    assert lines[-1].startswith(last)


def test_every_shell_can_be_chosen_and_bash_comes_first() -> None:
    assert [option["value"] for option in picker(DEFAULT)["options"]] == list(SHELLS)
    assert picker(DEFAULT)["initial_option"]["value"] == "bash"
    assert picker("a shell of a later version")["initial_option"]["value"] == "bash"


@settings(max_examples=40)
@given(VALUES, VALUES, SHELL, SHELL)
def test_rewritten_for_another_shell_it_is_what_it_would_have_been(secret: str, token: str, old: str, new: str) -> None:
    found = minted(secret, token)
    assert in_shell(message(old, found), new) == message(new, found)


def test_the_rest_of_the_message_stays_and_links_are_as_they_were_sent() -> None:
    """Slack may hand texts back with `&` escaped."""
    sent = message("bash", minted())
    sent[2]["elements"][1]["url"] = "https://a/?b&amp;c"
    assert in_shell(sent, "fish") == message("fish", minted())


@pytest.mark.parametrize("cut", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
def test_nothing_is_rewritten_where_no_whole_credentials_stand(cut: str) -> None:
    sent = message("bash", minted())
    sent[1]["elements"][0]["elements"][0]["text"] = code(sent).replace(cut, "")
    assert in_shell(sent, "fish") is None


@pytest.mark.parametrize(
    "blocks", [[], [{}], [section("x")], [{"block_id": "shell:x", "elements": "no"}], [{"block_id": 7}]]
)
def test_what_has_no_credentials_is_left_alone(blocks: list[dict[str, Any]]) -> None:
    assert in_shell(blocks, "fish") is None


def test_no_shell_that_there_is_not() -> None:
    assert in_shell(message("bash", minted()), "tcsh; rm") is None


def test_the_keys_print_masked() -> None:
    assert SECRET not in repr(keys_of(minted()))
