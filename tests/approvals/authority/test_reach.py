"""What the rules look at, of each kind of operation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from approvals.authority.reach import wishes
from operations.core.base import Operation
from operations.core.registry import by_name
from operations.snapshot.organization import Account, Organization, OrganizationalUnit

ORGANIZATION = Organization(
    "o-1",
    "111111111111",
    "r-1",
    "ALL",
    (
        OrganizationalUnit("r-1", "Root", "", "/"),
        OrganizationalUnit("ou-1-prod", "Production", "r-1", "/Production"),
        OrganizationalUnit("ou-1-sand", "Sandbox", "r-1", "/Sandbox"),
    ),
    (Account("222222222222", "shop", "shop@example.com", "ACTIVE", "ou-1-prod"),),
    datetime(2030, 1, 1, tzinfo=UTC),
)


def settled(name: str, **params: Any) -> Operation:
    return by_name()[name].model_validate(params).settled(ORGANIZATION)


def test_a_move_touches_both_ends() -> None:
    found = wishes(settled("move-account", account="shop", to="/Sandbox"), ORGANIZATION)
    assert [wish.path for wish in found] == ["/Sandbox", "/Production"]
    assert {(wish.account, wish.account_name, wish.account_email) for wish in found} == {
        ("222222222222", "shop", "shop@example.com")
    }


@pytest.mark.parametrize(
    ("name", "params", "path"),
    [
        ("create-account", {"account_name": "new", "email": "new@example.com", "ou": "/Sandbox"}, "/Sandbox"),
        ("tag-account", {"account": "shop", "tags": ["owner=web"]}, "/Production"),
    ],
)
def test_what_stays_in_one_place_touches_that(name: str, params: dict[str, Any], path: str) -> None:
    (wish,) = wishes(settled(name, **params), ORGANIZATION)
    assert (wish.operation, wish.path, wish.role) == (name, path, "")


class Visit(Operation):
    """An operation of the tests' own, on several accounts and in a role."""

    account: tuple[str, ...]
    role: str

    def target(self, organization: Organization) -> str:
        return organization.account_path(self.account[0])


Visit.name = "visit"


def test_each_of_several_accounts_is_looked_at_in_the_role_that_is_wanted() -> None:
    visit = Visit(account=("222222222222", "333333333333"), role="ReadOnly")
    found = wishes(visit, ORGANIZATION)
    assert [(wish.account, wish.account_name, wish.role) for wish in found] == [
        ("222222222222", "shop", "ReadOnly"),
        ("333333333333", "", "ReadOnly"),
    ]
