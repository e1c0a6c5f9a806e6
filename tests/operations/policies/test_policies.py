"""Policies are made, changed, attached, detached and deleted as approved; what somebody else has changed is left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import select

from approvals.models import Message, Request
from approvals.states import Status
from operations.aws.errors import FieldError
from operations.core.base import Operation
from operations.core.observations import Done, Stale
from operations.core.registry import by_name
from operations.core.steps import World
from operations.policies.create_policy import Create, CreatePolicy
from sandbox.aws.server import AwsSandbox
from tests.harness.tree import unit_at, world
from tests.harness.workers import Workers

SCP = "SERVICE_CONTROL_POLICY"
STAGING = "222222222222"
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]}
NEW = {"kind": "scp", "policy_name": "KeepBuckets", "content": json.dumps(DENY, indent=4)}


def policies(aws: AwsSandbox, kind: str = SCP) -> dict[str, str]:
    """Ids by name."""
    found = aws.client("organizations").list_policies(Filter=kind)["Policies"]
    return {str(policy["Name"]): str(policy["Id"]) for policy in found}


def described(aws: AwsSandbox, policy: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("organizations").describe_policy(PolicyId=policy)["Policy"]
    return found


def attached(aws: AwsSandbox, target: str, kind: str = SCP) -> list[str]:
    found = aws.client("organizations").list_policies_for_target(TargetId=target, Filter=kind)["Policies"]
    return sorted(str(policy["Name"]) for policy in found)


def done(workers: Workers, operation: str, **params: Any) -> Request:
    """Carried out; a day of simulated time is long enough for what takes the stand-in a second."""
    return workers.until_done(workers.approved(operation, **params), hours=24)


def shown(workers: Workers, operation: str, **params: Any) -> dict[str, Any]:
    request = workers.ask(operation, **params)
    workers.work()
    return workers.request(request.id).preview


def refused(workers: Workers, operation: str, **params: Any) -> str:
    request = workers.ask(operation, **params)
    workers.work()
    request = workers.request(request.id)
    assert request.status == Status.REFUSED
    return request.outcome


def undone(workers: Workers, request: Request) -> Request:
    """The inverse of a finished request, carried out."""
    operation: Operation = by_name()[request.operation].model_validate(request.params)
    (inverse,) = operation.inverse(request.preview["precondition"], request.memory)
    return done(workers, inverse.name, **inverse.model_dump(exclude_none=True))


def test_a_policy_is_created_minified_and_undone(workers: Workers, aws: AwsSandbox) -> None:
    request = done(workers, "create-policy", **NEW)
    policy = policies(aws)["KeepBuckets"]
    assert request.status == Status.SUCCEEDED
    assert described(aws, policy)["Content"] == json.dumps(DENY, separators=(",", ":"))
    assert request.memory["policy"] == policy

    assert undone(workers, request).status == Status.SUCCEEDED
    assert "KeepBuckets" not in policies(aws)


def test_a_name_that_is_taken_is_refused_at_once(workers: Workers) -> None:
    with pytest.raises(FieldError, match="of this name already"):
        workers.ask("create-policy", **NEW | {"policy_name": "DenyLeaveOrganization"})
    with pytest.raises(FieldError, match="there is a Service control policy of this name already"):
        workers.ask("update-policy", policy="RestrictRegions", policy_name="DenyLeaveOrganization")


def test_a_lost_creation_is_found_by_name_and_document(aws: AwsSandbox) -> None:
    wanted = CreatePolicy.model_validate(NEW)
    tried = world()
    organizations = aws.client("organizations")
    organizations.create_policy(Type=SCP, Name="KeepBuckets", Content=json.dumps(DENY), Description="")
    assert isinstance(Create(wanted).observe(tried), Stale)  # Never sent by us, so it is somebody else's.
    learned = {"policy": policies(aws)["KeepBuckets"]}
    assert isinstance(Create(wanted).observe(replace(tried, memory=learned)), Done)  # AWS's answer told the id.
    again = World(tried.aws, tried.shared, "marker", {}, (datetime.now(UTC),))
    assert isinstance(Create(wanted).observe(again), Done)


def test_an_update_shows_what_it_hits_and_is_undone(workers: Workers, aws: AwsSandbox) -> None:
    before = described(aws, policies(aws)["RestrictRegions"])
    params = {"policy": "RestrictRegions", "content": json.dumps(DENY), "description": "Buckets stay"}
    preview = shown(workers, "update-policy", **params)
    assert preview["hits"][0] == "3 accounts"
    assert f"fullback-staging-web ({STAGING}) in /Workloads/Staging" in preview["hits"]
    assert preview["diff"]
    workers.click(workers.request(1), "cancel", "U0ALICE")
    workers.work()

    request = done(workers, "update-policy", **params)
    assert request.status == Status.SUCCEEDED
    now = described(aws, before["PolicySummary"]["Id"])
    assert json.loads(now["Content"]) == DENY
    assert now["PolicySummary"]["Description"] == "Buckets stay"

    undone(workers, request)
    after = described(aws, before["PolicySummary"]["Id"])
    assert json.loads(after["Content"]) == json.loads(before["Content"])
    assert after["PolicySummary"]["Description"] == before["PolicySummary"]["Description"]


def test_an_update_of_what_somebody_else_changed_is_stale(workers: Workers, aws: AwsSandbox) -> None:
    policy = policies(aws)["RestrictRegions"]
    request = workers.approved("update-policy", policy=policy, content=json.dumps(DENY))
    other = {**DENY, "Id": "other"}
    aws.client("organizations").update_policy(PolicyId=policy, Content=json.dumps(other))
    request = workers.until_done(request)
    assert request.status == Status.STALE
    assert json.loads(described(aws, policy)["Content"]) == other


@pytest.mark.parametrize(
    ("operation", "params", "said"),
    [
        ("update-policy", {"policy": "FullAWSAccess", "description": "mine"}, "is managed by AWS"),
        ("update-policy", {"policy": "RestrictRegions", "policy_name": "RestrictRegions"}, "is exactly so already"),
        ("delete-policy", {"policy": "FullAWSAccess"}, "is managed by AWS"),
        ("delete-policy", {"policy": "RestrictRegions"}, "is attached to /Workloads. Detach it there first"),
        ("attach-policy", {"policy": "RestrictRegions", "place": "/Workloads"}, "is attached to /Workloads already"),
        ("detach-policy", {"policy": "RestrictRegions", "place": STAGING}, "is not attached to"),
        ("detach-policy", {"policy": "FullAWSAccess", "place": STAGING}, "is the last service control policy on"),
        ("enable-policy-type", {"kind": "scp"}, "is enabled already"),
        ("disable-policy-type", {"kind": "backup"}, "is not enabled"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(
    workers: Workers, operation: str, params: dict[str, Any], said: str
) -> None:
    assert said in refused(workers, operation, **params)


def test_nothing_to_change(workers: Workers) -> None:
    with pytest.raises(FieldError, match="this changes nothing"):
        workers.ask("update-policy", policy="RestrictRegions")


def undo_question(workers: Workers) -> str:
    """What the button Undo asks in the thread."""
    with workers.context.store.read() as session:
        bodies = session.exec(select(Message.body).where(Message.kind == "thread")).all()
    buttons = [item for body in bodies for block in body["blocks"] for item in block.get("elements", ())]
    (undo,) = [item for item in buttons if item.get("action_id") == "undo"]
    return str(undo["confirm"]["text"]["text"])


def test_attaching_and_its_undo(workers: Workers, aws: AwsSandbox) -> None:
    staging = unit_at(aws, "/Workloads/Staging")
    request = done(workers, "attach-policy", policy="ProtectAuditTrail", place="/Workloads/Staging")
    assert request.status == Status.SUCCEEDED
    assert "ProtectAuditTrail" in attached(aws, staging)
    assert request.preview["hits"] == ["1 account", f"fullback-staging-web ({STAGING}) in /Workloads/Staging"]
    assert "Detach ProtectAuditTrail (p-" in undo_question(workers)

    undone(workers, request)
    assert "ProtectAuditTrail" not in attached(aws, staging)


def test_the_root_and_the_management_account_are_warned_of(workers: Workers) -> None:
    preview = shown(workers, "attach-policy", policy="ProtectAuditTrail", place="/")
    assert preview["hits"][0] == "4 accounts"
    assert any("The target is the root" in notice["say"] for notice in preview["warnings"])
    assert any("The management account is not bound" in notice["say"] for notice in preview["warnings"])
    assert {"label": "Policies of this type there", "value": "2 of 10 in use"} in preview["facts"]


def test_a_full_place_is_told_with_the_names(workers: Workers, aws: AwsSandbox) -> None:
    organizations, security = aws.client("organizations"), unit_at(aws, "/Security")
    for number in range(9):
        made = organizations.create_policy(Type=SCP, Name=f"P{number}", Content=json.dumps(DENY), Description="")
        organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=security)
    said = refused(workers, "attach-policy", policy="RestrictRegions", place="/Security")
    assert "/Security has its 10 policies of this type already" in said
    assert "P8" in said


def test_a_document_that_changes_after_the_approval_is_not_attached(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("attach-policy", policy="ProtectAuditTrail", place="/Workloads/Staging")
    aws.client("organizations").update_policy(PolicyId=policies(aws)["ProtectAuditTrail"], Content=json.dumps(DENY))
    assert workers.until_done(request).status == Status.STALE
    assert "ProtectAuditTrail" not in attached(aws, unit_at(aws, "/Workloads/Staging"))


def test_detaching_and_its_undo(workers: Workers, aws: AwsSandbox) -> None:
    workloads = unit_at(aws, "/Workloads")
    request = done(workers, "detach-policy", policy="RestrictRegions", place="/Workloads")
    assert request.status == Status.SUCCEEDED
    assert attached(aws, workloads) == ["FullAWSAccess"]
    undone(workers, request)
    assert attached(aws, workloads) == ["FullAWSAccess", "RestrictRegions"]


def test_losing_full_access_is_warned_of(workers: Workers) -> None:
    preview = shown(workers, "detach-policy", policy="FullAWSAccess", place="/Workloads")
    assert any("Without FullAWSAccess only what RestrictRegions allows" in one["say"] for one in preview["warnings"])


@pytest.mark.parametrize(
    ("operation", "params", "first"),
    [
        ("detach-policy", {"policy": "FullAWSAccess", "place": "/"}, "Without FullAWSAccess only what"),
        ("attach-policy", {"policy": "Locks", "place": "/"}, "Statement 1 denies everything to everybody beneath"),
    ],
)
def test_the_most_severe_warning_comes_first(
    workers: Workers, aws: AwsSandbox, operation: str, params: dict[str, str], first: str
) -> None:
    """It is the one that the question behind Approve repeats."""
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    organizations = aws.client("organizations")
    made = organizations.create_policy(Type=SCP, Name="Locks", Content=json.dumps(everything), Description="")
    workers.look_again()
    first_of_all, *others = shown(workers, operation, **params)["warnings"]
    assert first_of_all["level"] == "danger"
    assert first_of_all["say"].startswith(first)
    assert any("The target is the root" in notice["say"] for notice in others)
    workers.click(workers.request(1), "cancel", "U0ALICE")
    workers.work()

    preview = shown(workers, "update-policy", policy="RestrictRegions", content=json.dumps(everything))
    assert preview["warnings"][0]["say"].startswith("Statement 1 denies everything")
    assert made


def already(preview: dict[str, Any]) -> list[str]:
    return [fact["value"] for fact in preview["facts"] if fact["label"] == "Applies there anyway, from"]


@pytest.mark.parametrize("place", ["/Workloads/Staging", STAGING])
def test_what_applies_from_above_already_is_said_and_changes_nothing(workers: Workers, place: str) -> None:
    preview = shown(workers, "attach-policy", policy="RestrictRegions", place=place)
    assert already(preview) == ["/Workloads"]
    assert preview["diff"] == ""


def test_what_still_applies_from_above_is_said_when_it_is_detached(workers: Workers, aws: AwsSandbox) -> None:
    staging, policy = unit_at(aws, "/Workloads/Staging"), policies(aws)["RestrictRegions"]
    aws.client("organizations").attach_policy(PolicyId=policy, TargetId=staging)
    workers.look_again()
    preview = shown(workers, "detach-policy", policy="RestrictRegions", place=staging)
    assert already(preview) == ["/Workloads"]
    assert preview["diff"] == ""


def test_what_allows_counts_at_every_level(workers: Workers) -> None:
    preview = shown(workers, "detach-policy", policy="FullAWSAccess", place="/Workloads")
    assert already(preview) == ["/"]
    assert '-       "Action": "*",' in preview["diff"]


def test_what_is_new_to_a_place_is_shown_as_a_diff(workers: Workers) -> None:
    preview = shown(workers, "attach-policy", policy="RestrictRegions", place="/Security")
    assert already(preview) == []
    assert preview["diff"].startswith("+ {")


def test_deleting_and_its_undo(workers: Workers, aws: AwsSandbox) -> None:
    organizations = aws.client("organizations")
    organizations.create_policy(Type=SCP, Name="Old", Content=json.dumps(DENY), Description="was useful")
    workers.look_again()
    request = done(workers, "delete-policy", policy="Old")
    assert request.status == Status.SUCCEEDED
    assert "Old" not in policies(aws)
    undone(workers, request)
    again = described(aws, policies(aws)["Old"])
    assert json.loads(again["Content"]) == DENY
    assert again["PolicySummary"]["Description"] == "was useful"


def test_a_policy_type_is_enabled_in_its_own_time_and_disabled_again(workers: Workers, aws: AwsSandbox) -> None:
    aws.conditions.policy_type_seconds = 3600
    request = workers.approved("enable-policy-type", kind="backup")
    workers.work()
    aws.finish("policy-type")
    request = workers.until_done(request)
    assert request.status == Status.SUCCEEDED
    assert any("AWS is changing the policy type" in said for said in workers.said("thread"))
    types = aws.client("organizations").list_roots()["Roots"][0]["PolicyTypes"]
    assert {"Type": "BACKUP_POLICY", "Status": "ENABLED"} in types
    aws.conditions.policy_type_seconds = 0
    assert undone(workers, request).status == Status.SUCCEEDED


def test_disabling_a_type_says_what_is_lost(workers: Workers) -> None:
    preview = shown(workers, "disable-policy-type", kind="tag")
    assert {"label": "Attached now", "value": preview["facts"][1]["value"]} == preview["facts"][1]
    assert preview["facts"][1]["value"].startswith("OwnerTag (p-")
    assert preview["hits"][0] == "5 accounts"


def test_a_type_that_needs_a_service_first(workers: Workers) -> None:
    assert (
        "needs trusted access for GuardDuty (guardduty.amazonaws.com). Enable it first, then ask again."
    ) in refused(workers, "enable-policy-type", kind="GUARDDUTY_POLICY")
    done(workers, "enable-service-access", service="guardduty")
    assert done(workers, "enable-policy-type", kind="GUARDDUTY_POLICY").status == Status.SUCCEEDED
