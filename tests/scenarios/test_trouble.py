"""Processes that die, answers that are lost, and services that are away."""

from __future__ import annotations

import dataclasses
import time
import urllib.request
from collections import Counter
from typing import Any

import pytest

from sandbox.slack import triggers
from sandbox.slack.calls import ApiCall
from sandbox.slack.cast import User
from tests.harness.database import SQLITE
from tests.harness.scenario import PATIENCE, Scenario, on_both_databases
from tests.harness.tables import each_of

SPAN = 12.0  # Seconds that a trigger lives and that Slack takes for an answer: both 3 in life, which a busy machine needs itself.
ENDLESS = 600.0  # Seconds: AWS is at work until the test ends it.


def test_kill_9_right_after_the_approval(either: Scenario) -> None:
    either.ask()
    either.press("Approve", "bob")
    either.die()
    either.start_again()
    account = either.done()

    assert either.accounts("fullback-mobile@example.com") == [account]
    assert len(either.aws.calls.of("CreateAccount")) == 1
    assert len(either.cards()) == 1


@on_both_databases
def test_kill_9_while_aws_is_at_work(scenario: Scenario) -> None:
    scenario.aws.conditions.creation_seconds = ENDLESS
    scenario.ask()
    scenario.press("Approve", "bob")
    scenario.aws.calls.wait_for("CreateAccount")
    scenario.die()
    scenario.start_again()
    scenario.aws.finish_creations()
    account = scenario.done()
    assert scenario.accounts("fullback-mobile@example.com") == [account]
    assert len(scenario.aws.calls.of("CreateAccount")) == 1


@pytest.mark.parametrize("kind", ["drop-after", "drop-before", "500"])
@on_both_databases
def test_create_accounts_answer_is_lost(scenario: Scenario, kind: Any) -> None:
    scenario.aws.faults.add("CreateAccount", kind)
    scenario.ask()
    scenario.press("Approve", "bob")
    account = scenario.done()
    assert scenario.accounts("fullback-mobile@example.com") == [account]
    assert scenario.rows("SELECT count(*) FROM audit WHERE event = 'request.unknown'") == [(1,)]


def test_aws_throttles_every_second_call(scenario: Scenario) -> None:
    scenario.aws.faults.add(kind="throttle", times=None, every=2)
    scenario.ask()
    scenario.press("Approve", "bob")
    account = scenario.done()
    scenario.aws.faults.clear()
    assert scenario.unit_of(account) == "Staging"


def test_slack_is_busy_and_broken_for_a_while(scenario: Scenario) -> None:
    scenario.slack.faults.add("*", status=429, retry_after=1, times=4, every=2)
    scenario.slack.faults.add("*", status=500, times=4, every=3)
    scenario.ask()
    scenario.press("Approve", "bob")
    scenario.done()
    _each_said_once(scenario)


@pytest.mark.parametrize("fault", ["drop-after", "drop-before"])
@on_both_databases
def test_slacks_answers_are_lost_and_no_message_is_repeated(scenario: Scenario, fault: Any) -> None:
    scenario.slack.faults.add("chat.postMessage", fault, times=3, every=2)
    scenario.ask()
    scenario.press("Approve", "bob")
    scenario.done()
    _each_said_once(scenario)


def _each_said_once(scenario: Scenario) -> None:
    scenario.direct("alice", "is ready")
    for said in (scenario.thread(), [message["text"] for message in scenario.person("alice").dms]):
        assert {text: times for text, times in Counter(said).items() if times > 1} == {}
    assert len(scenario.cards()) == 1
    assert [line for line in scenario.thread() if "is ready" in line] == scenario.thread()[-1:]


@each_of("change", ["foreign signature", "old timestamp", "no timestamp", "changed body"])
def test_a_delivery_that_is_not_slacks_is_refused(scenario: Scenario, change: str) -> None:
    signed = scenario.person("bob").request_for("/org create-account --name x --email forged@example.com")
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
    assert "forged" not in str(scenario.log())


def test_sigterm_ends_it_in_order(either: Scenario) -> None:
    either.ask()
    either.card()
    assert either.bot.stop() == 0
    either.start_again()
    either.press("Approve", "bob")
    either.done()


def test_it_tells_how_it_is(scenario: Scenario) -> None:
    def page(name: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{scenario.bot.port}/{name}", timeout=5) as answer:
            return str(answer.read().decode())

    scenario.ask()
    scenario.card()
    assert page("healthz") == "ok\n"
    assert "ok database" in page("readyz")
    pending = 'orgbot_requests{operation="create-account",status="pending"} 1.0'
    scenario.slack.wait_for(lambda: pending in page("metrics"), 30, "what is measured every few seconds")


def test_every_line_about_a_request_carries_its_number_and_none_a_secret(scenario: Scenario) -> None:
    scenario.aws.faults.add("CreateAccount", "throttle")
    scenario.slack.faults.add("chat.postMessage", status=500)
    scenario.ask()
    scenario.press("Approve", "bob")
    scenario.done()
    of_all = ("approvals.dispatcher", "approvals.pools")  # They work for all requests.
    lines = [line for line in scenario.log() if line["logger"].startswith("approvals")]
    about = [line for line in lines if line["logger"] not in of_all and not line["event"].startswith("click ")]
    assert about
    assert {line.get("request") for line in about} == {1}, about
    text = (scenario.place.folder / "orgbot.log").read_text()
    secrets = (
        scenario.slack.bot_token,
        scenario.slack.signing_secret,
        scenario.aws.environment()["AWS_SECRET_ACCESS_KEY"],
    )
    assert [secret for secret in secrets if secret in text] == []


def test_a_slack_that_answers_slowly_delays_no_ack(scenario: Scenario) -> None:
    """Every worker waits for Slack; commands are still taken in within the 3 s that Slack gives them."""
    scenario.slack.faults.add("*", delay=2.5, times=60)
    replies = [scenario.ask(f"account-{number}") for number in range(20)]
    assert [reply.error for reply in replies if reply.error] == []
    scenario.slack.faults.clear()
    scenario.slack.wait_for(lambda: len(scenario.cards()) == 20, timeout=90, what="all cards")


@pytest.mark.parametrize("scenario", [SQLITE], indirect=True, ids=["sqlite"])
@pytest.mark.parametrize("away", ["slack", "aws"])
def test_twenty_forms_open_at_once_whatever_else_is_slow(
    scenario: Scenario, away: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack does each call at once and answers as late as a trigger ends; or no call to AWS is answered for a minute."""
    monkeypatch.setattr(triggers, "TRIGGER_SECONDS", SPAN)
    many = [User(f"U0MANY{number}", f"many{number}", f"Many {number}") for number in range(20)]
    scenario.slack.workspace.users |= {one.id: one for one in many}
    if away == "slack":
        scenario.slack.faults.add("*", "late", delay=SPAN, times=None)
    else:
        scenario.aws.faults.add("", "delay", seconds=60.0, times=None)
    asked = [scenario.person(one.name).types for one in many]
    scenario.slack.at_once(*(lambda ask=ask: ask("/org create-account") for ask in asked))
    opened = scenario.slack.wait_for(lambda: _opened(scenario, len(many)), PATIENCE, "all forms")
    assert [call.result and call.result["ok"] for call in opened] == [True] * len(many)
    scenario.slack.faults.clear()


def _opened(scenario: Scenario, many: int) -> list[ApiCall]:
    found = scenario.slack.calls.of("views.open")
    return found if len(found) == many else []


def test_the_bots_credentials_expire_while_aws_is_at_work(scenario: Scenario) -> None:
    scenario.aws.conditions.creation_seconds = ENDLESS
    scenario.ask()
    scenario.press("Approve", "bob")
    scenario.aws.calls.wait_for("CreateAccount")
    scenario.aws.faults.add(kind="error", code="ExpiredTokenException", times=None)
    scenario.direct("alice", "credentials have expired")
    scenario.aws.finish_creations()
    scenario.aws.faults.clear()
    account = scenario.done()

    assert scenario.accounts("fullback-mobile@example.com") == [account]
    assert len(scenario.aws.calls.of("CreateAccount")) == 1
    said = [
        sum(words in line for line in scenario.thread()) for words in ("have expired", "can be asked again", "Failed")
    ]
    assert said == [1, 1, 0]


def test_what_a_half_done_request_leaves_is_asked_for_by_its_button(scenario: Scenario) -> None:
    scenario.aws.faults.add("MoveAccount", "error", code="AccessDeniedException")
    scenario.ask()
    scenario.press("Approve", "bob")
    scenario.until("Failed")
    (account,) = scenario.accounts("fullback-mobile@example.com")
    scenario.person("alice").clicks("Ask for the rest", _with_the_rest(scenario))
    scenario.press("Approve", "bob", number=2)
    scenario.until("Done", number=2)

    assert scenario.unit_of(account) == "Staging"
    assert len(scenario.aws.calls.of("CreateAccount")) == 1


def _with_the_rest(scenario: Scenario) -> dict[str, Any]:
    """The thread's last words; that the account is there the bot knows by then."""
    (end,) = scenario.slack.wait_for(
        lambda: [one for one in scenario.slack.replies(scenario.card()) if "Ask for the rest" in str(one["blocks"])],
        60,
        "the last words",
    )
    return end
