"""Who may assume the access role: one inline policy is written back whole, other people's statements are left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.states import Status
from operations.access.principals import POLICY, find_principal, read_policy
from operations.access.role_access import with_arns, without_arns
from operations.aws.errors import FieldError
from sandbox.aws.server import AwsSandbox
from tests.harness.tree import world
from tests.harness.workers import Workers
from tests.operations.policies.test_policies import done, refused, shown, undone

ROLE = "OrganizationAccountAccessRole"
WEB, DATA = "222222222222", "444444444444"
OTHERS = {"Sid": "Theirs", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
GROUP = {"principal": "group/developers", "account": [WEB, "fullback-production-data"]}


def arn(account: str, role: str = ROLE) -> str:
    return f"arn:aws:iam::{account}:role/{role}"


def statements() -> list[dict[str, Any]]:
    document = read_policy(world().aws, "group/developers")
    return list(json.loads(document)["Statement"]) if document else []


def test_granting_shows_the_diff_and_is_undone(workers: Workers, aws: AwsSandbox) -> None:
    request = done(workers, "grant-access", **GROUP)
    assert request.status == Status.SUCCEEDED
    assert statements() == [
        {"Sid": f"OrgbotAssume{ROLE}", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": [arn(WEB), arn(DATA)]}
    ]
    assert f'+         "{arn(WEB)}",' in request.preview["diff"].splitlines()
    assert request.preview["hits"][0] == "2 accounts"
    assert undone(workers, request).status == Status.SUCCEEDED
    assert statements() == []
    assert aws.endpoint_url


def test_a_role_that_is_not_there_reaches_no_approver(workers: Workers) -> None:
    said = refused(workers, "grant-access", **GROUP, role="Deployer")
    assert (
        "there is no role Deployer in fullback-staging-web (222222222222), fullback-production-data (444444444444)."
        in said
    )


@pytest.mark.parametrize(
    ("operation", "told"), [("AssumeRole", "AssumeRole was denied"), ("GetRole", "GetRole was denied")]
)
def test_a_role_that_cannot_be_looked_at_is_said_so(
    workers: Workers, aws: AwsSandbox, operation: str, told: str
) -> None:
    aws.faults.add(operation, "error", code="AccessDenied", times=None)
    warned = [warning["say"] for warning in shown(workers, "grant-access", **GROUP, role="Deployer")["warnings"]]
    where = "fullback-staging-web (222222222222), fullback-production-data (444444444444)"
    assert warned == [f"Whether Deployer exists in {where} could not be checked: {told}."]


def test_other_peoples_statements_stay(workers: Workers, aws: AwsSandbox) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [OTHERS]})
    aws.client("iam").put_group_policy(GroupName="developers", PolicyName=POLICY, PolicyDocument=document)
    request = done(workers, "grant-access", **GROUP)
    assert statements()[0] == OTHERS
    undone(workers, request)
    assert statements() == [OTHERS]


def test_what_is_taken_away_is_said_and_not_that_nothing_else_allows_it(workers: Workers) -> None:
    done(workers, "grant-access", **GROUP)
    request = done(workers, "revoke-access", principal="group/developers", account=[WEB])
    assert request.outcome == (
        f"{ROLE} in fullback-staging-web ({WEB}) is no longer in the policy {POLICY} of group/developers. Other policies may "
        "still allow it."
    )


def test_undo_takes_back_only_what_was_new(workers: Workers) -> None:
    done(workers, "grant-access", principal="group/developers", account=[WEB])
    request = done(workers, "grant-access", **GROUP)
    undone(workers, request)
    assert statements()[0]["Resource"] == [arn(WEB)]


def test_what_somebody_else_writes_meanwhile_is_left_alone(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("grant-access", **GROUP)
    document = json.dumps({"Version": "2012-10-17", "Statement": [OTHERS]})
    aws.client("iam").put_group_policy(GroupName="developers", PolicyName=POLICY, PolicyDocument=document)
    assert workers.until_done(request).status == Status.STALE
    assert statements() == [OTHERS]


@pytest.mark.parametrize("principal", ["user/alice", "alice", "arn:aws:iam::111111111111:user/alice"])
def test_a_principal_has_several_names(aws: AwsSandbox, principal: str) -> None:
    assert find_principal(world().aws, principal) == "user/alice"
    assert aws.endpoint_url


@pytest.mark.parametrize(
    ("principal", "said"),
    [("group/nobody", "there is no group nobody"), ("nobody", "no group, user or role"), ("a b", "is not a principal")],
)
def test_a_principal_that_is_not_there(workers: Workers, principal: str, said: str) -> None:
    assert said in refused(workers, "grant-access", principal=principal, account=[WEB])


def test_a_name_of_two_principals(aws: AwsSandbox) -> None:
    aws.client("iam").create_group(GroupName="alice")
    with pytest.raises(FieldError, match="Write group/alice or user/alice"):
        find_principal(world().aws, "alice")


def test_nothing_to_grant_and_nothing_to_revoke(workers: Workers) -> None:
    assert "has no such permission" in refused(workers, "revoke-access", **GROUP)
    done(workers, "grant-access", **GROUP)
    assert "already" in refused(workers, "grant-access", **GROUP)


def test_the_management_account_has_no_such_role(workers: Workers) -> None:
    with pytest.raises(FieldError, match="is the management account"):
        workers.ask("grant-access", principal="group/developers", account=["111111111111"])


def test_a_policy_that_would_be_too_large(workers: Workers, aws: AwsSandbox) -> None:
    many = with_arns("", ROLE, [arn(f"{number:012}") for number in range(40)])
    assert len(many) > 2_048
    aws.client("iam").put_user_policy(UserName="alice", PolicyName=POLICY, PolicyDocument=many)
    assert "IAM takes 2,048" in refused(workers, "grant-access", principal="user/alice", account=[WEB])


def test_each_role_has_its_own_statement() -> None:
    both = with_arns(with_arns("", ROLE, [arn(WEB)]), "ReadOnly", [arn(WEB, "ReadOnly")])
    left = json.loads(without_arns(both, ROLE, [arn(WEB)]))["Statement"]
    assert [statement["Sid"] for statement in left] == ["OrgbotAssumeReadOnly"]
    assert without_arns(with_arns("", ROLE, [arn(WEB)]), ROLE, [arn(WEB)]) == ""


def test_the_bot_itself_is_given_nothing(workers: Workers) -> None:
    assert "is the bot itself" in refused(workers, "grant-access", principal="user/orgbot", account=[WEB])
