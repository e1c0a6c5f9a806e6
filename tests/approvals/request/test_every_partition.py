"""The main job in each partition: an account is created and moved, a policy attached, access granted, credentials opened.

The stand-in takes no ARN of another partition, and none of a global service's calls that are signed for another Region.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from approvals.models import Request
from approvals.sessions.opening import open_session, subject_of, wanted_by
from approvals.views import sessions
from approvals.views.sessions import Handed
from operations.access import signin
from operations.access.signin import console_link
from sandbox.aws.server import AwsSandbox
from tests.harness.people import BOB
from tests.harness.workers import Workers

DENY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}})
WEB = "222222222222"


@dataclass(frozen=True)
class Partition:
    """One with a Region that the bot's machine may be in, the Region of its global services, and where people sign in."""

    name: str
    region: str
    home: str
    sign_in: str


PARTITIONS = (
    Partition("aws", "eu-central-1", "us-east-1", "https://signin.aws.amazon.com"),
    Partition("aws-us-gov", "us-gov-east-1", "us-gov-west-1", "https://signin.amazonaws-us-gov.com"),
    Partition("aws-cn", "cn-north-1", "cn-northwest-1", "https://signin.amazonaws.cn"),
    Partition("aws-eusc", "eusc-de-east-1", "eusc-de-east-1", "https://eusc-de-east-1.signin.amazonaws-eusc.eu"),
)


@pytest.fixture(params=PARTITIONS, ids=lambda partition: partition.name)
def there(request: pytest.FixtureRequest, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> Partition:
    """The stand-in is AWS in this partition, and the bot's Region is one of it."""
    found: Partition = request.param
    aws.move(found.name, found.home)
    monkeypatch.setenv("AWS_REGION", found.region)
    return found


@pytest.fixture
def workers(there: Partition, aws: AwsSandbox) -> Iterator[Workers]:
    workers = Workers(aws)
    yield workers
    workers.close()


def done(workers: Workers, operation: str, **params: Any) -> Request:
    request = workers.ask(operation, **params)
    workers.work()
    workers.click(request, "approve", BOB)
    found = workers.until_done(request)
    assert found.status == "succeeded", found.outcome
    workers.look_again()
    return found


def test_an_account_is_created_and_moved(there: Partition, workers: Workers) -> None:
    created = done(workers, "create-account", account_name="shop", email="shop@example.com", ou="/Workloads/Staging")
    closing = str(created.memory["closing"])
    assert f"arn:{there.name}:iam::{created.memory['account']}:role/OrganizationAccountAccessRole" in closing
    assert f"{there.sign_in}/switchrole?" in closing
    done(workers, "move-account", account="shop", to="/Security")


def test_a_policy_is_created_and_attached(there: Partition, workers: Workers) -> None:
    done(workers, "create-policy", kind="scp", policy_name="NoBuckets", content=DENY)
    done(workers, "attach-policy", policy="NoBuckets", place="/Security")


def test_access_is_granted_in_the_same_partition(there: Partition, workers: Workers) -> None:
    done(workers, "grant-access", principal="group/developers", account=[WEB])
    asked = {"GroupName": "developers", "PolicyName": "orgbot-assume-role"}
    policy = workers.context.aws.read("iam", "get_group_policy", **asked)["PolicyDocument"]
    assert f"arn:{there.name}:iam::{WEB}:role/OrganizationAccountAccessRole" in str(policy)


def test_credentials_are_opened_and_lead_to_the_partitions_own_console(
    there: Partition, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def token(address: str) -> str:
        asked.append(address)
        return "token"

    monkeypatch.setattr(signin, "_token", token)
    request = workers.approved("credentials", account=WEB)
    wanted = wanted_by(workers.context, request)
    fresh = open_session(workers.context, request, wanted)
    link = console_link(workers.context.console.sign_in, fresh)
    assert asked[0].startswith(f"{there.sign_in}/federation?Action=getSigninToken")
    assert link is not None
    message = str(sessions.credentials(subject_of(workers.context, request, wanted), Handed(fresh, link)))
    assert f"{there.sign_in}/federation?Action=login" in message
    assert "console." in link.get_secret_value()
    assert there.name == "aws" or "arn:aws:" not in message
