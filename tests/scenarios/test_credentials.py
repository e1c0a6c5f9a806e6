"""Credentials from the command to the direct message, and nowhere else."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from moto.sts.models import AssumedRole

from sandbox.slack.person import Person
from sandbox.slack.transport.delivery import Answer, Delivery
from sandbox.slack.transport.http import SignedRequest
from tests.harness.aws import roles_assumed
from tests.harness.scenario import QUICK, Scenario, on_both_databases, started

ASK = '/org credentials --account fullback-staging-web --duration 1h --reason "a look at the logs"'
SECRET = "canarySECRETcanarySECRETcanarySECRET0123"
TOKEN = "canaryTOKEN" * 20
WEB = "222222222222"


@pytest.fixture(autouse=True)
def known_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every session of the stand-in has the same secrets, so that they can be looked for."""
    begin = AssumedRole.__init__

    def begun(self: Any, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        self.secret_access_key, self.session_token = SECRET, TOKEN

    monkeypatch.setattr(AssumedRole, "__init__", begun)


@pytest.fixture
def loud() -> Iterator[Scenario]:
    """A scenario whose bot logs all it can."""
    with started("http", ORGBOT_LOG_LEVEL="DEBUG") as found:
        yield found


def granted(scenario: Scenario, by: str = "bob") -> dict[str, Any]:
    """Asked for and approved; the message with the credentials."""
    scenario.person("alice").types(ASK)
    scenario.press("Approve", by)
    return scenario.slack.wait_for(lambda: secret_messages(scenario), 60, "the credentials")[0]


def secret_messages(scenario: Scenario) -> list[dict[str, Any]]:
    return [message for message in scenario.slack.seen(lambda _: True) if SECRET in str(message)]


def left_behind(scenario: Scenario) -> list[str]:
    """Where a secret can be found that has to be nowhere."""
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{scenario.bot.port}/metrics", timeout=5).read()
    return [*left_on_disk(scenario), *(["metrics"] if holds_secret(metrics) else [])]


def left_on_disk(scenario: Scenario) -> list[str]:
    """The database, what belongs to it, and the log."""
    files = [*scenario.place.folder.glob("orgbot.db*"), scenario.place.folder / "orgbot.log"]
    return [file.name for file in files if holds_secret(file.read_bytes())]


def holds_secret(content: bytes) -> bool:
    return SECRET.encode() in content or TOKEN.encode() in content


def audit(scenario: Scenario) -> list[tuple[str, str, str]]:
    rows = scenario.rows("select event, actor, detail from audit where event like 'credentials.%' order by id")
    return [(event, actor, str(detail)) for event, actor, detail in rows]


def test_the_requester_alone_gets_them_once_for_the_shell_they_use(scenario: Scenario) -> None:
    message = granted(scenario)
    scenario.until("Done")
    assert [message] == secret_messages(scenario)
    assert message["channel"] == scenario.slack.workspace.dm(scenario.person("alice").id).id
    assert SECRET not in message["text"]
    assert str(message["blocks"]).count(SECRET) == 1
    assert f'export AWS_SECRET_ACCESS_KEY="{SECRET}"' in str(message["blocks"])
    assert [item for block in message["blocks"] for item in buttons(block)] == ["Open console", "End session"]
    links = [item["url"] for block in message["blocks"] for item in block.get("elements", []) if "url" in item]
    assert any("SigninToken=" in link for link in links)
    assert all("SessionDuration" not in link for link in links)


def buttons(block: dict[str, Any]) -> list[str]:
    return [item["text"]["text"] for item in block.get("elements", []) if item["type"] == "button"]


@pytest.fixture(params=["http", "socket"])
def either(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    """A scenario of either way in, whose bot logs all it can: what Slack sends with a press holds the message, and its secret."""
    with started(request.param, ORGBOT_LOG_LEVEL="DEBUG") as found:
        yield found


def test_another_shell_is_chosen_in_the_message_and_remembered(either: Scenario) -> None:
    message, alice = granted(either), either.person("alice")
    either.until("Done")
    opened = len(roles_assumed(either.aws))
    alice.fills({"shell": "PowerShell"}, message)
    again = either.slack.wait_for(
        lambda: [one for one in secret_messages(either) if "$Env:" in str(one)], 60, "PowerShell"
    )
    assert [one["ts"] for one in again] == [message["ts"]]
    assert "export AWS" not in str(again)
    assert f'$Env:AWS_SESSION_TOKEN="{TOKEN}"' in str(again)
    assert len(roles_assumed(either.aws)) == opened, "nothing is opened anew"
    assert left_behind(either) == []

    alice.types(ASK.replace("the logs", "more logs"))
    either.press("Approve", "bob", 2)
    either.until("Done", 2)
    assert all("$Env:" in str(one) for one in secret_messages(either))
    assert len(secret_messages(either)) == 2


def test_the_session_names_the_person_and_the_request(scenario: Scenario) -> None:
    granted(scenario)
    call = [call for call in roles_assumed(scenario.aws) if call.outcome == "ok"][-1]
    assert call.params["RoleSessionName"] == "alice@example.com-orgbot-1"
    assert call.params["DurationSeconds"] == "3600"


def test_no_secret_stays_anywhere(loud: Scenario) -> None:
    granted(loud)
    loud.until("Done")
    loud.person("carol").types(ASK)
    loud.card(2)
    loud.aws.faults.add("AssumeRole", "bad-json")  # An answer that cannot be read is a secret, too.
    loud.press("Approve", "bob", 2)
    loud.until("Done", 2)
    assert "bad-json" in {call.outcome for call in roles_assumed(loud.aws)}
    assert left_behind(loud) == []
    assert [event for event, _, _ in audit(loud)] == ["credentials.issued", "credentials.issued"]
    assert '"access_key_id": "ASIA' in audit(loud)[0][2]


def has_secret(params: dict[str, Any]) -> bool:
    return SECRET in str(params)


@pytest.mark.timeout(300)  # On PostgreSQL it waits for the dead one's lease to end.
@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
@on_both_databases
def test_kill_9_around_the_post_hands_over_once(scenario: Scenario, fault: Any) -> None:
    """It dies after AWS opened the session: before Slack has the message, or before Slack's answer is read."""

    def dies(params: dict[str, Any]) -> bool:
        if has_secret(params):
            scenario.die()
        return has_secret(params)

    scenario.slack.faults.add("chat.postMessage", fault, when=dies)
    scenario.person("alice").types(ASK)
    scenario.press("Approve", "bob")
    scenario.slack.wait_for(lambda: scenario.bot.process.poll() is not None, 60, "its death")
    assert left_on_disk(scenario) == []
    scenario.start_again()
    scenario.until("Done")
    assert len(secret_messages(scenario)) == 1
    assert len([call for call in roles_assumed(scenario.aws) if call.outcome == "ok"]) == (
        2 if fault == "drop-before" else 1
    )
    assert left_behind(scenario) == []
    assert audit(scenario)[-1][0] == "credentials.issued"


@pytest.fixture
def brief() -> Iterator[Scenario]:
    """A scenario whose bot deletes the message with credentials after a second."""
    with started("http", ORGBOT_CREDENTIALS_DELETE_AFTER="0.02") as found:
        yield found


def test_kill_9_during_the_deletion(brief: Scenario) -> None:
    def dies(_: dict[str, Any]) -> bool:
        brief.die()
        return True

    brief.slack.faults.add("chat.delete", "drop-before", when=dies)
    granted(brief)
    brief.slack.wait_for(lambda: brief.bot.process.poll() is not None, 60, "its death")
    assert len(secret_messages(brief)) == 1
    brief.bot = brief.place.start_bot(**QUICK)  # When to delete stands in the database.
    brief.slack.wait_for(lambda: not secret_messages(brief), 60, "the deletion")


def test_slack_away_at_delivery(scenario: Scenario) -> None:
    scenario.slack.faults.add("conversations.open", status=503, times=3)
    scenario.slack.faults.add("chat.postMessage", status=503, when=has_secret, times=2)
    granted(scenario)
    scenario.until("Done")
    assert len(secret_messages(scenario)) == 1
    assert "an earlier try" in str(secret_messages(scenario))
    assert left_behind(scenario) == []


@pytest.fixture
def reveals() -> Iterator[Scenario]:
    """A scenario whose bot shows credentials in a form, and logs all it can."""
    with started("http", ORGBOT_CREDENTIALS_DELIVERY="reveal", ORGBOT_LOG_LEVEL="DEBUG") as found:
        yield found


def test_reveal_is_for_the_requester_alone_and_leaves_nothing(reveals: Scenario) -> None:
    alice, bob = reveals.person("alice"), reveals.person("bob")
    alice.types(ASK)
    reveals.press("Approve", "bob")
    reveals.slack.wait_for(
        lambda: "Waiting for the requester to press Reveal" in str(reveals.slack.seen(lambda _: True)), 60, "the offer"
    )
    offer = next(message for message in alice.dms if "Ready: press *Reveal*" in str(message.get("blocks")))
    assert "handed over" not in str(reveals.slack.seen(lambda _: True))

    assert _as_somebody_else(reveals, alice.request_for_click("Reveal", offer), bob.id).ok
    reveals.direct("bob", "Only the person who asked")
    assert (alice.view, bob.view, roles_assumed(reveals.aws)) == (None, None, [])
    alice.clicks("Reveal", offer)
    shown = reveals.slack.wait_for(lambda: _form(alice), 30, "the credentials")
    assert f'export AWS_SESSION_TOKEN="{TOKEN}"' in shown
    alice.fills({"shell": "fish"})
    reveals.slack.wait_for(lambda: f'set -gx AWS_SESSION_TOKEN "{TOKEN}"' in _form(alice), 30, "fish")
    reveals.until("Done")
    assert secret_messages(reveals) == []
    assert left_behind(reveals) == []


def _form(person: Person) -> str:
    text = json.dumps(person.view or {}, ensure_ascii=False).replace('\\"', '"')
    return text if SECRET in text else ""


def test_sessions_are_listed_to_those_who_have_them_and_to_approvers(scenario: Scenario) -> None:
    granted(scenario)
    scenario.until("Done")
    alice = scenario.person("alice")
    assert "Everybody" not in alice.types("/org sessions").text
    assert "#1" in alice.types("/org sessions").text
    scenario.person("dave").types("/org sessions")
    assert scenario.told("dave", "no open sessions")  # Slack is asked first who Dave is.
    scenario.person("bob").types("/org sessions")
    scenario.direct("bob", "Everybody's sessions")


def test_end_session_now_from_the_thread(scenario: Scenario) -> None:
    granted(scenario)
    scenario.until("Done")
    live = next(
        message for message in scenario.slack.replies(scenario.card()) if "has the credentials" in message["text"]
    )
    scenario.person("bob").clicks("End session", live)
    scenario.slack.wait_for(lambda: any("ended by" in line for line in scenario.thread()), 60, "the end")
    scenario.slack.wait_for(lambda: not secret_messages(scenario), 60, "the deletion")
    assert [call.outcome for call in scenario.aws.calls.of("PutRolePolicy")] == ["ok"]
    assert left_behind(scenario) == []


def test_what_is_never_given_is_refused_before_anybody_is_asked(scenario: Scenario) -> None:
    alice = scenario.person("alice")
    refusals = {
        "--account fullback-management": "management account",
        "--account fullback-staging-web --role Admin": "Admin",
        "--account fullback-staging-web --duration 2h": "1h at most",
        "--account fullback-staging-web --duration 14m": "15m",
        "--account fullback-staging-web --duration 13h": "12h",
    }
    for flags, words in refusals.items():
        alice.types(f"/org credentials {flags}")
        assert scenario.told("alice", words)
    scenario.is_the_first()


def _as_somebody_else(scenario: Scenario, click: SignedRequest, user: str) -> Answer:
    """The same click, truly Slack's, but of another person."""
    payload = json.loads(parse_qs(click.body)["payload"][0])
    payload["user"]["id"] = user
    return scenario.slack.sign(Delivery("interactive", payload)).send()
