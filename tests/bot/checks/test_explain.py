"""`orgbot check --explain` against the stand-ins: which rule decides, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from approvals.authority.bindings import Words
from approvals.authority.rules import Rule, Rules
from bot.aws import WRITING, Boto3Clients
from bot.checks.explain import CannotTellError, Sources, explained
from bot.config.rules_file import load_rules
from bot.config.settings import load_settings
from bot.slack import slack_client
from operations.aws.client import Aws
from sandbox.sandbox import Sandbox, sandbox
from tests.harness.forking import run
from tests.harness.tree import unit_at

RULES = """
[[rule]]
name = "new accounts"
operations = ["create-account"]
approvers = ["U0BOB"]

[[rule]]
name = "workloads"
under = "/Workloads"
requesters = ["alice@example.com"]
approvers = ["S0APPROVERS"]
approvals = 2
second_approvers = ["carol@example.com"]
expires = "8h"
break_glass = ["U0DAVE"]

[[rule]]
name = "security"
under = "/Security"
approvers = ["U0CAROL"]

[[rule]]
name = "approvers tidy up"
operations = ["tag-account"]
requesters = ["S0APPROVERS"]
approvals = 0
"""
MOVE = "move-account --account fullback-audit --to /Workloads"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Path]]:
    file = tmp_path_factory.mktemp("rules") / "rules.toml"
    file.write_text(RULES, encoding="utf-8")
    with sandbox(mode="socket") as found:
        yield found, file


def explain(place: tuple[Sandbox, Path], *words: str, **more: str) -> tuple[str, int]:
    environment = {
        "PATH": "/usr/bin",
        "COLUMNS": "300",
        **place[0].environment(),
        "ORGBOT_RULES": str(place[1]),
        **more,
    }
    answer = run(("check", "--explain", *words), environment)
    assert "Traceback" not in answer.stderr
    return answer.stdout + answer.stderr, answer.returncode


def test_a_move_is_judged_at_both_ends_and_both_rules_have_to_be_satisfied(place: tuple[Sandbox, Path]) -> None:
    told, code = explain(place, MOVE, "--as", "alice@example.com")
    assert code == 0
    lines = [line for line in told.splitlines() if line]
    assert lines[0].startswith("move-account: Move fullback-audit (")
    assert lines[0].endswith(") to /Workloads")
    assert lines[1:] == [
        "asked by Alice Ahmed (U0ALICE, alice@example.com)",
        "for /Workloads and 1 more:",
        "rule 1 “new accounts”: operations: move-account is not one of create-account",
        "rule 2 “workloads”: matches",
        "for fullback-audit in /Security:",
        "rule 1 “new accounts”: operations: move-account is not one of create-account",
        "rule 2 “workloads”: under: /Security is not /Workloads and not below it",
        "rule 3 “security”: matches",
        "Afterwards other rules apply to fullback-audit in /Workloads: “workloads” instead of “security”.",
        "rule “workloads” has to be satisfied",
        "  approvals: 2, of S0APPROVERS; one of them of carol@example.com",
        "  expires: 8h after it was asked for",
        "  break glass: U0DAVE",
        "rule “security” has to be satisfied",
        "  approvals: 1, of U0CAROL",
        "  expires: 72h after it was asked for",
    ]


def test_a_group_is_asked_of_slack(place: tuple[Sandbox, Path]) -> None:
    tag = "/org tag-account --account fullback-staging-web --tag owner=web"
    told, code = explain(place, tag, "--as", "U0BOB")
    assert code == 0
    assert "rule 2 “workloads”: requesters: bob@example.com is not among alice@example.com" in told
    assert "approvals: none; it is granted at once" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((MOVE, "--as", "dave@example.com"), "refused: no rule allows move-account in /Workloads"),
        ((MOVE, "--as", "U0GONE"), "--as U0GONE: Gina Gone is deactivated"),
        ((MOVE, "--as", "guest@example.com"), "Gus Guest is a guest"),
        ((MOVE, "--as", "nobody@example.com"), "Slack does not know this e-mail address"),
        ((MOVE, "--as", "S0APPROVERS"), "give a person's e-mail address or user id"),
        (("move-account --account fullback-audit", "--as", "U0BOB"), "move-account needs --to as well"),
        (("move-acount", "--as", "U0BOB"), "Did you mean `move-account`?"),
        (("tree", "--as", "U0BOB"), "`tree` only shows something"),
        (("tre", "--as", "U0BOB"), "there is no operation “tre”. `/org help`"),
        (("move --account nothing --to /", "--as", "U0BOB"), "no account named “nothing”"),
        (
            ("create-account --name a --email b", "--as", "U0BOB"),
            "email: “b” is not an e-mail address that AWS accepts",
        ),
    ],
)
def test_what_is_refused_says_why(place: tuple[Sandbox, Path], words: tuple[str, ...], told: str) -> None:
    answer, code = explain(place, *words)
    assert code == 1
    assert told in answer


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-wrong", "Slack answers: auth.test: invalid_auth"),
        ("SLACK_API_URL", "http://127.0.0.1:1/", "Slack answers"),
    ],
)
def test_who_does_not_answer_is_named(place: tuple[Sandbox, Path], name: str, value: str, told: str) -> None:
    answer, code = explain(place, MOVE, "--as", "alice@example.com", **{name: value})
    assert code == 1
    assert told in answer


def asked_here(place: tuple[Sandbox, Path], monkeypatch: pytest.MonkeyPatch, **environment: str) -> Sources:
    """What the command asks, in this process; with clients that try once: those of the command try for long."""
    environment = {**place[0].environment(), "ORGBOT_RULES": str(place[1]), **environment}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(environment)
    return Sources(load_rules(settings), slack_client(settings), Aws(Boto3Clients(reading=WRITING)))


def test_a_guard_that_is_bound_is_explained_and_its_drift_told(
    place: tuple[Sandbox, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What “/Security” named is /Workloads by now."""
    sources = asked_here(place, monkeypatch)
    bound: Words = {("under", "/Security"): frozenset({unit_at(place[0].aws, "/Workloads")})}
    tag = "tag-account --account fullback-staging-web --tag owner=web"
    lines = list(explained(replace(sources, kept=bound), tag, "alice@example.com"))
    assert "rule 2 “workloads”: matches" in lines
    assert "rule 3 “security”: matches, by what its words named when they were first seen" not in lines
    renamed = replace(sources, rules=Rules([sources.rules.rules[2], *sources.rules.rules[:2]]), kept=bound)
    lines = list(explained(renamed, tag, "alice@example.com"))
    assert "rule 1 “security”: matches, by what its words named when they were first seen" in lines
    assert [line for line in lines if line.endswith("has to be satisfied")] == [
        "rule “security” has to be satisfied",
        "rule “workloads” has to be satisfied",
    ]
    assert any(line.startswith("note: “/Security” named ou-") and "/Workloads now" in line for line in lines)


def test_it_says_where_the_bot_has_other_rules_than_the_file(
    place: tuple[Sandbox, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = asked_here(place, monkeypatch)
    for others in (False, True):
        lines = list(explained(replace(sources, others=others), MOVE, "alice@example.com"))
        assert any("have other rules in force than this file" in line for line in lines) == others


def test_a_place_that_only_is_hit_afterwards_is_told_as_such(
    place: tuple[Sandbox, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = asked_here(place, monkeypatch)
    lines = list(explained(sources, "create-ou --name Security --parent /Workloads", "alice@example.com"))
    assert "for /Workloads and 1 more:" in lines
    guard = Rules(
        [Rule("vault", ("U0CAROL",), under="/Workloads/Vault", escalate_to=("U0DAVE",)), *sources.rules.rules]
    )
    lines = list(
        explained(replace(sources, rules=guard), "create-ou --name Vault --parent /Workloads", "alice@example.com")
    )
    assert "for /Workloads/Vault afterwards:" in lines
    assert "  escalates: after 24h to U0DAVE" in lines


def test_it_is_told_when_aws_does_not_answer(place: tuple[Sandbox, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    sources = asked_here(place, monkeypatch, AWS_ENDPOINT_URL="http://127.0.0.1:1/")
    with pytest.raises(CannotTellError, match="AWS answers"):
        list(explained(sources, MOVE, "alice@example.com"))


def test_who_asks_must_be_said(place: tuple[Sandbox, Path]) -> None:
    answer, code = explain(place, MOVE)
    assert code == 2
    assert "--explain and --as go together" in answer
