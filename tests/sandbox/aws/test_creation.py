from typing import Any

import pytest

from sandbox.aws import AwsSandbox
from sandbox.aws.validation import enumeration

from .helpers import create, everything, refused, status_of

REASONS = enumeration("CreateAccountFailureReason")


def test_an_account_is_in_progress_and_then_there(aws: AwsSandbox, organizations: Any, root: str) -> None:
    creation = create(organizations, "web", Tags=[{"Key": "owner", "Value": "web"}])
    assert creation["State"] == "IN_PROGRESS"
    assert "AccountId" not in status_of(organizations, creation)
    aws.advance(seconds=aws.conditions.creation_seconds)
    status = status_of(organizations, creation)
    assert status["State"] == "SUCCEEDED"
    account = organizations.describe_account(AccountId=status["AccountId"])["Account"]
    assert (account["Name"], account["Email"], account["State"]) == ("web", "web@example.com", "ACTIVE")
    assert account["JoinedMethod"] == "CREATED"
    assert organizations.list_parents(ChildId=account["Id"])["Parents"] == [{"Id": root, "Type": "ROOT"}]
    assert organizations.list_tags_for_resource(ResourceId=account["Id"])["Tags"] == [{"Key": "owner", "Value": "web"}]
    policies = organizations.list_policies_for_target(TargetId=account["Id"], Filter="SERVICE_CONTROL_POLICY")
    assert [policy["Name"] for policy in policies["Policies"]] == ["FullAWSAccess"]


def test_creations_can_be_finished_at_once(aws: AwsSandbox, organizations: Any) -> None:
    creation = create(organizations)
    aws.finish_creations()
    assert status_of(organizations, creation)["State"] == "SUCCEEDED"


@pytest.mark.parametrize("reason", REASONS)
def test_every_failure_can_be_had_by_wish(aws: AwsSandbox, organizations: Any, reason: str) -> None:
    aws.fail_next_creation(reason)
    creation = create(organizations)
    assert creation["State"] == "IN_PROGRESS"
    aws.finish_creations()
    status = status_of(organizations, creation)
    assert (status["State"], status["FailureReason"]) == ("FAILED", reason)
    assert "AccountId" not in status


@pytest.mark.parametrize("reason", [reason for reason in REASONS if len(reason) < 50])
def test_every_failure_can_be_had_by_the_address(aws: AwsSandbox, organizations: Any, reason: str) -> None:
    creation = create(organizations, Email=f"a+{reason}@a.org"[:64])
    aws.finish_creations()
    assert status_of(organizations, creation)["FailureReason"] == reason


def test_only_the_next_creation_fails(aws: AwsSandbox, organizations: Any) -> None:
    aws.fail_next_creation("INTERNAL_FAILURE")
    first, second = create(organizations, "one"), create(organizations, "two")
    aws.finish_creations()
    assert [status_of(organizations, c)["State"] for c in (first, second)] == ["FAILED", "SUCCEEDED"]


@pytest.mark.parametrize("email", ["aws-audit@example.com", "AWS-Audit@example.com", "aws-acquired@example.com"])
def test_an_address_in_use_fails(aws: AwsSandbox, organizations: Any, email: str) -> None:
    creation = create(organizations, Email=email)
    aws.finish_creations()
    assert status_of(organizations, creation)["FailureReason"] == "EMAIL_ALREADY_EXISTS"


def test_the_address_of_a_creation_in_flight_is_in_use(aws: AwsSandbox, organizations: Any) -> None:
    first, second = create(organizations, "same"), create(organizations, "same")
    aws.finish_creations()
    assert status_of(organizations, first)["State"] == "SUCCEEDED"
    assert status_of(organizations, second)["FailureReason"] == "EMAIL_ALREADY_EXISTS"


def test_an_address_that_aws_dislikes_fails(aws: AwsSandbox, organizations: Any) -> None:
    creation = create(organizations, Email="a,b@example.com")
    aws.finish_creations()
    assert status_of(organizations, creation)["FailureReason"] == "INVALID_EMAIL"


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"Email": "no-address"}, "INVALID_PATTERN"),
        ({"Email": f"{'a' * 60}@example.com"}, "MAX_LENGTH_EXCEEDED"),
        ({"AccountName": "n" * 51}, "MAX_LENGTH_EXCEEDED"),
        ({"AccountName": "Müller"}, "INVALID_PATTERN"),
        ({"RoleName": "no role"}, "INVALID_PATTERN"),
        ({"IamUserAccessToBilling": "PERHAPS"}, "INVALID_ENUM"),
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}, "DUPLICATE_TAG_KEY"),
        ({"Tags": [{"Key": "aws:x", "Value": "1"}]}, "INVALID_SYSTEM_TAGS_PARAMETER"),
    ],
)
def test_bad_parameters_are_refused_at_once(organizations: Any, params: dict[str, Any], reason: str) -> None:
    with refused("InvalidInputException", reason):
        organizations.create_account(**({"AccountName": "new", "Email": "new@example.com"} | params))
    assert organizations.list_create_account_status()["CreateAccountStatuses"] == []


def test_fifty_one_tags_are_too_many(organizations: Any) -> None:
    with refused("ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED"):
        create(organizations, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(51)])


def test_the_quota_counts_members_creations_and_invitations(aws: AwsSandbox, organizations: Any) -> None:
    aws.conditions.account_quota = 7
    create(organizations, "sixth")
    organizations.invite_account_to_organization(Target={"Id": "666666666666", "Type": "ACCOUNT"})
    with refused("ConstraintViolationException", "ACCOUNT_NUMBER_LIMIT_EXCEEDED"):
        create(organizations, "eighth")


def test_five_creations_at_once(aws: AwsSandbox, organizations: Any) -> None:
    for number in range(5):
        create(organizations, f"n{number}")
    with refused("ConstraintViolationException", "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED"):
        create(organizations, "sixth")
    aws.finish_creations()
    assert create(organizations, "sixth")["State"] == "IN_PROGRESS"


def test_an_unknown_creation(organizations: Any) -> None:
    with refused("CreateAccountStatusNotFoundException"):
        status_of(organizations, {"Id": "car-00000000"})


def test_creations_are_listed_by_state_and_without_the_management_account(aws: AwsSandbox, organizations: Any) -> None:
    assert organizations.list_create_account_status()["CreateAccountStatuses"] == []
    aws.fail_next_creation("INTERNAL_FAILURE")
    create(organizations, "failed")
    aws.finish_creations()
    create(organizations, "flying")
    for states, names in (([], ["failed", "flying"]), (["FAILED"], ["failed"]), (["IN_PROGRESS"], ["flying"])):
        listed = organizations.list_create_account_status(States=states)["CreateAccountStatuses"]
        assert [status["AccountName"] for status in listed] == names
        assert all("Email" not in status for status in listed)


def test_creations_come_in_pages_that_do_not_repeat(aws: AwsSandbox, organizations: Any) -> None:
    for number in range(45):
        create(organizations, f"n{number}")
        aws.finish_creations()
    listed = everything(organizations, "list_create_account_status", "CreateAccountStatuses")
    assert [status["AccountName"] for status in listed] == [f"n{number}" for number in range(45)]


def test_lists_may_lag_behind(aws: AwsSandbox, organizations: Any) -> None:
    aws.conditions.lag_seconds = 60
    creation = create(organizations, "fresh")
    aws.finish_creations()
    assert status_of(organizations, creation)["State"] == "SUCCEEDED"
    assert organizations.list_create_account_status()["CreateAccountStatuses"] == []
    assert "fresh" not in [account["Name"] for account in organizations.list_accounts()["Accounts"]]
    aws.advance(seconds=60)
    assert len(organizations.list_create_account_status()["CreateAccountStatuses"]) == 1
    assert "fresh" in [account["Name"] for account in organizations.list_accounts()["Accounts"]]
