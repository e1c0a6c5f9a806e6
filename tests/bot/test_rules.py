"""The rules file is read as a whole: every error with its key, and no rule that could not be decided."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.rules import read_rules
from bot.settings import SettingsError

GOOD = """
[[rule]]
name = "production"
operations = ["move"]
under = "/Production"
approvers = ["S0SECURITY", "carol@example.com"]
approvals = 2
expires = "2d"

[[rule]]
name = "the rest"
approvers = ["U0BOB"]
"""


def rules(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "rules.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_first_rule_that_matches_decides(tmp_path: Path) -> None:
    found = read_rules(rules(tmp_path, GOOD))
    production = found.deciding("move-account", "/Production/EU")
    assert production is not None
    assert (production.name, production.approvals, production.expires) == ("production", 2, timedelta(days=2))
    for operation, path in (("create-account", "/Production"), ("move-account", "/Productions"), ("move-account", "/")):
        rest = found.deciding(operation, path)
        assert rest is not None
        assert rest.name == "the rest"


def test_nothing_matches(tmp_path: Path) -> None:
    only = GOOD.split('[[rule]]\nname = "the rest"', maxsplit=1)[0]
    assert read_rules(rules(tmp_path, only)).deciding("create-account", "/Production") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "rule: is missing"),
        ("[[rule]", "line 1"),
        ('[[rule]]\nname = "a"', "rule[1].approvers: is missing"),
        ('[[rule]]\nname = "a"\napprovers = ["bob"]', "rule[1].approvers[1]: “bob” is no user id"),
        ('[[rule]]\nname = "a"\napprovers = ["U0BOB"]\noperations = ["fly"]', "there is no operation “fly”"),
        ('[[rule]]\nname = "a"\napprovers = ["U0BOB"]\nexpires = "soon"', "rule[1].expires: a period"),
        ('[[rule]]\nname = "a"\napprovers = ["U0BOB"]\nunder = "Production"', "rule[1].under: a path begins with /"),
        ('[[rule]]\nname = "a"\napprovers = ["U0BOB"]\napprovals = 0', "rule[1].approvals"),
        ('[[rule]]\nname = "a"\napprovers = ["U0BOB"]\ncolour = "red"', "rule[1].colour: there is no such key"),
        ('[[rule]]\nname = "a"\napprovers = ["U0BOB"]\n' * 2, "“a” is used twice"),
    ],
)
def test_an_error_names_its_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_rules(rules(tmp_path, text))
    assert told in "\n".join(caught.value.lines)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_rules(tmp_path / "nowhere.toml")
