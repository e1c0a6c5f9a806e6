"""The rules file is read as a whole: every error with its key, and no rule that could not be decided."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from approvals.authority.rules import Ask, NoRuleError, Rules
from bot.config.rules_file import RuleEntry, read_rules, rules_of
from bot.config.settings import SettingsError
from tests.harness.rules import place
from tests.harness.tables import each_of

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
EVERYTHING = """
[[rule]]
name = "everything"
operations = ["move", "create-account"]
under = "/Production"
accounts = ["222222222222", "fullback-staging", "aws@example.com"]
roles = ["ReadOnly"]
requesters = ["S0PLATFORM"]
approvers = ["S0SECURITY"]
second_approvers = ["S0LEADS", "U0BOB"]
approvals = 2
expires = "90m"
longest_session = "12h"
session_policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
remind = "30m"
escalate_to = ["S0LEADS"]
escalate_after = "8h"
break_glass = ["S0ONCALL", "dave@example.com"]
"""


def rules(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "rules.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_first_rule_that_matches_decides(tmp_path: Path) -> None:
    found = read_rules(rules(tmp_path, GOOD))
    production = found.first(Ask("move-account"), place("/Production/EU"))
    assert (production.name, production.approvals, production.expires) == ("production", 2, timedelta(days=2))
    for operation, path in (("create-account", "/Production"), ("move-account", "/Productions"), ("move-account", "/")):
        assert found.first(Ask(operation), place(path)).name == "the rest"


def test_nothing_matches(tmp_path: Path) -> None:
    only = read_rules(rules(tmp_path, GOOD.split('[[rule]]\nname = "the rest"', maxsplit=1)[0]))
    with pytest.raises(NoRuleError, match="no rule allows create-account in /Production"):
        only.first(Ask("create-account"), place("/Production"))


def test_roles_have_their_paths(tmp_path: Path) -> None:
    text = (
        GOOD.split("[[rule]]", maxsplit=1)[0]
        + '[[rule]]\nname = "d"\nroles = ["platform/Deployer", "/a/b/"]\napprovals = 0\n'
    )
    assert read_rules(rules(tmp_path, text)).rules[0].roles == ("platform/Deployer", "a/b")


def test_every_key_arrives_in_the_rule(tmp_path: Path) -> None:
    (rule,) = read_rules(rules(tmp_path, EVERYTHING)).rules
    assert rule.operations == ("move-account", "create-account")
    assert rule.accounts == ("222222222222", "fullback-staging", "aws@example.com")
    assert (rule.roles, rule.requesters, rule.second_approvers) == (
        ("ReadOnly",),
        ("S0PLATFORM",),
        ("S0LEADS", "U0BOB"),
    )
    assert (rule.longest_session, rule.session_policy[-14:]) == (timedelta(hours=12), "ReadOnlyAccess")
    assert (rule.remind, rule.escalate_after, rule.escalate_to) == (
        timedelta(minutes=30),
        timedelta(hours=8),
        ("S0LEADS",),
    )
    assert (rule.expires, rule.break_glass) == (timedelta(minutes=90), ("S0ONCALL", "dave@example.com"))


def test_what_is_granted_at_once_needs_no_approvers(tmp_path: Path) -> None:
    (rule,) = read_rules(rules(tmp_path, '[[rule]]\nname = "a"\napprovals = 0')).rules
    assert (rule.approvals, rule.approvers) == (0, ())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "rule: is missing"),
        ("[[rule]", "no TOML near line 1: “[[rule]”"),
        ("\na = [U0BOB]", "no TOML near line 2: “a = [U0BOB]”; a text stands in double quotes"),
        (
            "a = 1\na = 2\n",
            "no TOML near line 2: “a = 2”; a text stands in double quotes, a list in [ and ], and a key",
        ),
        ("a = " + "[" * 5000, "nested too deeply"),
        ("a = " + "9" * 5000, "holds a number that is too large"),
        ("rule = 3", "rule: has to be a list"),
        ("[[rule]]\nname = 3", "rule[1].name: has to be a text"),
        ('"a\\nb" = 1', "a b: there is no such key"),
        ('[[rule]]\nname = "a"\napprovers = ["U0BOB"]\n' * 2, "“a” is used twice"),
        (
            '[[rule]]\nname = "a b"\napprovers = ["U0BOB"]\n[[rule]]\nname = "A  b "\napprovers = ["U0BOB"]',
            "“a b” is used twice",
        ),
        ('[[rule]]\nname = "a\\u00ad"', "rule[1].name: column 2 holds an invisible character, U+00AD SOFT HYPHEN"),
    ],
)
def test_an_error_in_the_file_names_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert told in complaint(tmp_path, text)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("approvers = []", "approvers: the list is empty"),
        ('approvers = ["bob"]', "approvers[1]: “bob” is no user id"),
        ('approvers = ["Support"]', "approvers[1]: “Support” is no user id"),
        ('operations = ["fly"]', "operations[1]: there is no operation “fly”"),
        ("requesters = []", "requesters: the list is empty"),
        ('expires = "soon"', "expires: a period"),
        ('expires = "0m"', "expires: 0m is not between 1m and 90d"),
        ("expires = 24", "expires: a period"),
        ('under = "Production"', "under: give a path, which begins with /"),
        (
            'under = "/Prod\\u200buction"',
            "under: column 6 holds an invisible character, U+200B ZERO WIDTH SPACE. Remove it",
        ),
        ("approvals = true", "approvals: has to be a whole number"),
        ("approvals = -1", "approvals: has to be 0 or more"),
        ('second_approvers = ["S0LEADS"]', "approvals: second_approvers need 2 or more, not 1"),
        ('longest_session = "13h"', "longest_session: 13h is not between 15m and 12h"),
        ('longest_session = "14m"', "longest_session: 14m is not between 15m and 12h"),
        ('accounts = ["1234"]', "accounts[1]: “1234” is no account"),
        ('roles = ["arn:aws:iam::1:role/x"]', "roles[1]: “arn:aws:iam::1:role/x” is no role name"),
        ("break_glass = []", "break_glass: the list is empty"),
        ('approvals = 0\nbreak_glass = ["S0ONCALL"]', "break_glass: approvals = 0 grants at once"),
        ('colour = "red"', "colour: there is no such key"),
        (
            'session_policy = "ReadOnlyAccess"',
            "session_policy: this is neither a policy's ARN nor JSON: invalid JSON at line 1, column 1: expected a value, found “R”",
        ),
        ('session_policy = "arn:aws:iam::aws:role/x"', "session_policy: “arn:aws:iam::aws:role/x” is no policy's ARN"),
        ("session_policy = '[1]'", "session_policy: a policy is a JSON object with a Statement"),
        (
            'session_policy = \'{"Statement": [], "Statement": []}\'',
            "session_policy: a key of the policy stands there twice",
        ),
        ("session_policy = '{\"Statement\": NaN}'", "session_policy: NaN is no JSON"),
        (f"session_policy = '{'[' * 2000}'", f"session_policy: {'the policy is nested too deeply'}"),
        (f"session_policy = '{'{' * 2049}'", "session_policy: the policy has 2049 characters; 2048 is the most"),
    ],
)
def test_an_error_names_its_key(tmp_path: Path, key: str, told: str) -> None:
    usual = "" if key.startswith("approvers") else 'approvers = ["U0BOB"]\n'
    assert f"rule[1].{told}" in complaint(tmp_path, f'[[rule]]\nname = "a"\n{usual}{key}')


def test_approvers_are_needed_where_approvals_are(tmp_path: Path) -> None:
    at_once = '[[rule]]\nname = "at once"\napprovals = 0\n'
    assert "rule[2].approvers: is missing" in complaint(tmp_path, at_once + '[[rule]]\nname = "a"')


def complaint(tmp_path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read_rules(rules(tmp_path, text))
    assert all(line.isprintable() for line in caught.value.lines)
    return "\n".join(caught.value.lines)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_rules(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = '\x00'", b"\xef\xbb\xbf[[rule]]"])
def test_a_file_that_is_no_text(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "rules.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError):
        read_rules(file)


KEYS = st.sampled_from([*RuleEntry.model_fields, "colour", ""])
WORDS = st.sampled_from(
    ["U0BOB", "S0SECURITY", "carol@example.com", "move-account", "/", "/Production", "24h", "0m", "222222222222", "{}"]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | WORDS
    | st.datetimes()
    | st.dates()
    | st.times()
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
)
ENTRIES = st.dictionaries(KEYS, VALUES | st.lists(WORDS, max_size=3) | st.integers(0, 12), max_size=8)
FILES = st.dictionaries(st.sampled_from(["rule", "rules"]) | st.text(), st.lists(ENTRIES, max_size=3) | VALUES)


def judged(read: Callable[[], Rules]) -> None:
    """Rules, or lines that can be read; any other exception fails the test."""
    try:
        found: Sequence[object] = read().rules
        lines = ["none"]
    except SettingsError as error:
        found, lines = ["none"], error.lines
    assert found
    assert lines
    assert all(line and line.isprintable() for line in lines)


@given(FILES)
@example({"rule": [{"name": "a", "approvers": ["U0BOB"]}]})
def test_whatever_a_file_holds_gives_rules_or_lines(parsed: dict[str, Any]) -> None:
    judged(lambda: rules_of(parsed))


PIECES = st.sampled_from(
    [
        "[[rule]]",
        "[rule]",
        "\n",
        "=",
        '"',
        "'''",
        "[",
        "]",
        "{",
        "name = ",
        'name = "a"',
        'approvers = ["U0BOB"]',
        "approvals = ",
        "2026-02-30",
        "0x",
        "inf",
        "\\u",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=20).map("".join) | st.text()


@given(TEXTS)
def test_whatever_text_a_file_is_gives_rules_or_lines(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed.toml"
    file.write_bytes(text.encode(errors="surrogatepass"))
    judged(lambda: read_rules(file))


@each_of("key", RuleEntry.model_fields)
def test_no_librarys_words_are_told(key: str) -> None:
    odd: tuple[Any, ...] = ("", " ", "x" * 500, 1, -1, 99, 1.5, True, [], [1], {}, {"a": 1}, [[]], None)
    for value in odd:
        try:
            rules_of({"rule": [{"name": "a", "approvers": ["U0BOB"], key: value}]})
        except SettingsError as error:
            told = "\n".join(error.lines)
            assert not re.search("can't be used here|[Ii]nput|[Vv]alue error|should be", told), told
