"""Credentials from the command to the direct message, and nowhere else."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from moto.sts.models import AssumedRole

from sandbox.slack.person import Person
from sandbox.slack.transport.delivery import Answer, Delivery
from sandbox.slack.transport.http import SignedRequest
from tests.scenarios.scene import QUICK, Scene, scene

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
def loud() -> Iterator[Scene]:
    """A scene whose bot logs all it can."""
    with scene("http") as found:
        found.bot.stop()
        found.bot = found.place.start_bot(**QUICK, ORGBOT_LOG_LEVEL="DEBUG")
        yield found


def granted(play: Scene, by: str = "bob") -> dict[str, Any]:
    """Asked for and approved; the message with the credentials."""
    play.person("alice").types(ASK)
    play.press("Approve", by)
    return play.slack.wait_for(lambda: secret_messages(play), 60, "the credentials")[0]


def secret_messages(play: Scene) -> list[dict[str, Any]]:
    return [message for message in play.slack.seen(lambda _: True) if SECRET in str(message)]


def left_behind(play: Scene) -> list[str]:
    """Where a secret can be found that has to be nowhere."""
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{play.bot.port}/metrics", timeout=5).read()
    return [*left_on_disk(play), *(["metrics"] if holds_secret(metrics) else [])]


def left_on_disk(play: Scene) -> list[str]:
    """The database, what belongs to it, and the log."""
    files = [*play.place.folder.glob("orgbot.db*"), play.place.folder / "orgbot.log"]
    return [file.name for file in files if holds_secret(file.read_bytes())]


def holds_secret(content: bytes) -> bool:
    return SECRET.encode() in content or TOKEN.encode() in content


def audit(play: Scene) -> list[tuple[str, str, str]]:
    with sqlite3.connect(play.place.folder / "orgbot.db") as database:
        rows = database.execute("select event, actor, detail from audit where event like 'credentials.%' order by id")
        return list(rows)


def test_the_requester_alone_gets_them_in_every_form(play: Scene) -> None:
    message = granted(play)
    play.until("Done")
    assert [message] == secret_messages(play)
    assert message["channel"] == play.slack.workspace.dm(play.person("alice").id).id
    assert SECRET not in message["text"]
    said = "\n".join(block["text"]["text"] for block in message["blocks"] if "text" in block)
    for line in (
        f'export AWS_SECRET_ACCESS_KEY="{SECRET}"',
        f'$Env:AWS_SESSION_TOKEN="{TOKEN}"',
        f'set -gx AWS_SESSION_TOKEN "{TOKEN}"',
        f"aws_session_token = {TOKEN}",
        'credential_process = echo \'{"Version":1',
        "source_profile = management",
        "OrganizationAccountAccessRole",
        WEB,
    ):
        assert line in said
    links = [item["url"] for block in message["blocks"] for item in block.get("elements", []) if "url" in item]
    assert any("SigninToken=" in link for link in links)
    assert any(f"switchrole?account={WEB}&roleName=OrganizationAccountAccessRole" in link for link in links)
    assert all("SessionDuration" not in link for link in links)


def test_the_session_names_the_person_and_the_request(play: Scene) -> None:
    granted(play)
    call = [call for call in play.aws.calls.of("AssumeRole") if call.outcome == "ok"][-1]
    assert call.params["RoleSessionName"] == "alice@example.com-orgbot-1"
    assert call.params["DurationSeconds"] == "3600"


def test_no_secret_stays_anywhere(loud: Scene) -> None:
    granted(loud)
    loud.until("Done")
    loud.aws.faults.add("AssumeRole", "bad-json", times=2)  # An answer that cannot be read is a secret, too.
    loud.person("carol").types(ASK)
    loud.press("Approve", "bob", 2)
    loud.until("Done", 2)
    assert "bad-json" in {call.outcome for call in loud.aws.calls.of("AssumeRole")}
    assert left_behind(loud) == []
    assert [event for event, _, _ in audit(loud)] == ["credentials.issued", "credentials.issued"]
    assert '"access_key_id": "ASIA' in audit(loud)[0][2]


def has_secret(params: dict[str, Any]) -> bool:
    return SECRET in str(params)


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_kill_9_around_the_post_hands_over_once(play: Scene, fault: Any) -> None:
    """It dies after AWS opened the session: before Slack has the message, or before Slack's answer is read."""

    def dies(params: dict[str, Any]) -> bool:
        if has_secret(params):
            play.die()
        return has_secret(params)

    play.slack.faults.add("chat.postMessage", fault, when=dies)
    play.person("alice").types(ASK)
    play.press("Approve", "bob")
    play.slack.wait_for(lambda: play.bot.process.poll() is not None, 60, "its death")
    assert left_on_disk(play) == []
    play.start_again()
    play.until("Done")
    assert len(secret_messages(play)) == 1
    assert len([call for call in play.aws.calls.of("AssumeRole") if call.outcome == "ok"]) == (
        2 if fault == "drop-before" else 1
    )
    assert left_behind(play) == []
    assert audit(play)[-1][0] == "credentials.issued"


def test_kill_9_during_the_deletion(play: Scene) -> None:
    play.bot.stop()
    play.bot = play.place.start_bot(**QUICK, ORGBOT_CREDENTIALS_DELETE_AFTER="0.02")

    def dies(_: dict[str, Any]) -> bool:
        play.die()
        return True

    play.slack.faults.add("chat.delete", "drop-before", when=dies)
    granted(play)
    play.slack.wait_for(lambda: play.bot.process.poll() is not None, 60, "its death")
    assert len(secret_messages(play)) == 1
    play.start_again()
    play.slack.wait_for(lambda: not secret_messages(play), 60, "the deletion")


def test_slack_away_at_delivery(play: Scene) -> None:
    play.slack.faults.add("conversations.open", status=503, times=3)
    play.slack.faults.add("chat.postMessage", status=503, when=has_secret, times=2)
    granted(play)
    play.until("Done")
    assert len(secret_messages(play)) == 1
    assert "an earlier try" in str(secret_messages(play))
    assert left_behind(play) == []


@pytest.fixture
def reveals() -> Iterator[Scene]:
    """A scene whose bot shows credentials in a form, and logs all it can."""
    with scene("http") as found:
        found.bot.stop()
        found.bot = found.place.start_bot(**QUICK, ORGBOT_CREDENTIALS_DELIVERY="reveal", ORGBOT_LOG_LEVEL="DEBUG")
        yield found


def test_reveal_is_for_the_requester_alone_and_leaves_nothing(reveals: Scene) -> None:
    alice, bob = reveals.person("alice"), reveals.person("bob")
    alice.types(ASK)
    reveals.press("Approve", "bob")
    reveals.until("Done")
    offer = next(message for message in alice.dms if "Reveal credentials" in str(message["blocks"]))

    assert _as_somebody_else(reveals, alice.request_for_click("Reveal credentials", offer), bob.id).ok
    reveals.direct("bob", "Only the person who asked")
    assert (alice.view, bob.view, reveals.aws.calls.of("AssumeRole")) == (None, None, [])
    alice.clicks("Reveal credentials", offer)
    shown = reveals.slack.wait_for(lambda: _form(alice), 30, "the credentials")
    assert f'export AWS_SESSION_TOKEN="{TOKEN}"' in shown
    assert secret_messages(reveals) == []
    assert left_behind(reveals) == []


def _form(person: Person) -> str:
    text = json.dumps(person.view or {}, ensure_ascii=False).replace('\\"', '"')
    return text if SECRET in text else ""


def test_sessions_are_listed_to_those_who_have_them_and_to_approvers(play: Scene) -> None:
    granted(play)
    play.until("Done")
    alice = play.person("alice")
    assert "Everybody" not in alice.types("/org sessions").text
    assert "#1" in alice.types("/org sessions").text
    play.person("dave").types("/org sessions")
    assert play.told("dave", "Your sessions").endswith("_None._")  # Slack is asked first who Dave is.
    play.person("bob").types("/org sessions")
    play.direct("bob", "Everybody's sessions")


def test_end_session_now_from_the_thread(play: Scene) -> None:
    granted(play)
    play.until("Done")
    live = next(message for message in play.slack.replies(play.card()) if "has the credentials" in message["text"])
    play.person("bob").clicks("End session now", live)
    play.slack.wait_for(lambda: any("was ended by" in line for line in play.thread()), 60, "the end")
    play.slack.wait_for(lambda: not secret_messages(play), 60, "the deletion")
    assert [call.outcome for call in play.aws.calls.of("PutRolePolicy")] == ["ok"]
    assert left_behind(play) == []


def test_what_is_never_given_is_refused_before_anybody_is_asked(play: Scene) -> None:
    alice = play.person("alice")
    refusals = {
        "--account fullback-management": "management account",
        "--account fullback-staging-web --role Admin": "Admin",
        "--account fullback-staging-web --duration 2h": "1h at most",
        "--account fullback-staging-web --duration 14m": "15m",
        "--account fullback-staging-web --duration 13h": "12h",
    }
    for flags, words in refusals.items():
        alice.types(f"/org credentials {flags}")
        assert play.told("alice", words)
    assert play.cards() == []


def _as_somebody_else(play: Scene, click: SignedRequest, user: str) -> Answer:
    """The same click, truly Slack's, but of another person."""
    payload = json.loads(parse_qs(click.body)["payload"][0])
    payload["user"]["id"] = user
    return play.slack.sign(Delivery("interactive", payload)).send()
