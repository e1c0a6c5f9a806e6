"""Accounts and OUs are found by whatever name people use; an ambiguous one gets the candidates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from operations.aws.errors import FieldError
from operations.snapshot.organization import Account, Organization, OrganizationalUnit

UNITS = (
    OrganizationalUnit("r-1", "Root", "", "/"),
    OrganizationalUnit("ou-w", "Workloads", "r-1", "/Workloads"),
    OrganizationalUnit("ou-ws", "Staging", "ou-w", "/Workloads/Staging"),
    OrganizationalUnit("ou-s", "Staging", "r-1", "/Staging"),
)
ACCOUNTS = (
    Account("111111111111", "web", "web@example.com", "ACTIVE", "ou-ws"),
    Account("222222222222", "data", "data@example.com", "ACTIVE", "ou-s"),
    Account("333333333333", "data", "data2@example.com", "ACTIVE", "ou-ws"),
)
ORGANIZATION = Organization("o-1", "111111111111", "r-1", "ALL", UNITS, ACCOUNTS, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("text", ["/Workloads/Staging", "/workloads/staging/", "Workloads/Staging", "ou-ws", " ou-ws "])
def test_an_ou_is_found_by_path_or_id(text: str) -> None:
    assert ORGANIZATION.find_unit(text, "ou").id == "ou-ws"


def test_the_root_is_a_slash() -> None:
    assert ORGANIZATION.find_unit("/", "ou").id == "r-1"


def test_a_unique_name_is_enough() -> None:
    assert ORGANIZATION.find_unit("workloads", "ou").id == "ou-w"


def test_a_path_wins_over_names() -> None:
    assert ORGANIZATION.find_unit("Staging", "ou").id == "ou-s"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/Workloads/Stagingg", "Did you mean /Workloads/Staging, /Workloads or /Staging?"),
        ("Wrokloads", "Did you mean /Workloads?"),
        ("Nowhere", "`/org tree` shows them"),
    ],
)
def test_an_unknown_ou_gets_suggestions(text: str, told: str) -> None:
    with pytest.raises(FieldError, match=told) as caught:
        ORGANIZATION.find_unit(text, "ou")
    assert caught.value.field == "ou"


@pytest.mark.parametrize("text", ["111111111111", "web", "WEB@example.com"])
def test_an_account_is_found_by_id_name_or_email(text: str) -> None:
    assert ORGANIZATION.find_account(text, "account").id == "111111111111"


def test_an_ambiguous_name_gets_the_candidates() -> None:
    with pytest.raises(FieldError, match=r"2 accounts: 222222222222 \(/Staging\), 333333333333 \(/Workloads/Staging\)"):
        ORGANIZATION.find_account("data", "account")


@pytest.mark.parametrize("text", ["wb", "the-web", "wbe@example.com"])
def test_an_unknown_account_gets_the_one_most_alike(text: str) -> None:
    with pytest.raises(FieldError, match=r"Did you mean web[,?]"):
        ORGANIZATION.find_account(text, "account")


def test_an_unknown_account_says_how_to_name_one() -> None:
    with pytest.raises(FieldError, match="Give its id, name or e-mail"):
        ORGANIZATION.find_account("zzz", "account")


CLOSED, CLOSING, SUSPENDED = (
    Account(f"{number}" * 12, "data", f"old{number}@example.com", state, "ou-s")
    for number, state in ((4, "CLOSED"), (5, "PENDING_CLOSURE"), (6, "SUSPENDED"))
)


def among(*accounts: Account) -> Organization:
    return replace(ORGANIZATION, accounts=accounts)


def test_of_several_accounts_of_a_name_the_only_open_one_is_meant() -> None:
    found = among(CLOSED, CLOSING, SUSPENDED, ACCOUNTS[1]).find_account("data", "account")
    assert found.id == "222222222222"


def test_a_closed_account_is_found_where_it_is_the_only_one_of_its_name() -> None:
    assert among(CLOSED).find_account("data", "account") is CLOSED


def test_among_several_the_closed_ones_say_so() -> None:
    with pytest.raises(
        FieldError,
        match=r"3 accounts: 222222222222 \(/Staging\), 333333333333 \(/Workloads/Staging\), 444444444444 \(/Staging, CLOSED\)",
    ):
        among(*ACCOUNTS[1:], CLOSED).find_account("data", "account")


def test_among_closed_ones_nobody_chooses() -> None:
    with pytest.raises(FieldError, match=r"PENDING_CLOSURE\), 666666666666 \(/Staging, SUSPENDED\)"):
        among(CLOSING, SUSPENDED).find_account("data", "account")
