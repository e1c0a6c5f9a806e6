"""What a field says of itself, at the command line and in a form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from operations.access.credentials import Credentials
from operations.core.fields import by_labels
from operations.core.registry import all_operations

HERE = Path(__file__).parents[3]
SOURCES = [path for room in ("operations", "approvals") for path in (HERE / room).rglob("*.py")]
TYPED = re.compile(r"`(--[^`]*)`")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ask again with `--duration 1h`.", "Ask again with Duration “1h”."),
        ("`--account` is missing.", "Account is missing."),
        ("`--role-name a b` and `--role`", "Role “a b” and Role"),
        ("`/org requests` shows it; `--foo` is none.", "/org requests shows it; --foo is none."),
        ("1 -- 2", "1 -- 2"),
    ],
)
def test_in_a_form_a_sentence_names_labels(typed: str, shown: str) -> None:
    assert by_labels(Credentials.fields(), typed) == shown


def test_every_flag_in_a_sentence_is_written_so_that_a_form_can_name_its_label() -> None:
    flags = {name for operation in all_operations() for field in operation.fields() for name in field.flag.names}
    named = {
        (path.name, found.split()[0]) for path in SOURCES for found in TYPED.findall(path.read_text(encoding="utf-8"))
    }
    assert named, "there are such sentences"
    assert {(file, flag) for file, flag in named if flag not in flags} == set()
