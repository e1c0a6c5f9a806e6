"""AWS may give a document in another order than it was given: no approval goes stale for that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.workers import Workers

SCP = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]}'
MADE = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "A", "Effect": "Deny", "Action": ["s3:DeleteBucket", "s3:PutBucketPolicy"], "Resource": "*"},
        {"Sid": "B", "Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"},
    ],
}


def reordered(document: dict[str, Any]) -> str:
    """The same statements from the last to the first, their actions too, and one resource as a list."""
    turned = [
        one | {"Action": one["Action"][::-1] if isinstance(one["Action"], list) else [one["Action"]], "Resource": ["*"]}
        for one in reversed(document["Statement"])
    ]
    return json.dumps({"Statement": turned, "Version": document["Version"]}, indent=2)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("delete-policy", {}),
        ("attach-policy", {"place": "/Workloads"}),
        ("update-policy", {"content": SCP}),
    ],
)
def test_a_reordering_makes_nothing_stale(workers: Workers, aws: AwsSandbox, name: str, params: dict[str, Any]) -> None:
    organizations = aws.client("organizations")
    made = organizations.create_policy(
        Type="SERVICE_CONTROL_POLICY", Name="Made", Content=json.dumps(MADE), Description=""
    )["Policy"]["PolicySummary"]["Id"]
    workers.look_again()
    request = workers.approved(name, policy="Made", **params)
    organizations.update_policy(PolicyId=made, Content=reordered(MADE))
    request = workers.until_done(request)
    assert request.status == Status.SUCCEEDED, request.outcome


def test_access_that_iam_gives_in_another_order_is_as_approved(workers: Workers, aws: AwsSandbox) -> None:
    done = workers.until_done(
        workers.approved("grant-access", principal="group/developers", account=["222222222222", "333333333333"])
    )
    request = workers.approved("revoke-access", principal="group/developers", account=["222222222222"])
    iam = aws.client("iam")
    which = {"GroupName": "developers", "PolicyName": "orgbot-assume-role"}
    document = iam.get_group_policy(**which)["PolicyDocument"]
    (statement,) = document["Statement"]
    turned = document | {"Statement": statement | {"Resource": statement["Resource"][::-1]}}
    iam.put_group_policy(**which, PolicyDocument=json.dumps(turned))
    assert done.status == Status.SUCCEEDED
    assert workers.until_done(request).status == Status.SUCCEEDED


def test_another_document_still_does(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("update-policy", policy="RestrictRegions", content=json.dumps(MADE))
    organizations = aws.client("organizations")
    organizations.update_policy(PolicyId=request.params["policy"], Content=SCP)
    assert workers.until_done(request).status == Status.STALE
