"""The whole bot after its database was restored: it says so, changes nothing before it may, and does nothing twice."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

from bot.backup import read_backup, release_quarantine, write_backup
from tests.harness.scenario import PATIENCE, Scenario, on_both_databases
from tests.scenarios.test_store import until_ready_says

EMAIL = "fullback-mobile@example.com"


@on_both_databases
def test_what_was_done_after_the_backup_is_not_done_again(scenario: Scenario, tmp_path: Path) -> None:
    scenario.ask()
    scenario.confirmed()
    assert write_backup(scenario.database, tmp_path / "orgbot.backup") == 0
    scenario.press("Approve", by="bob")
    account = scenario.done()
    scenario.die()
    with chdir(tmp_path):  # What is replaced is kept there.
        assert read_backup(scenario.database, tmp_path / "orgbot.backup", replace=True) == 0
    scenario.start_again()
    until_ready_says(scenario, "-- quarantine: orgbot was restored from a backup of")
    scenario.slack.wait_for(
        lambda: [line for line in scenario.slack.messages("aws-approvals") if "restored from a backup" in line["text"]],
        PATIENCE,
        "the word in the approval channel",
    )
    assert release_quarantine(scenario.database) == 0
    until_ready_says(scenario, "ok quarantine: over")
    scenario.slack.wait_for(
        lambda: scenario.rows("SELECT 1 FROM request WHERE status = 'refused'"), PATIENCE, "the end"
    )
    assert scenario.accounts(EMAIL) == [account]
