"""`orgbot check`, `orgbot audit` and `orgbot iam-policy` against the stand-ins."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from approvals.audit import signing
from approvals.audit.keys import Keys
from approvals.queue.store import Store
from approvals.slack.codes import NO_GROUP, NO_PERSON
from bot.database import open_engine
from operations.snapshot.names import counted
from sandbox.sandbox import MANIFEST, Sandbox, sandbox
from tests.harness.forking import fork, run


@pytest.fixture(scope="module")
def place() -> Iterator[Sandbox]:
    with sandbox(mode="socket", launch=fork) as found:
        bot = found.start_bot()
        found.slack.person("alice").types("/org move --account fullback-audit --to /Workloads --reason tidy")
        found.slack.wait_for(lambda: found.slack.messages("aws-approvals"), what="the card")
        bot.kill()
        yield found


Run = Callable[[Sequence[str], dict[str, str]], subprocess.CompletedProcess[str]]


def executed(words: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The same as `run`, in a new interpreter."""
    command = [sys.executable, "-m", "bot", *words]
    return subprocess.run(command, env=environment, cwd=MANIFEST.parent, capture_output=True, text=True, check=False)  # noqa: S603


def orgbot(place: Sandbox, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return run(words, environment(place, **more))


def environment(place: Sandbox, **more: str) -> dict[str, str]:
    return {"PATH": "/usr/bin", **place.environment(), **more}


@pytest.mark.parametrize("by", [executed, run])
def test_all_is_well(place: Sandbox, by: Run) -> None:
    answer = by(["check"], environment(place))
    assert "NOT OK" not in answer.stdout
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "--      audit key: none, so whoever can write to the database can rewrite the audit" in answer.stdout
    for name in (
        "database",
        "rules",
        "Slack token",
        "approval channel",
        "Slack app token",
        "approver S0APPROVERS",
        "approvers in the channel",
        "AWS organization",
    ):
        assert f"ok      {name}:" in answer.stdout


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        (
            "ORGBOT_APPROVAL_CHANNEL",
            "C0NOWHERE",
            "approval channel: the bot sees no such channel; correct ORGBOT_APPRO",
        ),
        ("ORGBOT_APPROVAL_CHANNEL", "#nowhere", "approval channel: the bot sees no such channel; correct ORGBOT_APPRO"),
        ("ORGBOT_APPROVAL_CHANNEL", "C0PLATFORM", "/invite @orgbot"),
        ("SLACK_BOT_TOKEN", "xoxb-wrong", "Slack token: Slack does not know this token; copy it again"),
        ("SLACK_APP_TOKEN", "xapp-wrong", "Slack app token: Slack does not know this token; copy it again"),
        ("SLACK_API_URL", "http://127.0.0.1:1/", "Slack token: Slack did not answer"),
        ("AWS_ACCESS_KEY_ID", "AKIA222222222222", "give it a role there"),
        (
            "AWS_PROFILE",
            "nowhere",
            "AWS credentials: The config profile (nowhere) could not be found; correct the AWS_",
        ),
        (
            "DATABASE_URL",
            "sqlite:////nowhere/orgbot.db",
            "nothing can be written in /nowhere; make that folder, or set",
        ),
    ],
)
def test_what_is_wrong_is_told_with_the_way_out(place: Sandbox, setting: str, value: str, told: str) -> None:
    answer = orgbot(place, "check", **{setting: value})
    assert answer.returncode == 1
    assert told in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr
    *groups, summary = answer.stdout.rstrip("\n").split("\n\n")
    assert [group.splitlines()[0] for group in groups] == ["Settings", "Slack", "Who approves", "AWS"]
    marks = [line[:8].strip() for group in groups for line in group.splitlines()[1:]]
    assert set(marks) <= {"ok", "NOT OK", "--"}
    wrong, unknown, right = (marks.count(mark) for mark in ("NOT OK", "--", "ok"))
    assert summary == f"{counted(wrong, 'thing')} to mend, {unknown} not looked at, {right} right."
    assert "Error" not in answer.stdout


@pytest.mark.parametrize(
    ("approvers", "told"),
    [
        ("U0BOB,U0CAROL,U0DAVE", "ok      rule “default”: 1 approval"),
        ("S0APPROVERS", "ok      rule “default”: 1 approval"),
        (
            "U0BOB,bob@example.com",
            "ok      rule “default”: 1 approval; depends on Bob Baker, whose own requests cannot be approved",
        ),
        (
            "U0GONE",
            "NOT OK  rule “default”: needs 1 approval, and nobody may give one; name more approvers",
        ),
    ],
)
def test_whether_a_rule_can_ever_be_met_is_told(place: Sandbox, approvers: str, told: str) -> None:
    assert told in orgbot(place, "check", ORGBOT_APPROVERS=approvers).stdout.splitlines()


def test_who_cannot_decide_is_told_with_the_way_out(place: Sandbox) -> None:
    approvers = "U0GONE,U0FOREIGN,guest@example.com,nobody@example.com,S0NOBODY,bob@example.com"
    told = [
        line for line in orgbot(place, "check", ORGBOT_APPROVERS=approvers).stdout.splitlines() if "approver " in line
    ]
    instead = "name a full member of this workspace instead"
    assert told == [
        f"NOT OK  approver U0GONE: Gina Gone is deactivated; {instead}",
        f"NOT OK  approver U0FOREIGN: Fay Foreign belongs to another workspace; {instead}",
        f"NOT OK  approver guest@example.com: Gus Guest is a guest; {instead}",
        f"NOT OK  approver nobody@example.com: {NO_PERSON} (users_not_found)",
        f"NOT OK  approver S0NOBODY: {NO_GROUP} (no_such_subteam)",
        "ok      approver bob@example.com: Bob Baker (U0BOB)",
    ]


@pytest.mark.parametrize(
    ("flag", "told"),
    [
        ("is_archived", "#aws-approvals is archived; unarchive it"),
        ("is_ext_shared", "#aws-approvals is shared with another organization (Slack Connect)"),
        ("is_read_only", "posting in #aws-approvals is restricted"),
    ],
)
def test_a_channel_that_is_no_place_to_decide_is_told(
    place: Sandbox, monkeypatch: pytest.MonkeyPatch, flag: str, told: str
) -> None:
    monkeypatch.setattr(place.slack.workspace.channel("aws-approvals"), flag, True)
    answer = orgbot(place, "check")
    assert f"NOT OK  approval channel: {told}" in answer.stdout
    assert answer.returncode == 1


def test_approvers_who_see_no_card_and_groups_that_cannot_be_read_are_told(
    place: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = place.slack.workspace.channel("aws-approvals")
    monkeypatch.setattr(channel, "members", channel.members - {"U0BOB", "U0CAROL"})
    nobody = "NOT OK  approvers in the channel: nobody who decides by rule"
    assert nobody in orgbot(place, "check").stdout
    place.slack.faults.add("usergroups.users.list", error="missing_scope", times=None)
    assert "NOT OK  approver S0APPROVERS: the app lacks a scope for it" in orgbot(place, "check").stdout
    place.slack.faults.clear()


def test_a_channel_may_be_given_by_its_name(place: Sandbox) -> None:
    answer = orgbot(place, "check", ORGBOT_APPROVAL_CHANNEL="#aws-approvals")
    assert "ok      approval channel: #aws-approvals (C0APPROVALS)" in answer.stdout
    assert answer.returncode == 0


def test_a_database_that_is_not_there_yet_is_not_made(place: Sandbox, tmp_path: Path) -> None:
    answer = orgbot(place, "check", DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")
    assert "ok      database: sqlite, none yet; made at the first start" in answer.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_could_not_be_looked_at_is_neither_ok_nor_wrong(place: Sandbox) -> None:
    (told,) = [line for line in orgbot(place, "check").stdout.splitlines() if "AWS permissions" in line]
    assert told.startswith(
        "--      AWS permissions: not checked (SimulatePrincipalPolicy: InvalidAction); compare them"
    )


RULES = """
[[rule]]
name = "first"
under = "/Workload"
approvers = ["U0BOB"]

[[rule]]
name = "second"
accounts = ["fullback-audits", "999999999999", "fullback-audit"]
under = "/workloads/"
approvers = ["U0BOB"]
"""


def test_a_rule_for_a_place_that_does_not_exist_is_noticed(place: Sandbox, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES, encoding="utf-8")
    answer = orgbot(place, "check", ORGBOT_RULES=str(rules))
    assert answer.returncode == 1
    never = "there is no organizational unit “/Workload”, so the rule never decides"
    assert [line for line in answer.stdout.splitlines() if "NOT OK" in line] == [
        f"NOT OK  rule 1 “first”, under: {never}; did you mean “/Workloads”?",
        "NOT OK  rule 2 “second”, accounts: there is no account “fullback-audits”; did you mean “fullback-audit”?",
        "NOT OK  rule 2 “second”, accounts: there is no account “999999999999”; correct it in ORGBOT_RULES",
    ]
    away = orgbot(place, "check", ORGBOT_RULES=str(rules), AWS_PROFILE="nowhere")
    assert "--      places in the rules: not checked, because AWS did not tell the organization" in away.stdout


def test_the_iam_policy_is_json(place: Sandbox) -> None:
    policy = json.loads(orgbot(place, "iam-policy").stdout)
    assert "organizations:CreateAccount" in str(policy["Statement"])


def test_a_key_of_the_audit_is_told_and_its_loss_too(place: Sandbox, own_database: str) -> None:
    checked = partial(orgbot, place, "check", DATABASE_URL=own_database)
    assert "ok      audit key: set\n" in checked(ORGBOT_AUDIT_KEY="k" * 32).stdout
    assert "ok      audit key: set, and 1 more to check" in checked(ORGBOT_AUDIT_KEY=f"{'k' * 32},{'o' * 32}").stdout
    engine = open_engine(own_database)
    signing.begin(Store(engine, Keys.given(("k" * 32,)).info()), datetime.now(UTC))
    engine.dispose()
    lost = checked()
    assert (
        lost.returncode,
        "NOT OK  audit key: the audit is signed, and ORGBOT_AUDIT_KEY is missing" in lost.stdout,
    ) == (1, True)


@pytest.fixture
def own_database(place: Sandbox, tmp_path: Path) -> str:
    """A copy of the database, which a test may spoil."""
    for file in place.folder.glob("orgbot.db*"):
        shutil.copy(file, tmp_path)
    return f"sqlite:///{tmp_path / 'orgbot.db'}"


def test_the_audit_is_whole_until_somebody_edits_it(place: Sandbox, own_database: str) -> None:
    audit = partial(orgbot, place, "audit", DATABASE_URL=own_database)
    assert re.search(r"\d+ records, each as it was written", audit("verify").stdout)
    exported = [json.loads(line) for line in audit("export").stdout.splitlines()]
    assert "request.filed" in {line["event"] for line in exported}  # What the rules are bound to stands before it.

    last = exported[-1]
    assert "1 anchor agrees" in audit("verify", "--anchor", f"{last['id']}:{last['hash']}").stdout
    cut_off = audit("verify", "--anchor", f"999:{last['hash']}")
    assert (cut_off.returncode, "has been cut off" in cut_off.stdout) == (1, True)
    for wrong in (["verify", "--anchor", "999"], ["export", "--since", "soon"], ["export", "--format", "xml"]):
        refused = audit(*wrong)
        assert refused.returncode == 2
        assert "Traceback" not in refused.stderr

    engine = open_engine(own_database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit SET actor = 'U0MALLORY' WHERE id = 1"))
    engine.dispose()
    answer = audit("verify")
    assert answer.returncode == 1
    assert "record 1: its content was changed" in answer.stdout
