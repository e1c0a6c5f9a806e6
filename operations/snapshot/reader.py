"""Reading the whole organization with the fewest calls.

`ListAccounts` gives each account's `Paths`, so that only the organizational units are walked; where AWS gives none, the
accounts are read parent by parent. Never one call per account.
Source: AWS Organizations API Reference, "ListAccounts" (Paths) and "ListOrganizationalUnitsForParent"; Quotas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from operations.aws.client import Aws
from operations.aws.errors import RefusedError
from operations.aws.permissions import Permission
from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.policy_reader import read_policies, read_services

DEEPEST = 5
READERS = 4
READ_PERMISSIONS = (
    Permission(
        "read the organization's tree",
        (
            "organizations:DescribeOrganization",
            "organizations:ListAccounts",
            "organizations:ListAccountsForParent",
            "organizations:ListOrganizationalUnitsForParent",
            "organizations:ListRoots",
        ),
    ),
    Permission(
        "read the policies, where they are attached, and the services with trusted access",
        (
            "organizations:DescribePolicy",
            "organizations:ListAWSServiceAccessForOrganization",
            "organizations:ListPolicies",
            "organizations:ListTargetsForPolicy",
        ),
    ),
    Permission("tell who the bot is", ("sts:GetCallerIdentity",)),
)


def read_organization(aws: Aws, now: Callable[[], datetime]) -> Organization:
    """The organization as AWS tells it now, an empty snapshot where the account is in none; raises AwsError."""
    read_at = now()
    try:
        described = aws.read("organizations", "describe_organization")["Organization"]
    except RefusedError as error:
        if error.code != "AWSOrganizationsNotInUseException":
            raise
        return _without_organization(aws, read_at)
    root = next(aws.pages("organizations", "list_roots", "Roots"))
    with ThreadPoolExecutor(READERS, thread_name_prefix="reader") as pool:
        units = _read_units(aws, str(root["Id"]), pool)
        accounts = _read_accounts(aws, units, pool)
        policies = read_policies(aws, root, pool)
    return Organization(
        id=str(described["Id"]),
        management_account=str(described.get("MasterAccountId", described.get("ManagementAccountId", ""))),
        root=str(root["Id"]),
        feature_set=str(described.get("FeatureSet", "")),
        units=tuple(units),
        accounts=tuple(accounts),
        read_at=read_at,
        policies=policies,
        services=read_services(aws),
    )


def _without_organization(aws: Aws, read_at: datetime) -> Organization:
    """The snapshot of an account that is in no organization: there is nothing to look at yet, and one can be created."""
    account = str(aws.read("sts", "get_caller_identity")["Account"])
    return Organization("", account, "", "", (), (), read_at)


def _read_units(aws: Aws, root: str, pool: ThreadPoolExecutor) -> list[OrganizationalUnit]:
    """The root and every OU below it, level by level; OUs of the deepest level cannot have children and are not asked."""
    level = [OrganizationalUnit(root, "Root", "", "/")]
    units = list(level)
    for _ in range(DEEPEST):
        level = [
            unit
            for units_below in pool.map(lambda parent: list(_units_below(aws, parent)), level)
            for unit in units_below
        ]
        units += level
    return units


def _units_below(aws: Aws, parent: OrganizationalUnit) -> Iterator[OrganizationalUnit]:
    key = "OrganizationalUnits"
    for unit in aws.pages("organizations", "list_organizational_units_for_parent", key, ParentId=parent.id):
        yield OrganizationalUnit(
            str(unit["Id"]), str(unit["Name"]), parent.id, f"{parent.path.rstrip('/')}/{unit['Name']}"
        )


def _read_accounts(aws: Aws, units: list[OrganizationalUnit], pool: ThreadPoolExecutor) -> list[Account]:
    listed = list(aws.pages("organizations", "list_accounts", "Accounts"))
    if all(item.get("Paths") for item in listed):
        return [_account(item, str(item["Paths"][0]).rstrip("/").split("/")[-2]) for item in listed]
    by_parent = pool.map(lambda unit: (unit.id, list(_accounts_below(aws, unit.id))), units)
    return [_account(item, parent) for parent, items in by_parent for item in items]


def _accounts_below(aws: Aws, parent: str) -> Iterator[dict[str, Any]]:
    return aws.pages("organizations", "list_accounts_for_parent", "Accounts", ParentId=parent)


def _account(item: dict[str, Any], parent: str) -> Account:
    state = str(item.get("State") or item.get("Status") or "")
    joined, joined_at = str(item.get("JoinedMethod", "")), item.get("JoinedTimestamp")
    return Account(
        str(item["Id"]), str(item.get("Name", "")), str(item.get("Email", "")), state, parent, joined, joined_at
    )
