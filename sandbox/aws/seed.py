"""The organization of the sandbox: five accounts, four of them under OUs, policies on the root, on an OU and on an account."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from moto.organizations.models import FakeOrganizationalUnit

from sandbox.aws.backend import Backend, attach
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.lifecycle import create_organization, enable_type
from sandbox.aws.models import DEFAULT_ROLE, Account, Policy
from sandbox.aws.roles import iam_of
from sandbox.aws.tree import add_unit

SCP = "SERVICE_CONTROL_POLICY"
AGE = timedelta(days=400)
UNITS = ("/Workloads", "/Workloads/Staging", "/Workloads/Production", "/Security")
# Name, e-mail address, account id, place in the tree.
ACCOUNTS = (
    ("fullback-staging-web", "aws-staging-web@example.com", "222222222222", "/Workloads/Staging"),
    ("fullback-production-web", "aws-production-web@example.com", "333333333333", "/Workloads/Production"),
    ("fullback-production-data", "aws-production-data@example.com", "444444444444", "/Workloads/Production"),
    ("fullback-audit", "aws-audit@example.com", "555555555555", "/Security"),
)
DENY_LEAVE = {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
RESTRICT_REGIONS = {
    "Effect": "Deny",
    "NotAction": ["iam:*", "organizations:*", "sts:*", "support:*", "cloudfront:*", "route53:*"],
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-central-1"]}},
}
PROTECT_AUDIT = {"Effect": "Deny", "Action": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], "Resource": "*"}
OWNER_TAG = {"tags": {"owner": {"tag_key": {"@@assign": "owner"}}}}
# Services with trusted access; renaming a member account needs the first.
SERVICES = ("account.amazonaws.com", "cloudtrail.amazonaws.com")
# IAM groups and users of the management account.
GROUPS = ("developers", "platform", "security")
USERS = {"alice": ("developers",), "bob": ("platform",), "carol": ("security",), "dave": (), "orgbot": ()}
# Accounts outside of the organization, which can be invited and whose addresses are in use.
OUTSIDERS = {"666666666666": "aws-acquired@example.com", "777777777777": "aws-partner@example.com"}


def seed(org: Backend, now: datetime) -> None:
    """Make the organization, as it is `now` after some time of use."""
    create_organization(org, {"FeatureSet": "ALL"})
    units = {"/": org.root, **_units(org)}
    joined = now - AGE
    org.accounts[0].create_time = joined
    for name, email, account_id, path in ACCOUNTS:
        account = Account(
            org.organization, name=name, email=email, account_id=account_id, joined=joined, roles=[DEFAULT_ROLE]
        )
        org.add_account(account)
        account.parent_id = units[path].id
        account.tags = {"owner": name.split("-")[1]}
    enable_type(org, "TAG_POLICY")
    org.services = [{"ServicePrincipal": name, "DateEnabled": joined.timestamp()} for name in SERVICES]
    _policies(org, units)
    _people()


def _people() -> None:
    """The users and groups of the management account's IAM."""
    iam = iam_of(MANAGEMENT_ACCOUNT)
    for group in GROUPS:
        iam.create_group(group)
    for user, groups in USERS.items():
        iam.create_user("us-east-1", user)
        for group in groups:
            iam.add_user_to_group(group, user)


def _units(org: Backend) -> dict[str, FakeOrganizationalUnit]:
    made: dict[str, FakeOrganizationalUnit] = {}
    for path in UNITS:
        above, _, name = path.rpartition("/")
        made[path] = add_unit(org, name, made[above].id if above else org.root.id)
    return made


def _policies(org: Backend, units: dict[str, FakeOrganizationalUnit]) -> None:
    audit = org.account("555555555555")
    attach(_scp(org, "DenyLeaveOrganization", "No account leaves the organization", DENY_LEAVE), org.root)
    attach(_scp(org, "RestrictRegions", "Only us-east-1 and eu-central-1", RESTRICT_REGIONS), units["/Workloads"])
    attach(_scp(org, "ProtectAuditTrail", "Nobody stops the audit trail", PROTECT_AUDIT), audit)
    attach(_policy(org, "OwnerTag", "TAG_POLICY", "How the tag owner is written", OWNER_TAG), org.root)


def _scp(org: Backend, name: str, description: str, statement: dict[str, Any]) -> Policy:
    return _policy(org, name, SCP, description, {"Version": "2012-10-17", "Statement": [statement]})


def _policy(org: Backend, name: str, kind: str, description: str, document: dict[str, Any]) -> Policy:
    policy = Policy(org.organization, Name=name, Type=kind, Description=description, Content=json.dumps(document))
    org.policies.append(policy)
    return policy
