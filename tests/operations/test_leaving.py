"""Closing, removing and renaming accounts: typed confirmations, what is in the way, and what is there already."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.states import Status
from operations.close_account import Close
from operations.errors import FieldError
from operations.observations import Done, Stale
from operations.remove_account import Remove
from sandbox.aws.server import AwsSandbox
from tests.approvals.office import Office
from tests.operations.test_policies import done, refused, undone
from tests.operations.tree import world

WEB, AUDIT, MANAGEMENT = "222222222222", "555555555555", "111111111111"
NAME = "fullback-staging-web"


def account(aws: AwsSandbox, number: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("organizations").describe_account(AccountId=number)["Account"]
    return found


@pytest.mark.parametrize("confirm", [NAME, WEB])
def test_closing(office: Office, aws: AwsSandbox, confirm: str) -> None:
    request = done(office, "close-account", account=NAME, confirm=confirm)
    assert request.status == Status.SUCCEEDED
    assert account(aws, WEB)["State"] in ("PENDING_CLOSURE", "CLOSED")
    assert any("90 days" in warning for warning in request.preview["warnings"])
    assert isinstance(Close(WEB).act(world()), Done)


def test_removing(office: Office, aws: AwsSandbox) -> None:
    request = done(office, "remove-account", account=NAME, confirm=NAME)
    assert request.status == Status.SUCCEEDED
    members = [found["Id"] for found in aws.client("organizations").list_accounts()["Accounts"]]
    assert WEB not in members
    assert request.preview["hits"][0].endswith("policies stop applying to it")
    assert isinstance(Remove(WEB).observe(world()), Done)
    assert isinstance(Close(WEB).observe(world()), Stale)


@pytest.mark.parametrize("operation", ["close-account", "remove-account"])
@pytest.mark.parametrize(
    ("given", "confirm", "said"),
    [(NAME, "fullback-audit", "is not the name of the account"), (MANAGEMENT, MANAGEMENT, "is the management account")],
)
def test_what_is_not_confirmed_is_not_filed(
    office: Office, operation: str, given: str, confirm: str, said: str
) -> None:
    with pytest.raises(FieldError, match=said):
        office.ask(operation, account=given, confirm=confirm)


def test_a_young_account_stays_four_days(office: Office, aws: AwsSandbox) -> None:
    organizations = aws.client("organizations")
    organizations.create_account(AccountName="young", Email="young@example.com")
    aws.finish_creations()
    organizations.list_accounts()
    office.look_again()
    said = refused(office, "remove-account", account="young", confirm="young")
    assert "created less than four days ago" in said


def test_an_account_that_is_closed_already(office: Office, aws: AwsSandbox) -> None:
    aws.client("organizations").close_account(AccountId=WEB)
    assert "already" in refused(office, "close-account", account=WEB, confirm=WEB)


def test_aws_closes_three_at_once(office: Office, aws: AwsSandbox) -> None:
    aws.conditions.closing_seconds = 3600
    for number in ("333333333333", "444444444444", AUDIT):
        aws.client("organizations").close_account(AccountId=number)
    request = done(office, "close-account", account=WEB, confirm=WEB)
    assert request.status == Status.FAILED
    assert "Three accounts are being closed already" in request.outcome


def test_renaming_and_its_undo(office: Office, aws: AwsSandbox) -> None:
    request = done(office, "rename-account", account=NAME, account_name="fullback-testing-web")
    assert request.status == Status.SUCCEEDED
    assert account(aws, WEB)["Name"] == "fullback-testing-web"
    assert undone(office, request).status == Status.SUCCEEDED
    assert account(aws, WEB)["Name"] == NAME


def test_renaming_needs_trusted_access(office: Office, aws: AwsSandbox) -> None:
    aws.client("organizations").disable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    said = refused(office, "rename-account", account=NAME, account_name="x")
    assert "/org enable-service-access --service account.amazonaws.com" in said


def test_somebody_elses_name_stays(office: Office, aws: AwsSandbox) -> None:
    request = office.approved("rename-account", account=NAME, account_name="mine")
    aws.client("account").put_account_name(AccountId=WEB, AccountName="theirs")
    request = office.until_done(request)
    assert request.status == Status.STALE
    assert f"Name is now theirs → mine (was {NAME} → mine)" in request.outcome
