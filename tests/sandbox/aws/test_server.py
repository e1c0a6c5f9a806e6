import os
import subprocess
import sys
from typing import Any

import pytest

from sandbox.aws import AwsSandbox

from .helpers import create, names, refused


def test_one_at_a_time(aws: AwsSandbox) -> None:
    with pytest.raises(RuntimeError, match="runs an AwsSandbox already"):
        AwsSandbox().start()


def test_a_reset_begins_anew(aws: AwsSandbox, organizations: Any) -> None:
    create(organizations)
    aws.finish_creations()
    aws.faults.add(times=None)
    aws.fail_next_creation("INTERNAL_FAILURE")
    aws.conditions.account_quota = 1
    aws.reset()
    assert names(organizations) == {
        "fullback-management",
        "fullback-staging-web",
        "fullback-production-web",
        "fullback-production-data",
        "fullback-audit",
    }
    assert create(organizations)["State"] == "IN_PROGRESS"
    assert len(aws.calls) == 2


def test_another_process_uses_it_by_environment_alone(aws: AwsSandbox) -> None:
    program = (
        "import boto3; print(boto3.client('organizations').describe_organization()['Organization']['MasterAccountId'])"
    )
    environment = {"PATH": os.environ["PATH"], **aws.environment()}
    done = subprocess.run(  # noqa: S603 - our own interpreter with our own program.
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "111111111111"


def test_credentials_name_their_account(aws: AwsSandbox) -> None:
    assert aws.client("sts", account="222222222222").get_caller_identity()["Account"] == "222222222222"
    stranger = aws.client("sts", aws_access_key_id="testing").get_caller_identity()
    assert stranger["Account"] == "111111111111"


def test_what_the_sandbox_lacks_is_refused_and_no_server_error(organizations: Any) -> None:
    with refused("UnsupportedAPIEndpointException"):
        organizations.describe_resource_policy()


def test_members_may_not_manage(aws: AwsSandbox) -> None:
    member = aws.client("organizations", account="222222222222")
    assert member.describe_organization()["Organization"]["MasterAccountId"] == "111111111111"
    with refused("AccessDeniedException"):
        member.list_accounts()
    with refused("AWSOrganizationsNotInUseException"):
        aws.client("organizations", account="999999999999").describe_organization()
