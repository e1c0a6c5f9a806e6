"""Policies of every type: made, read, changed, deleted.

Source: AWS Organizations API Reference, "CreatePolicy", "UpdatePolicy", "DeletePolicy"; User Guide, "Quotas".
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.aws.backend import Backend
from sandbox.aws.models import Policy
from sandbox.aws.refusals import Refusal, constraint, invalid
from sandbox.aws.registry import Answer, Listing, Params, listing, operation
from sandbox.aws.tags import check_tags

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
# Characters of one policy's content, policies in one organization; the quota page names no others.
CONTENT_LIMITS = {SCP: 10_240, RCP: 5_120, "AISERVICES_OPT_OUT_POLICY": 2_500}
OTHER_CONTENT_LIMIT = 10_000
NUMBER_LIMITS = {SCP: 10_000, RCP: 2_000}
OTHER_NUMBER_LIMIT = 1_000


@operation("CreatePolicy")
def create_policy(org: Backend, params: Params) -> Answer:
    kind = params["Type"]
    check_available(org, kind)
    _check_name(org, params["Name"], kind)
    _check_content(kind, params["Content"])
    check_tags({}, params.get("Tags") or [])
    if sum(policy.type == kind for policy in org.policies) >= NUMBER_LIMITS.get(kind, OTHER_NUMBER_LIMIT):
        raise constraint("POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the number of policies of this type.")
    policy = Policy(org.organization, **params)
    org.policies.append(policy)
    return policy.describe()


@operation("DescribePolicy")
def describe_policy(org: Backend, params: Params) -> Answer:
    return org.policy(params["PolicyId"]).describe()


@operation("UpdatePolicy")
def update_policy(org: Backend, params: Params) -> Answer:
    policy = _own_policy(org, params["PolicyId"])
    name = str(params.get("Name") or policy.name)
    if name != policy.name:
        _check_name(org, name, policy.type)
    if params.get("Content") is not None:
        _check_content(policy.type, params["Content"])
        policy.content = params["Content"]
    policy.name = name
    policy.description = params.get("Description", policy.description)
    return policy.describe()


@operation("DeletePolicy")
def delete_policy(org: Backend, params: Params) -> Answer:
    policy = _own_policy(org, params["PolicyId"])
    if policy.attachments:
        raise Refusal(
            "PolicyInUseException",
            "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts.",
        )
    org.policies.remove(policy)
    return {}


@listing("ListPolicies", "Policies")
def list_policies(org: Backend, params: Params) -> Listing:
    return Listing([policy for policy in org.policies if policy.type == params["Filter"]], Policy.summary)


def check_available(org: Backend, kind: str) -> None:
    """Raises PolicyTypeNotAvailableForOrganizationException in an organization of consolidated billing only."""
    if org.organization.feature_set != "ALL":
        raise Refusal(
            "PolicyTypeNotAvailableForOrganizationException",
            f"You can't use the policy type {kind} with the feature set of this organization. Enable all features.",
        )


def document(kind: str, content: str) -> dict[str, Any]:
    """The policy document in `content`; raises MalformedPolicyDocumentException."""
    try:
        loaded = json.loads(content)
    except ValueError:
        raise malformed("The policy document isn't valid JSON.") from None
    if not isinstance(loaded, dict) or not loaded:
        raise malformed("The policy document must be a JSON object.")
    if kind in (SCP, RCP) and not _has_statements(loaded):
        raise malformed("The policy document needs a Statement whose Effect is Allow or Deny.")
    return loaded


def malformed(message: str) -> Refusal:
    """A MalformedPolicyDocumentException."""
    return Refusal(
        "MalformedPolicyDocumentException",
        f"The provided policy document does not meet the requirements of the specified policy type. {message}",
    )


def _has_statements(loaded: dict[str, Any]) -> bool:
    statements = loaded.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    return bool(listed) and all(isinstance(s, dict) and s.get("Effect") in ("Allow", "Deny") for s in listed)


def _check_content(kind: str, content: str) -> None:
    most = CONTENT_LIMITS.get(kind, OTHER_CONTENT_LIMIT)
    if len(content) > most:
        raise constraint(
            "POLICY_CONTENT_LIMIT_EXCEEDED", f"The policy has {len(content)} characters; {most} are allowed."
        )
    document(kind, content)


def _check_name(org: Backend, name: str, kind: str) -> None:
    if any(policy.name == name and policy.type == kind for policy in org.policies):
        raise Refusal("DuplicatePolicyException", "A policy with the same name already exists.")


def _own_policy(org: Backend, policy_id: str) -> Policy:
    policy = org.policy(policy_id)
    if policy.aws_managed:
        raise invalid("IMMUTABLE_POLICY", "You can't change or delete a policy that AWS manages.")
    return policy
