"""What a form offers for a role session is what the rules allow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.authority.rules import Rule, Rules
from approvals.authority.session_choices import session_choices
from tests.harness.handling import organization

PRODUCTION, STAGING = "fullback-old", "222222222222"
RULES = Rules(
    [
        Rule("tags", ("U0BOB",), operations=("tag-account",), roles=("Never",)),
        Rule(
            "production",
            ("U0BOB",),
            roles=("ReadOnly",),
            under="/Workloads/Production",
            longest_session=timedelta(hours=12),
        ),
        Rule("rest", ("U0BOB",), roles=("Admin", "ReadOnly"), longest_session=timedelta(minutes=90)),
    ]
)


@pytest.mark.parametrize(
    ("account", "longest"),
    [
        ("", {"ReadOnly": 43_200, "Admin": 5400}),
        ("nobody knows it", {"ReadOnly": 43_200, "Admin": 5400}),
        (PRODUCTION, {"ReadOnly": 43_200, "Admin": 5400}),
        (STAGING, {"Admin": 5400, "ReadOnly": 5400}),
    ],
)
def test_the_longest_of_each_role(account: str, longest: dict[str, int]) -> None:
    assert session_choices(RULES, organization(), account).longest == longest


def test_before_the_organization_was_read_all_that_is_allowed_anywhere_is_offered() -> None:
    assert session_choices(RULES, None, STAGING).roles == ("ReadOnly", "Admin")


def test_without_a_rule_there_is_nothing() -> None:
    found = session_choices(Rules(()), organization(), "")
    assert (found.roles, found.lengths("1h")) == ((), ())


@pytest.mark.parametrize(
    ("given", "lengths"),
    [
        ("", ("15m", "30m", "1h", "1h30m")),
        ("20m", ("15m", "20m", "30m", "1h", "1h30m")),
        ("5m", ("15m", "30m", "1h", "1h30m")),
        ("2h", ("15m", "30m", "1h", "1h30m")),
    ],
)
def test_the_lengths_go_up_to_the_longest(given: str, lengths: tuple[str, ...]) -> None:
    assert session_choices(RULES, organization(), STAGING).lengths(given) == lengths


def test_what_no_rule_allows_anybody_is_not_offered() -> None:
    assert Rules(RULES.rules[:1]).offers("tag-account")
    assert not Rules(RULES.rules[:1]).offers("credentials")
    assert not Rules(RULES.rules, frozenset({"tag-account"})).offers("tag-account")
