import json
from typing import Any

import pytest

from sandbox.aws import AwsSandbox
from sandbox.aws.roles import default_trust, make_role
from sandbox.aws.sts import sessions

from .helpers import MANAGEMENT, WEB, create, refused, status_of

ROLE = f"arn:aws:iam::{WEB}:role/OrganizationAccountAccessRole"


@pytest.fixture
def sts(aws: AwsSandbox) -> Any:
    return aws.client("sts")


def acting(aws: AwsSandbox, service: str, credentials: dict[str, str]) -> Any:
    """A client with the credentials that AssumeRole gave."""
    return aws.client(
        service,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def test_the_bot_is_a_user_of_the_management_account(sts: Any) -> None:
    identity = sts.get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (MANAGEMENT, f"arn:aws:iam::{MANAGEMENT}:user/orgbot")


def test_an_assumed_role_acts_in_its_account(aws: AwsSandbox, sts: Any) -> None:
    answer = sts.assume_role(RoleArn=ROLE, RoleSessionName="alice", DurationSeconds=900)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{WEB}:assumed-role/OrganizationAccountAccessRole/alice"
    member = acting(aws, "sts", answer["Credentials"]).get_caller_identity()
    assert (member["Account"], member["Arn"]) == (WEB, answer["AssumedRoleUser"]["Arn"])
    roles = acting(aws, "iam", answer["Credentials"]).list_roles()["Roles"]
    assert [role["RoleName"] for role in roles] == ["OrganizationAccountAccessRole"]
    assert [session.session_name for session in sessions(WEB)] == ["alice"]


def test_a_created_account_has_the_role_that_was_asked_for(aws: AwsSandbox, organizations: Any, sts: Any) -> None:
    creation = create(organizations, RoleName="Admin")
    aws.finish_creations()
    account = status_of(organizations, creation)["AccountId"]
    assert sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/Admin", RoleSessionName="me")["Credentials"]
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=ROLE.replace(WEB, account), RoleSessionName="me")


def test_a_new_accounts_role_may_need_some_time(aws: AwsSandbox, organizations: Any, sts: Any) -> None:
    aws.conditions.role_seconds = 60
    creation = create(organizations)
    aws.finish_creations()
    role = ROLE.replace(WEB, status_of(organizations, creation)["AccountId"])
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=role, RoleSessionName="me")
    aws.advance(seconds=60)
    assert sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]


def test_a_grown_account_has_its_role_too(aws: AwsSandbox, organizations: Any, sts: Any) -> None:
    aws.grow(accounts=1, ous=0)
    account = organizations.list_accounts()["Accounts"][-1]["Id"]
    assert sts.assume_role(RoleArn=ROLE.replace(WEB, account), RoleSessionName="me")["Credentials"]


@pytest.mark.parametrize(
    "role", [ROLE.replace(WEB, "999999999999"), f"{ROLE}NotThere", f"arn:aws:iam::{MANAGEMENT}:role/NotThere"]
)
def test_a_role_or_account_that_is_not_there(sts: Any, role: str) -> None:
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=role, RoleSessionName="me")


def test_a_closed_account_lets_nobody_in(organizations: Any, sts: Any) -> None:
    organizations.close_account(AccountId=WEB)
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=ROLE, RoleSessionName="me")


@pytest.mark.parametrize(
    "params",
    [
        {"DurationSeconds": 3_601},
        {"DurationSeconds": 43_201},
        {"RoleSessionName": "not me"},
        {"RoleSessionName": "m" * 65},
        {"SourceIdentity": "a b"},
        {"PolicyArns": [{"arn": f"arn:aws:iam::aws:policy/P{n}"} for n in range(11)]},
        {"RoleArn": f"arn:aws:iam::{WEB}:user/not-a-role"},
    ],
)
def test_parameters_that_sts_refuses(sts: Any, params: dict[str, Any]) -> None:
    with refused("ValidationError"):
        sts.assume_role(**({"RoleArn": ROLE, "RoleSessionName": "me"} | params))


def test_session_policies(sts: Any) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    assert sts.assume_role(RoleArn=ROLE, RoleSessionName="me", Policy=policy)["Credentials"]
    with refused("MalformedPolicyDocument"):
        sts.assume_role(RoleArn=ROLE, RoleSessionName="me", Policy="no json")
    with refused("PackedPolicyTooLarge"):
        sts.assume_role(RoleArn=ROLE, RoleSessionName="me", Policy=policy.ljust(2_049))


@pytest.mark.parametrize("params", [{"SourceIdentity": "alice"}, {"Tags": [{"Key": "request", "Value": "7"}]}])
def test_awss_own_trust_policy_takes_no_attribution(sts: Any, params: dict[str, Any]) -> None:
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=ROLE, RoleSessionName="me", **params)


def test_a_trust_policy_may_allow_attribution(sts: Any) -> None:
    make_role(WEB, "Attributed", default_trust("sts:SetSourceIdentity", "sts:TagSession"), max_seconds=7_200)
    role = f"arn:aws:iam::{WEB}:role/Attributed"
    tags = [{"Key": "request", "Value": "7"}]
    answer = sts.assume_role(
        RoleArn=role, RoleSessionName="me", SourceIdentity="alice", Tags=tags, DurationSeconds=7_200
    )
    assert answer["SourceIdentity"] == "alice"


def test_a_role_that_assumes_a_role_gets_an_hour(aws: AwsSandbox, sts: Any) -> None:
    make_role(MANAGEMENT, "Bot", default_trust())
    make_role(WEB, "Long", default_trust(), max_seconds=43_200)
    credentials = sts.assume_role(RoleArn=f"arn:aws:iam::{MANAGEMENT}:role/Bot", RoleSessionName="bot")["Credentials"]
    bot, role = acting(aws, "sts", credentials), f"arn:aws:iam::{WEB}:role/Long"
    with refused("ValidationError"):
        bot.assume_role(RoleArn=role, RoleSessionName="me", DurationSeconds=3_601)
    assert bot.assume_role(RoleArn=role, RoleSessionName="me", DurationSeconds=3_600)["Credentials"]
    assert sts.assume_role(RoleArn=role, RoleSessionName="me", DurationSeconds=43_200)["Credentials"]


def test_only_those_whom_a_role_trusts_may_assume_it(aws: AwsSandbox) -> None:
    with refused("AccessDenied"):
        aws.client("sts", account="333333333333").assume_role(RoleArn=ROLE, RoleSessionName="me")
