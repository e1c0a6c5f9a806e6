from typing import Any

import pytest

from sandbox.aws import AwsSandbox
from sandbox.aws.refusals import Refusal
from sandbox.aws.roles import Wish, check_assume, default_trust, make_role

ACCOUNT, CALLER = "222222222222", "arn:aws:iam::111111111111:user/orgbot"


def wish(**more: Any) -> Wish:
    plain: dict[str, Any] = {
        "account": ACCOUNT,
        "role": "R",
        "caller": CALLER,
        "caller_account": "111111111111",
        "chained": False,
    }
    return Wish(**(plain | {"seconds": 900} | more))


def statement(principal: Any, action: Any = "sts:AssumeRole", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": action, **more}


def verdict(trust: list[dict[str, Any]] | dict[str, Any], asked: Wish) -> str:
    """`allowed`, or the code of the refusal."""
    make_role(ACCOUNT, "R", {"Version": "2012-10-17", "Statement": trust})
    try:
        check_assume(asked)
    except Refusal as refusal:
        return f"{refusal.code} {refusal.status}"
    return "allowed"


@pytest.mark.parametrize(
    "principal",
    ["*", {"AWS": "*"}, {"AWS": "111111111111"}, {"AWS": ["x", CALLER]}, {"AWS": "arn:aws:iam::111111111111:root"}],
)
def test_principals_that_mean_the_caller(aws: AwsSandbox, principal: Any) -> None:
    assert verdict(statement(principal), wish()) == "allowed"


@pytest.mark.parametrize("principal", [{"AWS": "333333333333"}, {"Service": "ec2.amazonaws.com"}, {}])
def test_principals_that_mean_somebody_else(aws: AwsSandbox, principal: Any) -> None:
    assert verdict(statement(principal), wish()) == "AccessDenied 403"


def test_a_session_is_trusted_by_its_role(aws: AwsSandbox) -> None:
    session = "arn:aws:sts::111111111111:assumed-role/Bot/me"
    assert verdict(statement({"AWS": "arn:aws:iam::111111111111:role/Bot"}), wish(caller=session)) == "allowed"


def test_a_deny_wins(aws: AwsSandbox) -> None:
    assert verdict([statement("*"), statement({"AWS": CALLER}, effect="Deny")], wish()) == "AccessDenied 403"


def test_actions_may_have_wildcards(aws: AwsSandbox) -> None:
    assert verdict(statement("*", "sts:*"), wish(source_identity="alice", tagged=True)) == "allowed"


def test_an_external_id_must_be_the_right_one(aws: AwsSandbox) -> None:
    trust = statement("*", Condition={"StringEquals": {"sts:ExternalId": "secret"}})
    assert verdict(trust, wish()) == "AccessDenied 403"
    check_assume(wish(external_id="secret"))


def test_the_default_trust_is_awss() -> None:
    assert default_trust()["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Action": "sts:AssumeRole",
        }
    ]
