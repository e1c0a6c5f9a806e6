"""When Slack refuses, is busy or does not answer, the person hears of it and the worker goes on."""

from __future__ import annotations

import pytest

from tests.handlers.reception import Reception


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("expired_trigger_id", "once more"),
        ("invalid_arguments", "could not be opened"),
        ("ratelimited", "could not be opened"),
        ("internal_error", "could not be opened"),
    ],
)
def test_a_form_that_does_not_open(reception: Reception, error: str, told: str) -> None:
    reception.slack.refuse["views.open"] = error
    reception.types("create-account")
    (line,) = reception.told()
    assert told in line


def test_nothing_of_the_form_comes_into_the_log(reception: Reception, caplog: pytest.LogCaptureFixture) -> None:
    reception.slack.refuse["views.open"] = "invalid_arguments"
    reception.types("create-account --name hush-hush")
    reception.work()
    assert "invalid_arguments" in caplog.text
    assert "hush-hush" not in caplog.text


def test_when_nothing_can_be_told_the_log_says_so(reception: Reception, caplog: pytest.LogCaptureFixture) -> None:
    reception.slack.refuse = dict.fromkeys(("views.open", "chat.postEphemeral", "conversations.open"), "not_in_channel")
    reception.types("create-account")
    reception.work()
    assert "could not be told: conversations.open" in caplog.text


def test_a_busy_slack_is_not_answered_with_more_messages(reception: Reception) -> None:
    reception.slack.refuse = {"views.open": "ratelimited", "chat.postEphemeral": "ratelimited"}
    reception.types("create-account")
    reception.work()
    assert not reception.slack.made("conversations.open")
