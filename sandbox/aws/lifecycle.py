"""The organization itself: made, described, deleted.

Source: AWS Organizations API Reference, "CreateOrganization", "DescribeOrganization", "DeleteOrganization".
"""

from __future__ import annotations

import json

from moto.organizations.models import FakeOrganization, FakeRoot
from moto.organizations.utils import DEFAULT_RCP_POLICY_ID, DEFAULT_SCP_POLICY_ID

from sandbox.aws.backend import Backend, attach
from sandbox.aws.conditions import MANAGEMENT_EMAIL, MANAGEMENT_NAME
from sandbox.aws.models import Account, Policy
from sandbox.aws.refusals import Refusal, constraint
from sandbox.aws.registry import Answer, Params, operation

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


@operation("CreateOrganization")
def create_organization(org: Backend, params: Params) -> Answer:
    if org.org is not None:
        raise Refusal("AlreadyInOrganizationException", "This account is already a member of an organization.")
    org.org = FakeOrganization(org.account_id, "us-east-1", params.get("FeatureSet") or "ALL")
    org.org.master_account_email = MANAGEMENT_EMAIL
    org.ou.append(FakeRoot(org.org))
    if org.org.feature_set == "ALL":
        add_full_access(org)
    else:
        org.org.available_policy_types = []
    account = Account(
        org.org, name=MANAGEMENT_NAME, email=MANAGEMENT_EMAIL, joined=org.now(), account_id=org.account_id
    )
    account.joined_method = "INVITED"
    org.add_account(account)
    return org.org.describe()


@operation("DescribeOrganization")
def describe_organization(org: Backend, _: Params) -> Answer:
    return org.organization.describe()


@operation("DeleteOrganization")
def delete_organization(org: Backend, _: Params) -> Answer:
    if len(org.accounts) > 1 or len(org.ou) > 1 or any(not policy.aws_managed for policy in org.policies):
        raise Refusal(
            "OrganizationNotEmptyException",
            "The organization isn't empty. To delete an organization, you must first remove all accounts except the "
            "management account, delete all OUs, and delete all policies.",
        )
    org.begin_anew()
    return {}


def check_all_features(org: Backend) -> None:
    """Raises ORGANIZATION_NOT_IN_ALL_FEATURES_MODE in an organization of consolidated billing only."""
    if org.organization.feature_set != "ALL":
        raise constraint("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "Enable all features in the organization first.")


def add_full_access(org: Backend) -> None:
    """What all features bring: service control policies enabled, and AWS's two policies that allow everything."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    for policy_id, kind, document in (
        (DEFAULT_SCP_POLICY_ID, SCP, statement),
        (DEFAULT_RCP_POLICY_ID, RCP, {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}),
    ):
        org.policies.append(
            Policy(
                org.organization,
                Id=policy_id,
                Name=policy_id.removeprefix("p-"),
                Description="Allows access to every operation",
                Type=kind,
                Content=json.dumps({"Version": "2012-10-17", "Statement": [document]}),
                AwsManaged=True,
            )
        )
    enable_type(org, SCP)


def enable_type(org: Backend, policy_type: str) -> None:
    """A policy type is usable from now on; AWS's own policy of the type is attached everywhere."""
    org.root.policy_types = [item for item in org.root.policy_types if item["Type"] != policy_type]
    org.root.policy_types.append({"Type": policy_type, "Status": "ENABLED"})
    managed = [policy for policy in org.policies if policy.aws_managed and policy.type == policy_type]
    for target in org.targets():
        for policy in managed:
            if policy not in target.attached_policies:
                attach(policy, target)
