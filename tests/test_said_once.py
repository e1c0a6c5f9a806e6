"""What is the same everywhere is made in one place: how a time, a number and the beginning of a sentence are written, and each block.

A sweep over the source, so that the next one to need a time finds the function instead of writing its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.harness.tables import each_of

HERE = Path(__file__).parents[1]
PACKAGES = ("approvals", "bot", "handlers", "operations")
NAMES, CLIENT = "operations/snapshot/names.py", "operations/aws/client.py"
BLOCKS, MODALS = "approvals/slack/blocks.py", "approvals/slack/modals.py"
ADMISSION = "approvals/authority/admission.py"  # Its sentences are made whole with those of the directory.
BUTTONS = {f"approvals/views/{view}.py" for view in ("card", "sessions", "thread")}  # Made anew with the buttons' keys.
HOMES = {
    "a time as Slack shows it (slack_date)": (r"<!date\^", {BLOCKS}),
    "a time in UTC (utc)": (r":%Y-%m-%d", {NAMES}),
    "a time as AWS reads it (aws_time)": (r"%Y-%m-%dT%H", {CLIENT}),
    "a capital at the beginning (capital)": (r"\[(:1|0)\]\.(upper|lower)\(\)", {NAMES, ADMISSION}),
    "a number with its noun (counted)": (r"(''|\"\"|'y'|\"y\") if [^}\n]+ == 1 else", {NAMES}),
    "the first of many (listed, spread)": (r"and \{more\b.*\} more(?! on the card|: `)", {NAMES}),
    "a plain text (plain)": (r'"type": "plain_text"', {BLOCKS}),
    "a row of buttons (actions)": (r'"type": "actions"', {BLOCKS, *BUTTONS}),
    "a menu (menu, select)": (r'"type": "(static|external|multi_external)_select"', {BLOCKS}),
    "a view (modal, window, home)": (r'"type": "(modal|home)"', {MODALS, "handlers/actions.py"}),
    "an input (entry)": (r'"type": "(input|[a-z_]*_input)"', {MODALS}),
}


def _found(pattern: str) -> Iterator[str]:
    for package in PACKAGES:
        for file in (HERE / package).rglob("*.py"):
            name = file.relative_to(HERE).as_posix()
            if "migrations" not in name and re.search(pattern, file.read_text(encoding="utf-8")):
                yield name


@each_of("what", HOMES)
def test_it_is_made_in_one_place(what: str) -> None:
    pattern, homes = HOMES[what]
    assert set(_found(pattern)) <= homes
