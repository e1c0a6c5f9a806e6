"""Which policies are attached where, and which policy types a root has.

Source: AWS Organizations API Reference, "AttachPolicy", "DetachPolicy", "EnablePolicyType"; User Guide, "Quotas".
"""

from __future__ import annotations

from typing import Any

from sandbox.aws.backend import Backend, attach, detach
from sandbox.aws.lifecycle import enable_type
from sandbox.aws.models import Policy, Target
from sandbox.aws.policies import RCP, SCP, check_available
from sandbox.aws.refusals import Refusal, constraint, invalid, not_found
from sandbox.aws.registry import Answer, Listing, Params, listing, operation

# Policies of one type on one root, OU or account; AWS's own counts.
MOST_ATTACHED = {SCP: 10, RCP: 5, "CHATBOT_POLICY": 5, "AISERVICES_OPT_OUT_POLICY": 5}
OTHERS_ATTACHED = 10
# Types that need a service's trusted access first.
NEEDS_SERVICE = {
    "BEDROCK_POLICY": "bedrock.amazonaws.com",
    "NETWORK_SECURITY_DIRECTOR_POLICY": "network-security-director.amazonaws.com",
    "GUARDDUTY_POLICY": "guardduty.amazonaws.com",
    "INSPECTOR_POLICY": "inspector2.amazonaws.com",
    "SECURITYHUB_POLICY": "securityhub.amazonaws.com",
    "SECURITYHUB_CSPM_POLICY": "securityhub.amazonaws.com",
}


@operation("AttachPolicy")
def attach_policy(org: Backend, params: Params) -> Answer:
    policy, target = org.policy(params["PolicyId"]), org.target(params["TargetId"])
    _check_enabled(org, policy.type)
    if policy in target.attached_policies:
        raise Refusal(
            "DuplicatePolicyAttachmentException", "The selected policy is already attached to the specified target."
        )
    most = MOST_ATTACHED.get(policy.type, OTHERS_ATTACHED)
    if len(_of_type(target, policy.type)) >= most:
        raise constraint(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            f"You have attached the maximum number of policies of this type ({most}) to the target.",
        )
    attach(policy, target)
    return {}


@operation("DetachPolicy")
def detach_policy(org: Backend, params: Params) -> Answer:
    policy, target = org.policy(params["PolicyId"]), org.target(params["TargetId"])
    _check_enabled(org, policy.type)
    if policy not in target.attached_policies:
        raise Refusal(
            "PolicyNotAttachedException", "The policy isn't attached to the specified target in the specified root."
        )
    if policy.aws_managed and policy.type == RCP:
        raise invalid("NON_DETACHABLE_POLICY", "You can't detach RCPFullAWSAccess.")
    if policy.type == SCP and len(_of_type(target, SCP)) == 1:
        raise constraint(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You must have at least one service control policy attached to each root, OU, and account.",
        )
    detach(policy, target)
    return {}


@listing("ListPoliciesForTarget", "Policies")
def list_policies_for_target(org: Backend, params: Params) -> Listing:
    return Listing(_of_type(org.target(params["TargetId"]), params["Filter"]), Policy.summary)


@listing("ListTargetsForPolicy", "Targets")
def list_targets_for_policy(org: Backend, params: Params) -> Listing:
    return Listing(
        org.policy(params["PolicyId"]).attachments,
        lambda target: {"TargetId": target.id, "Arn": target.arn, "Name": target.name, "Type": target.type},
    )


@operation("EnablePolicyType")
def enable_policy_type(org: Backend, params: Params) -> Answer:
    kind = params["PolicyType"]
    _check_root(org, params["RootId"])
    check_available(org, kind)
    if type_status(org, kind):
        raise Refusal(
            "PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled in the specified root."
        )
    service = NEEDS_SERVICE.get(kind)
    if service and service not in {enabled["ServicePrincipal"] for enabled in org.services}:
        raise constraint(
            "SERVICE_ACCESS_NOT_ENABLED", f"You must enable service access of {service} before you use {kind}."
        )
    org.root.policy_types.append({"Type": kind, "Status": "PENDING_ENABLE"})
    org.later(org.conditions.policy_type_seconds, "policy-type", lambda: enable_type(org, kind))
    return {"Root": org.root.describe()}


@operation("DisablePolicyType")
def disable_policy_type(org: Backend, params: Params) -> Answer:
    kind = params["PolicyType"]
    _check_root(org, params["RootId"])
    if type_status(org, kind) == "PENDING_ENABLE":
        raise Refusal(
            "PolicyChangesInProgressException", "Changes to the effective policy are in progress. Try again later."
        )
    _check_enabled(org, kind)
    _status(org, kind, "PENDING_DISABLE")
    org.later(org.conditions.policy_type_seconds, "policy-type", lambda: _disable(org, kind))
    return {"Root": org.root.describe()}


def type_status(org: Backend, kind: str) -> str:
    """ENABLED, PENDING_ENABLE, PENDING_DISABLE, or "" where the type is off."""
    return next((item["Status"] for item in org.root.policy_types if item["Type"] == kind), "")


def _disable(org: Backend, kind: str) -> None:
    """Turning a type off detaches every policy of it, as AWS does."""
    org.root.policy_types = [item for item in org.root.policy_types if item["Type"] != kind]
    for policy in org.policies:
        if policy.type == kind:
            for target in list(policy.attachments):
                detach(policy, target)


def _status(org: Backend, kind: str, status: str) -> None:
    next(item for item in org.root.policy_types if item["Type"] == kind)["Status"] = status


def _check_enabled(org: Backend, kind: str) -> None:
    if type_status(org, kind) != "ENABLED":
        raise Refusal(
            "PolicyTypeNotEnabledException",
            f"The policy type {kind} isn't currently enabled in this root. Enable it first.",
        )


def _check_root(org: Backend, root_id: str) -> None:
    if org.root.id != root_id:
        raise not_found("Root", "a root")


def _of_type(target: Target, kind: str) -> list[Any]:
    return [policy for policy in target.attached_policies if policy.type == kind]
