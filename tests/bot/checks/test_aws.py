"""Whether the places that rules name are there, and still are what they were called by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from approvals.authority.bindings import Words
from approvals.authority.rules import Rule
from bot.checks.aws import misplaced
from operations.snapshot.organization import Organization
from tests.approvals.authority.test_reach import ORGANIZATION, SHOP

PRODUCTION = Rule("prod", ("U1",), under="/Production")


def told(*rules: Rule, organization: Organization = ORGANIZATION, kept: Words | None = None) -> list[tuple[str, str]]:
    return list(misplaced(rules, organization, kept or {}))


@pytest.mark.parametrize("under", ["/", "/Production", "/production/EU", "r-1abc"])
def test_what_is_there_is_not_told(under: str) -> None:
    units = (*ORGANIZATION.units, replace(ORGANIZATION.units[0], id="r-1abc", parent="r-1"))
    there = Rule("there", ("U1",), under=under, accounts=(SHOP, "Shop", "lab@example.com"))
    assert told(there, organization=replace(ORGANIZATION, units=units)) == []


def test_what_is_not_there_is_told_with_what_is_called_alike() -> None:
    nowhere = Rule("nowhere", ("U1",), under="/Prodution", accounts=("shpo", "999999999999"))
    assert told(nowhere, Rule("id", ("U1",), under="ou-1abc-11112222")) == [
        (
            "rule 1 “nowhere”, under",
            "there is no organizational unit “/Prodution”, so the rule never decides; did you mean “/Production”?",
        ),
        ("rule 1 “nowhere”, accounts", "there is no account “shpo”; did you mean “shop”?"),
        ("rule 1 “nowhere”, accounts", "there is no account “999999999999”; correct it in ORGBOT_RULES"),
        (
            "rule 2 “id”, under",
            "there is no organizational unit “ou-1abc-11112222”, so the rule never decides; correct it in ORGBOT_RULES",
        ),
    ]


def test_what_a_word_named_before_the_bot_was_told_otherwise_is_told() -> None:
    ((key, sentence),) = told(PRODUCTION, kept={("under", "/Production"): frozenset({"ou-1-sand"})})
    assert key == "rule 1 “prod”, under"
    assert sentence.startswith("“/Production” named ou-1-sand, which is /Sandbox now. Bring ORGBOT_RULES up to date")
