"""Whether Slack answers, by the calls that are made anyway."""

from __future__ import annotations

import logging
from http.client import RemoteDisconnected

import pytest
from slack_sdk.errors import SlackApiError

from bot.config.settings import Settings, load_settings
from bot.slack import PASSING, SlackHealth, slack_client
from sandbox.sandbox import MANIFEST
from sandbox.slack.driver import SlackSandbox


class Clock:
    """Seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> SlackHealth:
    return SlackHealth(clock)


def test_before_the_first_answer_slack_counts_as_away(health: SlackHealth) -> None:
    assert health.problem(connected=False) == "Slack does not answer (it has not been asked yet)"
    health.note("auth.test", "no answer")
    assert health.problem(connected=False) == "Slack does not answer (auth.test: no answer)"
    health.note("auth.test", "ok")
    assert health.problem(connected=True) == ""
    assert health.problem(connected=False) == "not connected"


def test_one_lost_answer_is_no_reason_but_some_seconds_of_them_are(health: SlackHealth, clock: Clock) -> None:
    health.note("auth.test", "ok")
    health.note("chat.postMessage", "no answer")
    assert health.failing
    assert health.problem(connected=True) == ""
    clock.now += PASSING
    health.note("chat.update", "internal_error")
    assert health.problem(connected=True) == "Slack does not answer (chat.update: internal_error)"
    health.note("auth.test", "ok")
    assert health.problem(connected=True) == ""


@pytest.mark.parametrize("code", ["channel_not_found", "missing_scope", "ratelimited"])
def test_a_no_is_an_answer(health: SlackHealth, code: str) -> None:
    health.note("chat.postMessage", code)
    assert health.problem(connected=True) == ""


@pytest.mark.parametrize("code", ["token_expired", "token_revoked", "account_inactive", "invalid_auth"])
def test_a_token_that_is_refused_is_told_with_what_to_mend_until_slack_takes_it_again(
    health: SlackHealth, code: str
) -> None:
    health.note("auth.test", "ok")
    health.note("chat.postMessage", code)
    assert health.failing, "it is looked now and then whether that was mended"
    assert code in health.problem(connected=True)
    health.note("auth.test", "ok")
    assert health.problem(connected=True) == ""


def settings_for(url: str, token: str) -> Settings:
    given = {"SLACK_BOT_TOKEN": token, "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": url, "ORGBOT_APPROVERS": "U1"}
    return load_settings({**given, "ORGBOT_APPROVAL_CHANNEL": "C1"}, "no-such-file")


def test_every_call_is_counted_and_the_sdk_tells_nothing_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    counted: list[tuple[str, str]] = []
    with SlackSandbox(manifest=MANIFEST, mode="socket") as sandbox, caplog.at_level(logging.INFO):
        environment = sandbox.environment()
        slack = slack_client(settings_for(environment["SLACK_API_URL"], environment["SLACK_BOT_TOKEN"]))
        slack.count = lambda *call: counted.append(call)
        slack.auth_test()
        sandbox.faults.add("*", status=500)
        with pytest.raises(SlackApiError):
            slack.auth_test()
        sandbox.faults.add("*", "drop-before")
        with pytest.raises(RemoteDisconnected):
            slack.auth_test()
    assert counted == [("auth.test", "ok"), ("auth.test", "no answer"), ("auth.test", "no answer")]
    assert [record.name for record in caplog.records if record.name.startswith("slack_sdk")] == []
