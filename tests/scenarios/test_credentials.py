"""Credentials from the command to the direct message, and nowhere else."""

from __future__ import annotations

import sqlite3
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from moto.sts.models import AssumedRole

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
    database = b"".join(file.read_bytes() for file in play.place.folder.glob("orgbot.db*"))
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{play.bot.port}/metrics", timeout=5).read()
    places = {
        "database": database,
        "log": (play.place.folder / "orgbot.log").read_bytes(),
        "metrics": metrics,
    }
    return [name for name, content in places.items() for secret in (SECRET, TOKEN) if secret.encode() in content]


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
