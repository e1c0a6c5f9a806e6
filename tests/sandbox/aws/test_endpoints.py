import json
from typing import Any

from sandbox.aws import AwsSandbox

from .helpers import MANAGEMENT, WEB, refused

CONTACT = {"Name": "Ann", "Title": "CISO", "EmailAddress": "ann@example.com", "PhoneNumber": "+1"}


def test_an_account_is_renamed(aws: AwsSandbox, organizations: Any) -> None:
    account = aws.client("account")
    account.put_account_name(AccountId=WEB, AccountName="renamed")
    assert organizations.describe_account(AccountId=WEB)["Account"]["Name"] == "renamed"
    assert account.get_account_information(AccountId=WEB)["AccountName"] == "renamed"
    account.put_account_name(AccountName="headquarters")
    assert organizations.describe_account(AccountId=MANAGEMENT)["Account"]["Name"] == "headquarters"
    with refused("ValidationException"):
        account.put_account_name(AccountId=WEB, AccountName="é")


def test_alternate_contacts_and_the_primary_address(aws: AwsSandbox) -> None:
    account = aws.client("account")
    assert account.get_primary_email(AccountId=WEB)["PrimaryEmail"] == "aws-staging-web@example.com"
    with refused("ResourceNotFoundException"):
        account.get_alternate_contact(AccountId=WEB, AlternateContactType="SECURITY")
    account.put_alternate_contact(AccountId=WEB, AlternateContactType="SECURITY", **CONTACT)
    contact = account.get_alternate_contact(AccountId=WEB, AlternateContactType="SECURITY")["AlternateContact"]
    assert contact["Name"] == "Ann"


def test_other_accounts_need_trusted_access(aws: AwsSandbox, organizations: Any) -> None:
    account = aws.client("account")
    for named in ("999999999999", MANAGEMENT):
        with refused("AccessDeniedException"):
            account.get_account_information(AccountId=named)
    with refused("AccessDeniedException"):
        aws.client("account", account=WEB).put_account_name(AccountId="333333333333", AccountName="mine")
    organizations.disable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    with refused("AccessDeniedException"):
        account.put_account_name(AccountId=WEB, AccountName="renamed")


def test_the_quota_of_accounts(aws: AwsSandbox) -> None:
    aws.conditions.account_quota = 12
    quotas = aws.client("service-quotas")
    quota = quotas.get_service_quota(ServiceCode="organizations", QuotaCode="L-29A0C5DF")["Quota"]
    assert (quota["Value"], quota["Adjustable"]) == (12.0, True)
    assert quotas.list_service_quotas(ServiceCode="organizations")["Quotas"] == [quota]
    with refused("NoSuchResourceException"):
        quotas.get_service_quota(ServiceCode="organizations", QuotaCode="L-00000000")
    with refused("NoSuchResourceException"):
        quotas.list_service_quotas(ServiceCode="s3")


def test_iam_of_the_management_account_has_people(aws: AwsSandbox) -> None:
    iam = aws.client("iam")
    assert {group["GroupName"] for group in iam.list_groups()["Groups"]} == {"developers", "platform", "security"}
    role = f"arn:aws:iam::{WEB}:role/OrganizationAccountAccessRole"
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_group_policy(GroupName="developers", PolicyName="into-web", PolicyDocument=policy)
    assert iam.list_group_policies(GroupName="developers")["PolicyNames"] == ["into-web"]
    assert [user["UserName"] for user in iam.get_group(GroupName="platform")["Users"]] == ["bob"]
