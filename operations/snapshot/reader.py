"""Reading the whole organization with the fewest calls: the tree and its accounts, each type of policies once, then where each
policy is attached. Never one call per account or OU.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from operations.aws.client import Answer, Aws
from operations.aws.errors import AwsError, BusyError, CredentialsError, RefusedError
from operations.aws.permissions import Permission
from operations.snapshot.organization import Account, Organization, OrganizationalUnit, state_of
from operations.snapshot.policies import Policies, Policy
from operations.snapshot.policy_types import policy_types
from operations.snapshot.standing import check_no_root, check_standing, management_of

log = logging.getLogger(__name__)

DEEPEST = 5
READINGS = 3  # Of a tree that changes meanwhile.
READERS = 4
THERE_IS_NONE = (  # Refusals that say that there can be none, such as policies with consolidated billing only.
    "InvalidInputException",
    "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
    "PolicyNotFoundException",
    "PolicyTypeNotAvailableForOrganizationException",
    "UnsupportedAPIEndpointException",
)
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
    """The organization as AWS tells it now, an empty snapshot where the account is in none.

    Raises MisplacedError where the bot is not where it can work, else AwsError.
    """
    read_at = now()
    try:
        described = aws.read("organizations", "describe_organization")["Organization"]
    except RefusedError as error:
        if error.code != "AWSOrganizationsNotInUseException":
            raise
        return _without_organization(aws, read_at)
    check_standing(aws, described)
    root = next(aws.pages("organizations", "list_roots", "Roots"))
    with ThreadPoolExecutor(READERS, thread_name_prefix="reader") as pool:
        units, accounts = _read_tree(aws, str(root["Id"]), pool)
        policies = read_policies(aws, root, pool)
    services, services_unread = read_services(aws)
    return Organization(
        id=str(described["Id"]),
        management_account=management_of(described),
        root=str(root["Id"]),
        feature_set=str(described.get("FeatureSet", "")),
        units=tuple(units),
        accounts=tuple(accounts),
        read_at=read_at,
        policies=policies,
        services=services,
        services_unread=services_unread,
    )


def _without_organization(aws: Aws, read_at: datetime) -> Organization:
    """The snapshot of an account that is in no organization: there is nothing to look at yet, and one can be created."""
    identity = aws.identity()
    check_no_root(identity)
    return Organization("", identity.account, "", "", (), (), read_at)


def _read_tree(aws: Aws, root: str, pool: ThreadPoolExecutor) -> tuple[list[OrganizationalUnit], list[Account]]:
    """The OUs and the accounts in them, which fit together: what is made and moved in between would be in no place. Raises
    BusyError.
    """
    for _ in range(READINGS):
        units = _read_units(aws, root, pool)
        accounts = _read_accounts(aws, units, pool)
        if {account.parent for account in accounts} <= {unit.id for unit in units}:
            return units, accounts
    raise BusyError("ListAccounts", "the organization's tree changes while it is read", code="TreeChanged")


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
        return [account_in(item, str(item["Paths"][0]).rstrip("/").split("/")[-2]) for item in listed]
    by_parent = pool.map(lambda unit: (unit.id, list(_accounts_below(aws, unit.id))), units)
    parents = {str(item["Id"]): parent for parent, items in by_parent for item in items}
    return [account_in(item, parents.get(str(item["Id"])) or _parent_of(aws, str(item["Id"]))) for item in listed]


def _parent_of(aws: Aws, account: str) -> str:
    """Of one that was moved while the OUs were gone through, and so was in none of them."""
    return str(aws.read("organizations", "list_parents", ChildId=account)["Parents"][0]["Id"])


def _accounts_below(aws: Aws, parent: str) -> Iterator[dict[str, Any]]:
    return aws.pages("organizations", "list_accounts_for_parent", "Accounts", ParentId=parent)


def account_in(item: Answer, parent: str) -> Account:
    """The account of an answer by AWS, in its OU or root."""
    joined, joined_at = str(item.get("JoinedMethod", "")), item.get("JoinedTimestamp")
    return Account(
        str(item["Id"]),
        str(item.get("Name", "")),
        str(item.get("Email", "")),
        state_of(item),
        parent,
        joined,
        joined_at,
    )


def read_policies(aws: Aws, root: Answer, pool: ThreadPoolExecutor) -> Policies:
    """The policies of every type and their targets; what AWS doesn't tell is in `unread`. Raises BusyError, CredentialsError."""
    kinds = policy_types()
    by_type = list(pool.map(lambda kind: _of_type(aws, kind), kinds))
    known = tuple(policy_in(summary) for summaries, _ in by_type for summary in summaries)
    by_policy = list(pool.map(lambda policy: _targets(aws, policy.id), known))
    unread = {kind: why for kind, (_, why) in zip(kinds, by_type, strict=True) if why}
    unread |= {policy.id: why for policy, (_, why) in zip(known, by_policy, strict=True) if why}
    targets = {policy.id: found for policy, (found, why) in zip(known, by_policy, strict=True) if not why}
    return Policies(known, targets, policy_statuses(root), unread)


def policy_statuses(root: Answer) -> dict[str, str]:
    """The types and their status (ENABLED, PENDING_ENABLE, PENDING_DISABLE) from ListRoots' answer about the root."""
    return {str(kind["Type"]): str(kind["Status"]) for kind in root.get("PolicyTypes", ())}


def read_services(aws: Aws) -> tuple[tuple[str, ...], str]:
    """The service principals with trusted access, sorted, and why AWS doesn't tell them. Raises BusyError, CredentialsError."""
    key = "EnabledServicePrincipals"
    found, why = _told(lambda: list(aws.pages("organizations", "list_aws_service_access_for_organization", key)))
    return tuple(sorted(str(service["ServicePrincipal"]) for service in found)), why


def _of_type(aws: Aws, kind: str) -> tuple[list[Answer], str]:
    return _told(lambda: list(aws.pages("organizations", "list_policies", "Policies", Filter=kind)))


def _targets(aws: Aws, policy: str) -> tuple[tuple[str, ...], str]:
    found, why = _told(lambda: list(aws.pages("organizations", "list_targets_for_policy", "Targets", PolicyId=policy)))
    return tuple(str(target["TargetId"]) for target in found), why


def _told(read: Callable[[], list[Any]]) -> tuple[list[Any], str]:
    """What AWS tells, and why it doesn't: the tree must not be missing because one kind of policy is, and nobody may take what
    is unknown for none.
    """
    try:
        return read(), ""
    except (BusyError, CredentialsError):
        raise
    except AwsError as error:
        if error.code in THERE_IS_NONE or error.reason in THERE_IS_NONE:
            return [], ""
        log.warning("could not be read: %s", error)
        return [], error.unread


def policy_in(summary: Answer) -> Policy:
    """The policy of a PolicySummary."""
    return Policy(
        str(summary["Id"]),
        str(summary.get("Name", "")),
        str(summary.get("Type", "")),
        bool(summary.get("AwsManaged")),
        str(summary.get("Description", "")),
    )
