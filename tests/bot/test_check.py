"""`orgbot check`, `orgbot audit` and `orgbot iam-policy` against the stand-ins."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bot.database import open_engine
from sandbox.town import MANIFEST, Town, town


@pytest.fixture(scope="module")
def place() -> Iterator[Town]:
    with town(mode="socket") as found:
        bot = found.start_bot()
        found.slack.person("alice").types("/org move --account fullback-audit --to /Workloads --reason tidy")
        found.slack.wait_for(lambda: found.slack.messages("aws-approvals"), what="the card")
        bot.stop()
        yield found


def orgbot(place: Town, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", *words]
    environment = {"PATH": "/usr/bin", **place.environment(), **more}
    return subprocess.run(command, env=environment, cwd=MANIFEST.parent, capture_output=True, text=True, check=False)  # noqa: S603


def test_all_is_well(place: Town) -> None:
    answer = orgbot(place, "check")
    assert "NOT OK" not in answer.stdout
    assert answer.returncode == 0
    for name in (
        "database",
        "rules",
        "Slack token",
        "approval channel",
        "Slack app token",
        "approver S0APPROVERS",
        "AWS organization",
    ):
        assert f"ok      {name}:" in answer.stdout


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("ORGBOT_APPROVAL_CHANNEL", "C0NOWHERE", "approval channel: Slack answers channel_not_found"),
        ("ORGBOT_APPROVAL_CHANNEL", "C0PLATFORM", "/invite @orgbot"),
        ("ORGBOT_APPROVERS", "U0GONE", "approver U0GONE: this user is deactivated"),
        ("SLACK_BOT_TOKEN", "xoxb-wrong", "Slack token: Slack answers invalid_auth"),
        ("AWS_ACCESS_KEY_ID", "AKIA222222222222", "give it a role there"),
    ],
)
def test_what_is_wrong_is_told_with_the_way_out(place: Town, setting: str, value: str, told: str) -> None:
    answer = orgbot(place, "check", **{setting: value})
    assert answer.returncode == 1
    assert told in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr


def test_the_iam_policy_is_json(place: Town) -> None:
    policy = json.loads(orgbot(place, "iam-policy").stdout)
    assert "organizations:CreateAccount" in str(policy["Statement"])


def test_the_audit_is_whole_until_somebody_edits_it(place: Town) -> None:
    assert re.search(r"\d+ records, each as it was written", orgbot(place, "audit", "verify").stdout)
    exported = [json.loads(line) for line in orgbot(place, "audit", "export").stdout.splitlines()]
    assert exported[0]["event"] == "request.filed"

    last = exported[-1]
    assert "1 anchor agrees" in orgbot(place, "audit", "verify", "--anchor", f"{last['id']}:{last['hash']}").stdout
    cut_off = orgbot(place, "audit", "verify", "--anchor", f"999:{last['hash']}")
    assert (cut_off.returncode, "has been cut off" in cut_off.stdout) == (1, True)
    for wrong in (["verify", "--anchor", "999"], ["export", "--since", "soon"], ["export", "--format", "xml"]):
        refused = orgbot(place, "audit", *wrong)
        assert refused.returncode == 2
        assert "Traceback" not in refused.stderr

    engine = open_engine(place.environment()["DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit SET actor = 'U0MALLORY' WHERE id = 1"))
    engine.dispose()
    answer = orgbot(place, "audit", "verify")
    assert answer.returncode == 1
    assert "record 1: its content was changed" in answer.stdout
