"""From the finished request to code: the button in the thread and in the direct message, the command, and the file."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from tests.harness.code import hcl, lines
from tests.harness.scenario import PATIENCE, Scenario, started

RULES = """
[[rule]]
name = "at once"
approvers = ["S0APPROVERS"]
approvals = 0
"""
ACTIONS = ", ".join(
    f'"s3:Delete{kind}"' for kind in ("Bucket", "BucketPolicy", "BucketWebsite", "Object") for _ in range(20)
)
POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": [' + ACTIONS + '], "Resource": '
    '"arn:aws:s3:::home-${aws:username}/*"}]}'
)
TYPED = (
    "create-ou --name 'Büro \"Nord\"'",
    "create-account --name lab-web --email lab-web@example.com --ou 'Büro \"Nord\"' --tag owner=web",
    f"create-policy --type scp --name Keep${{this}} --content {POLICY}",
    "attach-policy --policy Keep${this} --target 'Büro \"Nord\"'",
    "move-account --account lab-web --to /Security",
)


def answer(scenario: Scenario, number: int) -> list[dict[str, Any]]:
    """The blocks of the newest private answer that is about this request."""

    def found() -> list[dict[str, Any]]:
        seen = [
            one for one in scenario.person("alice").ephemerals if f"As code: #{number}" in json.dumps(one["blocks"])
        ]
        return list(seen[-1]["blocks"]) if seen else []

    return scenario.slack.wait_for(found, PATIENCE, f"the code of request {number}")


def texts(blocks: list[dict[str, Any]]) -> list[str]:
    return [block["elements"][1]["elements"][0]["text"] for block in blocks if block["type"] == "rich_text"]


def presses(scenario: Scenario, number: int) -> None:
    """As code, on the end message in the request's thread."""
    replies = scenario.slack.wait_for(
        lambda: [
            one for one in scenario.slack.replies(scenario.card(number)) if "As code" in json.dumps(one["blocks"])
        ],
        PATIENCE,
        f"the button of request {number}",
    )
    scenario.person("alice").clicks("As code", replies[-1])


def test_what_was_done_is_handed_over_as_code(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    with started("http", ORGBOT_RULES=str(rules)) as scenario:
        for number, typed in enumerate(TYPED, 1):
            scenario.person("alice").types(f"/org {typed}")
            scenario.until("Done", number)
        unit, account, long_one, attached, moved = (_pressed(scenario, number) for number in range(1, 6))
        (block,) = hcl(texts(unit)[0])
        assert (block.type, block.arguments["name"]) == ("aws_organizations_organizational_unit", 'Büro "Nord"')
        assert "AWS::Organizations::Account" in texts(account)[1]
        made = scenario.accounts("lab-web@example.com")
        assert [one.imported for one in hcl(texts(account)[0])] == made
        assert [line.operation for line in lines(texts(attached)[1], tmp_path)] == ["AttachPolicy"]
        assert lines(texts(moved)[2], tmp_path)[0].params["AccountId"] == made[0]
        assert "create-policy-3.tf" in json.dumps(long_one)
        (policy,) = hcl(_file(scenario, "create-policy-3.tf"))
        assert policy.arguments["name"] == "Keep${this}"
        assert policy.arguments["content"] == json.loads(POLICY)


def _pressed(scenario: Scenario, number: int) -> list[dict[str, Any]]:
    presses(scenario, number)
    return answer(scenario, number)


def _file(scenario: Scenario, name: str) -> str:
    def found() -> list[str]:
        files = [file for one in scenario.person("alice").dms for file in one.get("files", [])]
        return [file["url_private"] for file in files if file["name"] == name]

    (address,) = scenario.slack.wait_for(found, PATIENCE, f"the file {name}")
    request = urllib.request.Request(address, headers={"Sec-Fetch-Site": "same-origin"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answered:  # noqa: S310  The stand-in, on this machine.
        return str(answered.read().decode())


def test_the_direct_message_has_the_button_and_the_command_gives_the_same(scenario: Scenario) -> None:
    scenario.ask()
    scenario.press("Approve", "bob")
    scenario.done()
    alice = scenario.person("alice")
    last = scenario.slack.wait_for(
        lambda: [one for one in alice.dms if "As code" in json.dumps(one["blocks"])], PATIENCE, "the button"
    )
    alice.clicks("As code", last[-1])
    pressed = answer(scenario, 1)
    reply = alice.types("/org code 1")
    assert "As code: #1" in reply.text
    assert "aws_organizations_account" in texts(pressed)[0]
