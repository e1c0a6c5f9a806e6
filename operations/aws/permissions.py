"""The IAM permissions that operations declare, the resources that they are for, and the least-privilege policy made of both.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Organizations", "… for AWS Account
Management", "… for AWS Identity and Access Management"; IAM User Guide, "Policy evaluation logic" (a denial outweighs all).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from operations.aws.partitions import COMMERCIAL, global_region

# What stands in braces is filled in for the place where the policy is to be: see `Place`.
ACCOUNTS = ("arn:{partition}:organizations::{management}:account/o-*/*",)
UNITS = ("arn:{partition}:organizations::{management}:ou/o-*/ou-*",)
ROOTS = ("arn:{partition}:organizations::{management}:root/o-*/r-*",)
PARENTS = (*UNITS, *ROOTS)
TARGETS = (*ACCOUNTS, *PARENTS)
OWN_POLICIES = ("arn:{partition}:organizations::{management}:policy/o-*/*/p-*",)
POLICIES = (*OWN_POLICIES, "arn:{partition}:organizations::aws:policy/*/p-*")
HANDSHAKES = ("arn:{partition}:organizations::{management}:handshake/o-*/*/h-*",)
CONTACTS = ("arn:{partition}:account::{management}:account", "arn:{partition}:account::{management}:account/o-*/*")
SERVICE_LINKED_ROLE = ("arn:{partition}:iam::{management}:role/aws-service-role/organizations.amazonaws.com/*",)
ACCOUNTS_QUOTA = ("arn:{partition}:servicequotas:{region}:{management}:organizations/L-29A0C5DF",)
PRINCIPALS = {kind: f"arn:{{partition}}:iam::{{management}}:{kind}/{{{kind}}}" for kind in ("group", "role", "user")}
OF_ACTIONS = {
    f"{service}:{name}": patterns
    for service, patterns, names in (
        (
            "organizations",
            ACCOUNTS,
            "CloseAccount DescribeAccount RemoveAccountFromOrganization TagResource UntagResource",
        ),
        ("organizations", ACCOUNTS, "DeregisterDelegatedAdministrator RegisterDelegatedAdministrator"),
        ("organizations", ACCOUNTS, "DescribeEffectivePolicy ListDelegatedServicesForAccount ListTagsForResource"),
        ("organizations", UNITS, "DeleteOrganizationalUnit DescribeOrganizationalUnit UpdateOrganizationalUnit"),
        ("organizations", PARENTS, "CreateOrganizationalUnit ListAccountsForParent ListOrganizationalUnitsForParent"),
        ("organizations", (*ACCOUNTS, *UNITS), "ListParents"),
        ("organizations", TARGETS, "ListPoliciesForTarget MoveAccount"),
        ("organizations", (*POLICIES, *TARGETS), "AttachPolicy DetachPolicy"),
        ("organizations", OWN_POLICIES, "DeletePolicy UpdatePolicy"),
        ("organizations", POLICIES, "DescribePolicy ListTargetsForPolicy"),
        ("organizations", ROOTS, "DisablePolicyType EnablePolicyType"),
        ("organizations", HANDSHAKES, "DescribeHandshake"),
        ("account", CONTACTS, "DeleteAlternateContact GetAlternateContact PutAlternateContact"),
        ("account", CONTACTS, "GetAccountInformation PutAccountName"),
        ("servicequotas", ACCOUNTS_QUOTA, "GetServiceQuota"),
        ("iam", SERVICE_LINKED_ROLE, "CreateServiceLinkedRole"),
        ("iam", (PRINCIPALS["group"],), "DeleteGroupPolicy GetGroup GetGroupPolicy PutGroupPolicy"),
        ("iam", (PRINCIPALS["role"],), "DeleteRolePolicy GetRole GetRolePolicy PutRolePolicy"),
        ("iam", (PRINCIPALS["user"],), "DeleteUserPolicy GetUser GetUserPolicy PutUserPolicy"),
    )
    for name in names.split()
}
"""On what an action works. What is not here works on no resource, or on one that has no ARN before it is there."""

WRITES_ON = {kind: {f"iam:{verb}{kind.capitalize()}Policy" for verb in ("Delete", "Put")} for kind in PRINCIPALS}
WRITES = frozenset[str]().union(*WRITES_ON.values())
"""By these somebody gets rights in IAM. `grant-access` needs them; on the bot itself nobody may use them."""
NEVER = tuple(
    f"iam:{action}"
    for action in [
        "AddRoleToInstanceProfile",
        "AddUserToGroup",
        "AttachGroupPolicy",
        "AttachRolePolicy",
        "AttachUserPolicy",
        "CreateAccessKey",
        "CreateLoginProfile",
        "CreatePolicy",
        "CreatePolicyVersion",
        "CreateRole",
        "CreateUser",
        "DeletePolicy",
        "DeletePolicyVersion",
        "DeleteRolePermissionsBoundary",
        "DeleteUserPermissionsBoundary",
        "DetachRolePolicy",
        "DetachUserPolicy",
        "PassRole",
        "PutRolePermissionsBoundary",
        "PutUserPermissionsBoundary",
        "SetDefaultPolicyVersion",
        "UpdateAssumeRolePolicy",
        "UpdateLoginProfile",
    ]
)
"""By these too, and the bot needs none of them."""

Condition = tuple[tuple[str, str, tuple[str, ...]], ...]
"""(operator, key, values) for each key."""
ByResources = dict[tuple[tuple[str, ...], Condition], set[str]]
"""Actions by the resources and the condition under which they are wanted."""


@dataclass(frozen=True)
class Permission:
    """Some IAM actions, and why the bot needs them; `resources` are patterns, where they are fewer than what the actions work on."""

    why: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    condition: Condition = ()


@dataclass(frozen=True)
class Place:
    """Where a policy is to be.

    `management` is the management account's id, `own` what the bot is in IAM (patterns of ARNs), `grants` those to whom access
    may be granted (such as `group/developers`; empty: anybody), `roles` the roles of member accounts besides the default one.
    """

    partition: str = COMMERCIAL
    management: str = "*"
    own: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def resources(self, patterns: Iterable[str]) -> tuple[str, ...]:
        """The ARNs that patterns stand for here; none for a kind of principal of which nobody is named."""
        return tuple(found for pattern in patterns for found in self._filled(pattern))

    def _filled(self, pattern: str) -> Iterator[str]:
        plain = pattern.replace("{partition}", self.partition).replace("{management}", self.management)
        plain = plain.replace("{region}", global_region(self.partition))
        several = next((name for name in ("member_role", *PRINCIPALS) if f"{{{name}}}" in plain), "")
        for value in self._named(several) if several else ("",):
            yield plain.replace(f"{{{several}}}", value)

    def _named(self, kind: str) -> tuple[str, ...]:
        if kind == "member_role":
            return self.roles
        named = tuple(name.removeprefix(f"{kind}/") for name in self.grants if name.startswith(f"{kind}/"))
        return named if self.grants else ("*",)


def by_resources(permissions: Iterable[Permission], place: Place) -> ByResources:
    """What the permissions want here."""
    grouped: ByResources = defaultdict(set)
    for permission in permissions:
        for action in permission.actions:
            resources = place.resources(permission.resources or OF_ACTIONS.get(action, ("*",)))
            if resources:
                grouped[resources, permission.condition].add(action)
    return grouped


def iam_policy(permissions: Iterable[Permission], place: Place) -> dict[str, Any]:
    """An IAM policy document: one statement for each pair of resources and condition, actions sorted, and the denials that keep the
    bot from making itself an administrator.
    """
    grouped = by_resources(permissions, place)
    allowed = [
        _statement("Allow", {"Resource": resources}, actions, condition)
        for (resources, condition), actions in sorted(grouped.items())
    ]
    granted = {action for actions in grouped.values() for action in actions}
    return {"Version": "2012-10-17", "Statement": [*allowed, *_denials(place, granted)]}


def _denials(place: Place, granted: set[str]) -> Iterator[dict[str, Any]]:
    """A denial outweighs whatever else is attached to the bot's role."""
    yield _statement("Deny", {"Resource": ("*",)}, {*NEVER, *WRITES} - granted)
    for kind, writes in WRITES_ON.items():
        own = tuple(arn for arn in place.own if f":{kind}/" in arn)
        if writes & granted and own:
            yield _statement("Deny", {"Resource": own}, writes)
        if writes & granted and place.grants:
            yield _statement("Deny", {"NotResource": place.resources((PRINCIPALS[kind],))}, writes)
    if place.management != "*":
        roles = place.resources(("arn:{partition}:iam::{management}:role/*",))
        yield _statement("Deny", {"Resource": roles}, {"sts:AssumeRole"})


def _statement(
    effect: str,
    on: dict[str, tuple[str, ...]],
    actions: set[str],
    condition: Condition = (),
) -> dict[str, Any]:
    listed = {name: list(resources) for name, resources in on.items()}
    statement: dict[str, Any] = {"Effect": effect, "Action": sorted(actions), **listed}
    conditions: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for operator, key, values in condition:
        conditions[operator][key] = list(values)
    return statement | ({"Condition": dict(conditions)} if conditions else {})
