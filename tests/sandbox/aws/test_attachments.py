import json
from typing import Any

import pytest

from sandbox.aws import AwsSandbox

from .helpers import AUDIT, WEB, everything, refused, unit

SCP, RCP, TAG = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY"


def make(client: Any, name: str, kind: str = SCP) -> str:
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    content: dict[str, Any] = {"tags": {}} if kind == TAG else {"Version": "2012-10-17", "Statement": [statement]}
    answer = client.create_policy(Name=name, Type=kind, Content=json.dumps(content), Description="")
    return str(answer["Policy"]["PolicySummary"]["Id"])


def names(client: Any, target: str, kind: str = SCP) -> list[str]:
    return [p["Name"] for p in everything(client, "list_policies_for_target", "Policies", TargetId=target, Filter=kind)]


def types(client: Any) -> dict[str, str]:
    return {item["Type"]: item["Status"] for item in client.list_roots()["Roots"][0]["PolicyTypes"]}


def test_policies_are_attached_and_detached(organizations: Any, root: str) -> None:
    policy = make(organizations, "NoBuckets")
    for target, kind in ((root, "ROOT"), (unit(organizations, "/Security"), "ORGANIZATIONAL_UNIT"), (WEB, "ACCOUNT")):
        organizations.attach_policy(PolicyId=policy, TargetId=target)
        assert "NoBuckets" in names(organizations, target)
        listed = organizations.list_targets_for_policy(PolicyId=policy)["Targets"]
        assert [(found["TargetId"], found["Type"]) for found in listed] == [(target, kind)]
        organizations.detach_policy(PolicyId=policy, TargetId=target)
        assert "NoBuckets" not in names(organizations, target)


def test_attachments_that_are_refused(organizations: Any, root: str) -> None:
    policy = make(organizations, "NoBuckets")
    organizations.attach_policy(PolicyId=policy, TargetId=WEB)
    with refused("DuplicatePolicyAttachmentException"):
        organizations.attach_policy(PolicyId=policy, TargetId=WEB)
    with refused("PolicyNotAttachedException"):
        organizations.detach_policy(PolicyId=policy, TargetId=root)
    with refused("TargetNotFoundException"):
        organizations.attach_policy(PolicyId=policy, TargetId="999999999999")
    with refused("PolicyNotFoundException"):
        organizations.attach_policy(PolicyId="p-00000000", TargetId=WEB)
    with refused("InvalidInputException", "INVALID_PATTERN_TARGET_ID"):
        organizations.attach_policy(PolicyId=policy, TargetId="web")


@pytest.mark.parametrize(("kind", "most"), [(SCP, 10), (TAG, 10)])
def test_a_target_takes_so_many_of_a_type(organizations: Any, kind: str, most: int) -> None:
    free = most - len(names(organizations, WEB, kind))
    for number in range(free):
        organizations.attach_policy(PolicyId=make(organizations, f"p{number}", kind), TargetId=WEB)
    with refused("ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"):
        organizations.attach_policy(PolicyId=make(organizations, "one more", kind), TargetId=WEB)


def test_the_last_service_control_policy_stays(organizations: Any) -> None:
    with refused("ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"):
        organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=WEB)
    organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=AUDIT)
    assert names(organizations, AUDIT) == ["ProtectAuditTrail"]


def test_a_type_is_enabled_after_a_while(aws: AwsSandbox, organizations: Any, root: str) -> None:
    policy = make(organizations, "shared", RCP)
    with refused("PolicyTypeNotEnabledException"):
        organizations.attach_policy(PolicyId=policy, TargetId=WEB)
    organizations.enable_policy_type(RootId=root, PolicyType=RCP)
    assert types(organizations)[RCP] == "PENDING_ENABLE"
    with refused("PolicyTypeAlreadyEnabledException"):
        organizations.enable_policy_type(RootId=root, PolicyType=RCP)
    with refused("PolicyChangesInProgressException"):
        organizations.disable_policy_type(RootId=root, PolicyType=RCP)
    aws.advance(seconds=aws.conditions.policy_type_seconds)
    assert types(organizations)[RCP] == "ENABLED"
    assert names(organizations, WEB, RCP) == ["RCPFullAWSAccess"]
    organizations.attach_policy(PolicyId=policy, TargetId=WEB)
    with refused("InvalidInputException", "NON_DETACHABLE_POLICY"):
        organizations.detach_policy(PolicyId="p-RCPFullAWSAccess", TargetId=WEB)


def test_disabling_a_type_detaches_its_policies(aws: AwsSandbox, organizations: Any, root: str) -> None:
    assert names(organizations, root, TAG) == ["OwnerTag"]
    organizations.disable_policy_type(RootId=root, PolicyType=TAG)
    assert types(organizations)[TAG] == "PENDING_DISABLE"
    aws.finish("policy-type")
    assert TAG not in types(organizations)
    assert names(organizations, root, TAG) == []
    with refused("PolicyTypeNotEnabledException"):
        organizations.disable_policy_type(RootId=root, PolicyType=TAG)


def test_some_types_need_their_service_first(aws: AwsSandbox, organizations: Any, root: str) -> None:
    with refused("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED"):
        organizations.enable_policy_type(RootId=root, PolicyType="GUARDDUTY_POLICY")
    organizations.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    organizations.enable_policy_type(RootId=root, PolicyType="GUARDDUTY_POLICY")
    aws.finish("policy-type")
    with refused("ConstraintViolationException", "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE"):
        organizations.disable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")


def test_a_root_that_is_not_there(organizations: Any) -> None:
    with refused("RootNotFoundException"):
        organizations.enable_policy_type(RootId="r-none", PolicyType=RCP)
