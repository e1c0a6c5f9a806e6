from typing import Any

from sandbox.aws import AwsSandbox

from .helpers import AUDIT, DATA, MANAGEMENT, PRODUCTION_WEB, WEB, create, refused, status_of


def state(client: Any, account: str) -> str:
    return str(client.describe_account(AccountId=account)["Account"]["State"])


def test_an_account_is_closed_after_a_while(aws: AwsSandbox, organizations: Any) -> None:
    organizations.close_account(AccountId=WEB)
    assert state(organizations, WEB) == "PENDING_CLOSURE"
    with refused("ConflictException"):
        organizations.close_account(AccountId=WEB)
    aws.advance(seconds=aws.conditions.closing_seconds)
    assert state(organizations, WEB) == "CLOSED"
    with refused("AccountAlreadyClosedException"):
        organizations.close_account(AccountId=WEB)


def test_a_closed_account_is_gone_after_ninety_days(aws: AwsSandbox, organizations: Any) -> None:
    organizations.close_account(AccountId=WEB)
    aws.finish("closing")
    aws.advance(days=90)
    with refused("AccountNotFoundException"):
        organizations.describe_account(AccountId=WEB)


def test_closings_that_are_refused(organizations: Any) -> None:
    with refused("ConstraintViolationException", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"):
        organizations.close_account(AccountId=MANAGEMENT)
    with refused("AccountNotFoundException"):
        organizations.close_account(AccountId="999999999999")
    for account in (WEB, PRODUCTION_WEB, DATA):
        organizations.close_account(AccountId=account)
    with refused("ConstraintViolationException", "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED"):
        organizations.close_account(AccountId=AUDIT)


def test_so_many_accounts_may_be_closed_in_thirty_days(aws: AwsSandbox, organizations: Any) -> None:
    aws.grow(accounts=252, ous=0)
    grown = [a["Id"] for p in organizations.get_paginator("list_accounts").paginate() for a in p["Accounts"]][5:]
    for account in grown[:250]:
        organizations.close_account(AccountId=account)
        aws.finish("closing")
    with refused("ConstraintViolationException", "CLOSE_ACCOUNT_QUOTA_EXCEEDED"):
        organizations.close_account(AccountId=grown[250])
    aws.advance(days=30)
    organizations.close_account(AccountId=grown[250])


def test_an_account_is_removed(aws: AwsSandbox, organizations: Any) -> None:
    organizations.remove_account_from_organization(AccountId=AUDIT)
    with refused("AccountNotFoundException"):
        organizations.describe_account(AccountId=AUDIT)
    role = f"arn:aws:iam::{AUDIT}:role/OrganizationAccountAccessRole"
    assert aws.client("sts").assume_role(RoleArn=role, RoleSessionName="still")["Credentials"]


def test_a_created_account_can_be_removed_after_four_days(aws: AwsSandbox, organizations: Any) -> None:
    creation = create(organizations)
    aws.finish_creations()
    account = status_of(organizations, creation)["AccountId"]
    with refused("ConstraintViolationException", "WAIT_PERIOD_ACTIVE"):
        organizations.remove_account_from_organization(AccountId=account)
    aws.advance(days=4)
    organizations.remove_account_from_organization(AccountId=account)


def test_the_management_account_cannot_leave(organizations: Any) -> None:
    with refused("MasterCannotLeaveOrganizationException"):
        organizations.remove_account_from_organization(AccountId=MANAGEMENT)


def test_a_delegated_administrator_stays(organizations: Any) -> None:
    organizations.register_delegated_administrator(AccountId=AUDIT, ServicePrincipal="cloudtrail.amazonaws.com")
    with refused("ConstraintViolationException", "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"):
        organizations.remove_account_from_organization(AccountId=AUDIT)


def test_a_member_leaves_by_itself(aws: AwsSandbox) -> None:
    member = aws.client("organizations", account=WEB)
    member.leave_organization()
    with refused("AWSOrganizationsNotInUseException"):
        member.describe_organization()
