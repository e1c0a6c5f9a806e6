"""Type-ahead over accounts and organizational units."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.options import Index, index_of, middle
from operations.core.fields import FieldKind
from operations.snapshot.organization import Account
from tests.harness.handling import OTHER_TEAM, Handling, organization


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["111111111111", "333333333333", "222222222222"]),
        ("FULLBACK-st", ["222222222222"]),
        ("3333", ["333333333333"]),
        ("aws-old@", ["333333333333"]),
        ("/workloads/st", ["222222222222"]),
        ("old prod", ["333333333333"]),
        ("nowhere", []),
    ],
)
def test_accounts_by_name_id_email_and_path(handling: Handling, text: str, found: list[str]) -> None:
    assert handling.looks_for("account:account", text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["r-1", "ou-1-work", "ou-1-prod", "ou-1-stag"]),
        ("stag", ["ou-1-stag"]),
        ("/WORK", ["ou-1-work", "ou-1-prod", "ou-1-stag"]),
    ],
)
def test_units_by_path(handling: Handling, text: str, found: list[str]) -> None:
    assert handling.looks_for("ou:to", text) == found


def test_what_begins_with_it_comes_first() -> None:
    known = organization()
    other = Account("444444444444", "a-staging-copy", "x@example.com", "ACTIVE", "r-1")
    index = Index(
        replace(known, accounts=(other, Account("555555555555", "staging", "y@example.com", "ACTIVE", "r-1")))
    )
    assert [option["value"] for option in index.search(FieldKind.ACCOUNT, "staging")] == [
        "555555555555",
        "444444444444",
    ]


def test_a_hundred_at_most(handling: Handling) -> None:
    handling.organization = organization(accounts=300)
    assert len(handling.looks_for("account:account", "team")) == 100
    assert handling.looks_for("account:account", "team-00299") == ["900000000299"]


def test_long_names_lose_their_middle(handling: Handling) -> None:
    known = organization()
    long = Account("444444444444", "x" * 50, "x@example.com", "ACTIVE", "ou-1-prod")
    handling.organization = replace(known, accounts=(long,))
    assert handling.looks_for("account:account", "xxx") == ["444444444444"]
    assert middle("abcdefghij", 7) == "abc…hij"
    assert all(len(middle("x" * 200, limit)) == limit for limit in range(3, 80))


def test_an_index_is_made_once_for_each_picture() -> None:
    picture, another = organization(), organization()
    assert index_of(picture) is index_of(picture)
    assert index_of(another).organization is another


def test_before_the_first_picture_there_is_nothing(handling: Handling) -> None:
    handling.organization = None
    assert handling.looks_for("ou:to", "") == []


def test_people_of_other_workspaces_see_nothing(handling: Handling) -> None:
    assert handling.looks_for("ou:to", "", team=OTHER_TEAM) == []
