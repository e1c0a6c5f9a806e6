"""What people read about the settings and the keys of the rules is made from their declarations, so it cannot drift.

To mend a stale `.env.example`, copy what `env_example()` gives into the file.
"""

from __future__ import annotations

from pathlib import Path

from dotenv import dotenv_values

from bot.config.documentation import env_example, rule_keys_table, settings_table
from bot.config.rules_file import RuleEntry
from bot.config.settings import load_settings, names

ROOT = Path(__file__).parents[3]
NEEDED = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "s",
    "ORGBOT_APPROVAL_CHANNEL": "C1",
    "ORGBOT_APPROVERS": "U1",
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_table_has_a_row_for_every_setting_with_three_cells() -> None:
    rows = settings_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == names()
    assert {row.count("|") for row in rows} == {4}


def test_each_key_of_a_rule_has_a_row_that_explains_it() -> None:
    rows = rule_keys_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(RuleEntry.model_fields)
    assert all(row.split(" | ")[1].strip() for row in rows)


def test_a_key_that_is_left_out_means_what_its_row_says() -> None:
    told = {
        row.split("`")[1]: row.split(" | ")[2].removesuffix(" |").strip() for row in rule_keys_table().splitlines()[2:]
    }
    assert (told["approvals"], told["expires"], told["escalate_after"]) == ("`1`", "`72h`", "`24h`")
    assert (told["under"], told["requesters"], told["name"]) == ("the whole organization", "everybody", "needed")


def test_the_example_file_is_up_to_date() -> None:
    assert read(".env.example") == env_example()


def test_the_example_file_is_read_without_complaint_once_what_is_needed_is_filled_in() -> None:
    to_fill_in = {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ORGBOT_APPROVAL_CHANNEL", "ORGBOT_APPROVERS"}
    assert set(dotenv_values(ROOT / ".env.example")) == to_fill_in
    assert load_settings(NEEDED, ROOT / ".env.example") == load_settings(NEEDED, ROOT / "no-such-file")


def test_the_example_uncommented_is_read_too(tmp_path: Path) -> None:
    whole = tmp_path / ".env"
    whole.write_text(
        "\n".join(line.removeprefix("# ") for line in env_example().splitlines() if "=" in line), encoding="utf-8"
    )
    assert load_settings(NEEDED, whole) == load_settings(NEEDED, ROOT / "no-such-file")
