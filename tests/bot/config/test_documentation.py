"""What people read about the settings is made from their declaration, so it cannot drift.

To mend a failure, copy what `settings_table()` or `env_example()` gives into the file.
"""

from __future__ import annotations

from pathlib import Path

from dotenv import dotenv_values

from bot.config.documentation import env_example, settings_table
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


def test_the_readme_has_the_table_of_settings() -> None:
    readme = read("README.md")
    assert readme.partition("<!-- settings -->\n")[2].partition("<!-- /settings -->")[0].strip() == settings_table()


def test_the_table_has_a_row_for_every_setting_with_three_cells() -> None:
    rows = settings_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == names()
    assert {row.count("|") for row in rows} == {4}


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
