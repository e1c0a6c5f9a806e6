"""When Slack refuses, is busy or does not answer, the person hears of it and the worker goes on."""

from __future__ import annotations

import pytest

from tests.harness.handling import Handling


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("expired_trigger_id", "took too long to open"),
        ("invalid_arguments", "couldn't be opened"),
        ("ratelimited", "couldn't be opened"),
        ("internal_error", "couldn't be opened"),
    ],
)
def test_a_form_that_does_not_open(handling: Handling, error: str, told: str) -> None:
    handling.slack.refuse["views.open"] = error
    handling.types("create-account")
    (line,) = handling.told()
    assert told in line


def test_nothing_of_the_form_comes_into_the_log(handling: Handling, caplog: pytest.LogCaptureFixture) -> None:
    handling.slack.refuse["views.open"] = "invalid_arguments"
    handling.types("create-account --name hush-hush")
    handling.work()
    assert "invalid_arguments" in caplog.text
    assert "hush-hush" not in caplog.text


def test_when_nothing_can_be_told_the_log_says_so(handling: Handling, caplog: pytest.LogCaptureFixture) -> None:
    handling.slack.refuse = dict.fromkeys(("views.open", "chat.postEphemeral", "conversations.open"), "not_in_channel")
    handling.types("create-account")
    handling.work()
    assert "could not be told: conversations.open" in caplog.text


def test_a_busy_slack_is_not_answered_with_more_messages(handling: Handling) -> None:
    handling.slack.refuse = {"views.open": "ratelimited", "chat.postEphemeral": "ratelimited"}
    handling.types("create-account")
    handling.work()
    assert not handling.slack.made("conversations.open")
