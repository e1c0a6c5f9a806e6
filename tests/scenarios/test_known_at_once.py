"""The running bot knows at once what it has done, though the organization cannot be read any more."""

from __future__ import annotations

from pathlib import Path

from tests.harness.scenario import PATIENCE, started

RULES = """
[[rule]]
name = "at once"
approvers = ["S0APPROVERS"]
approvals = 0
"""
TYPED = (
    "create-ou --name Lab",
    "create-account --name lab-web --email lab-web@example.com --ou /Lab",
    "credentials --account lab-web",
)


def test_the_running_bot_knows_at_once_though_the_organization_cannot_be_read(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    with started("http", ORGBOT_RULES=str(rules), ORGBOT_REFRESH_SECONDS="3600") as scenario:
        scenario.aws.faults.add("ListRoots", "error", code="AccessDeniedException", times=None)
        for number, typed in enumerate(TYPED, 1):
            scenario.person("alice").types(f"/org {typed}")
            scenario.until("Done", number)
        scenario.person("alice").types("/org account lab-web")
        scenario.slack.wait_for(
            lambda: "/Lab" in str(scenario.person("alice").ephemerals[-1]["blocks"]), PATIENCE, "the account"
        )
