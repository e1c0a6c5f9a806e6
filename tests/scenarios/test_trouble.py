"""Processes that die, answers that are lost, and services that are away."""

from __future__ import annotations

import dataclasses
import time
import urllib.request
from collections import Counter
from typing import Any

import pytest

from tests.scenarios.scene import Scene


def test_kill_9_right_after_the_approval(either: Scene) -> None:
    either.ask()
    either.press("Approve", "bob")
    either.die()
    either.start_again()
    account = either.done()

    assert either.accounts("fullback-mobile@example.com") == [account]
    assert len(either.aws.calls.of("CreateAccount")) == 1
    assert len(either.cards()) == 1


def test_kill_9_while_aws_is_at_work(play: Scene) -> None:
    play.aws.conditions.creation_seconds = 5.0
    play.ask()
    play.press("Approve", "bob")
    play.aws.calls.wait_for("CreateAccount")
    play.die()
    play.start_again()
    account = play.done()
    assert play.accounts("fullback-mobile@example.com") == [account]
    assert len(play.aws.calls.of("CreateAccount")) == 1


@pytest.mark.parametrize("kind", ["drop-after", "drop-before", "500"])
def test_create_accounts_answer_is_lost(play: Scene, kind: Any) -> None:
    play.aws.faults.add("CreateAccount", kind)
    play.ask()
    play.press("Approve", "bob")
    account = play.done()
    assert play.accounts("fullback-mobile@example.com") == [account]
    assert any("answer was lost" in line for line in play.thread())


def test_aws_throttles_every_second_call(play: Scene) -> None:
    play.aws.faults.add(kind="throttle", times=None, every=2)
    play.ask()
    play.press("Approve", "bob")
    account = play.done()
    play.aws.faults.clear()
    assert play.unit_of(account) == "Staging"


def test_slack_is_busy_and_broken_for_a_while(play: Scene) -> None:
    play.slack.faults.add("*", status=429, retry_after=1, times=4, every=2)
    play.slack.faults.add("*", status=500, times=4, every=3)
    play.ask()
    play.press("Approve", "bob")
    play.done()
    _each_said_once(play)


@pytest.mark.parametrize("fault", ["drop-after", "drop-before"])
def test_slacks_answers_are_lost_and_no_message_is_repeated(play: Scene, fault: Any) -> None:
    play.slack.faults.add("chat.postMessage", fault, times=3, every=2)
    play.ask()
    play.press("Approve", "bob")
    play.done()
    _each_said_once(play)


def _each_said_once(play: Scene) -> None:
    play.direct("alice", "is ready")
    for said in (play.thread(), [message["text"] for message in play.person("alice").dms]):
        assert {text: times for text, times in Counter(said).items() if times > 1} == {}
    assert len(play.cards()) == 1
    assert [line for line in play.thread() if "is ready" in line] == play.thread()[-1:]


@pytest.mark.parametrize("change", ["foreign signature", "old timestamp", "no timestamp", "changed body"])
def test_a_delivery_that_is_not_slacks_is_refused(play: Scene, change: str) -> None:
    signed = play.person("bob").request_for("/org create-account --name x --email forged@example.com")
    headers = dict(signed.headers)
    body = signed.body
    if change == "foreign signature":
        headers["X-Slack-Signature"] = "v0=" + "0" * 64
    elif change == "old timestamp":
        headers["X-Slack-Request-Timestamp"] = str(int(time.time()) - 301)
    elif change == "no timestamp":
        headers["X-Slack-Request-Timestamp"] = "yesterday"
    else:
        body = body.replace("forged", "really")
    answer = dataclasses.replace(signed, headers=headers, body=body).send()
    assert answer.status == 401
    assert "forged" not in str(play.log())


def test_sigterm_ends_it_in_order(either: Scene) -> None:
    either.ask()
    either.card()
    assert either.bot.stop() == 0
    either.start_again()
    either.press("Approve", "bob")
    either.done()


def test_it_tells_how_it_is(play: Scene) -> None:
    play.ask()
    play.card()
    pages = {
        name: urllib.request.urlopen(f"http://127.0.0.1:{play.bot.port}/{name}", timeout=5).read().decode()
        for name in ("healthz", "readyz", "metrics")
    }
    assert pages["healthz"] == "ok\n"
    assert "ok database" in pages["readyz"]
    assert 'orgbot_requests{operation="create-account",status="pending"} 1.0' in pages["metrics"]


def test_every_line_about_a_request_carries_its_number_and_none_a_secret(play: Scene) -> None:
    play.aws.faults.add("CreateAccount", "throttle")
    play.slack.faults.add("chat.postMessage", status=500)
    play.ask()
    play.press("Approve", "bob")
    play.done()
    about = [line for line in play.log() if line["logger"].startswith("approvals")]
    assert about
    assert {line.get("request") for line in about} == {1}
    text = (play.place.folder / "orgbot.log").read_text()
    secrets = (play.slack.bot_token, play.slack.signing_secret, play.aws.environment()["AWS_SECRET_ACCESS_KEY"])
    assert [secret for secret in secrets if secret in text] == []


def test_a_slack_that_answers_slowly_delays_no_ack(play: Scene) -> None:
    """Every worker waits for Slack; commands are still taken in within the 3 s that Slack gives them."""
    play.slack.faults.add("*", delay=2.5, times=60)
    replies = [play.ask(f"account-{number}") for number in range(20)]
    assert [reply.error for reply in replies if reply.error] == []
    play.slack.faults.clear()
    play.slack.wait_for(lambda: len(play.cards()) == 20, timeout=90, what="all cards")


def test_the_bots_credentials_expire_while_aws_is_at_work(play: Scene) -> None:
    play.aws.conditions.creation_seconds = 2.0
    play.ask()
    play.press("Approve", "bob")
    play.aws.calls.wait_for("CreateAccount")
    play.aws.faults.add(kind="error", code="ExpiredTokenException", times=None)
    play.direct("alice", "credentials have expired")
    play.aws.faults.clear()
    account = play.done()

    assert play.accounts("fullback-mobile@example.com") == [account]
    assert len(play.aws.calls.of("CreateAccount")) == 1
    said = [sum(words in line for line in play.thread()) for words in ("have expired", "can be asked again", "Failed")]
    assert said == [1, 1, 0]


def test_what_a_half_done_request_leaves_is_asked_for_by_its_button(play: Scene) -> None:
    play.aws.faults.add("MoveAccount", "error", code="AccessDeniedException")
    play.ask()
    play.press("Approve", "bob")
    play.until("Failed")
    (account,) = play.accounts("fullback-mobile@example.com")
    _knows(play, account)
    play.person("alice").clicks("Ask for the rest", play.slack.replies(play.card())[-1])
    play.press("Approve", "bob", number=2)
    play.until("Done", number=2)

    assert play.unit_of(account) == "Staging"
    assert len(play.aws.calls.of("CreateAccount")) == 1


def _knows(play: Scene, account: str) -> None:
    """Waits for the picture that the bot reads anew after the bad end, long before it is due by the clock."""
    alice = play.person("alice")
    play.slack.wait_for(
        lambda: alice.types("/org accounts") and _seen(alice.ephemerals, account), 60, "the new picture"
    )


def _seen(messages: list[dict[str, Any]], words: str) -> bool:
    return any(words in str(message.get("blocks")) + message["text"] for message in messages)
