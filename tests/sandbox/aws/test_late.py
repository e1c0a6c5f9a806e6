"""A call whose effect AWS has accepted and does not show yet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait

from sandbox.aws.late import Before
from sandbox.aws.server import AwsSandbox

WEB = "222222222222"
ALLOWED = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}'


def state(aws: AwsSandbox) -> str:
    return str(aws.client("organizations").describe_account(AccountId=WEB)["Account"]["State"])


def test_what_is_accepted_shows_when_its_time_has_come(aws: AwsSandbox) -> None:
    aws.conditions.closing_seconds = 0.0
    aws.faults.add("CloseAccount", "late", seconds=60)
    aws.client("organizations").close_account(AccountId=WEB)
    assert state(aws) == "ACTIVE"
    aws.advance(seconds=61)
    assert state(aws) == "CLOSED"


def test_it_shows_at_once_when_a_test_wants_it(aws: AwsSandbox) -> None:
    iam = aws.client("iam")
    aws.faults.add("PutGroupPolicy", "late", seconds=3600)
    iam.put_group_policy(GroupName="developers", PolicyName="p", PolicyDocument=ALLOWED)
    assert iam.list_group_policies(GroupName="developers")["PolicyNames"] == []
    aws.show()
    assert iam.list_group_policies(GroupName="developers")["PolicyNames"] == ["p"]
    assert aws.state() is not None


def test_a_change_of_another_service_is_not_lost_where_a_look_is_shown_what_was(aws: AwsSandbox) -> None:
    """A process that looked again would find nothing, and rightly make the call a second time."""
    iam, before = aws.client("iam"), Before(60)
    written = {"GroupName": "developers", "PolicyName": "p", "PolicyDocument": ALLOWED}
    with ThreadPoolExecutor(1) as other:
        with before.shown():
            put = other.submit(iam.put_group_policy, **written)
            wait([put], timeout=0.1)
        put.result()
    assert iam.list_group_policies(GroupName="developers")["PolicyNames"] == ["p"]
