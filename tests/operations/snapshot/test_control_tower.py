"""A Control Tower organization is recognized, and the card says that an account which comes or moves isn't enrolled."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from operations.accounts.create_account import CreateAccount
from operations.accounts.invite_account import InviteAccount
from operations.accounts.move_account import MoveAccount
from operations.core.base import Operation
from operations.core.preview import PreviewInput
from operations.snapshot.control_tower import MOVED, NOT_ENROLLED
from operations.snapshot.reader import read_organization
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws

CONTROL = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}'
WISHES = {
    "create": (CreateAccount(account_name="shop", email="shop@example.com"), NOT_ENROLLED),
    "invite": (InviteAccount(who="666666666666"), NOT_ENROLLED),
    "move": (MoveAccount(account="fullback-audit", to="/Workloads"), MOVED),
}


def warnings(asked: Operation) -> list[str]:
    aws = bot_aws()
    organization = read_organization(aws, lambda: datetime.now(UTC))
    return [notice.say for notice in asked.settled(organization).preview(PreviewInput(organization, aws)).warnings]


@pytest.mark.parametrize("wish", WISHES)
def test_an_organization_of_ones_own_has_no_such_warning(aws: AwsSandbox, wish: str) -> None:
    assert not [line for line in warnings(WISHES[wish][0]) if "Control Tower" in line]


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("by", ["trusted access", "a control"])
def test_control_tower_is_recognized_and_told(aws: AwsSandbox, wish: str, by: str) -> None:
    organizations = aws.client("organizations")
    if by == "trusted access":
        organizations.enable_aws_service_access(ServicePrincipal="controltower.amazonaws.com")
    else:
        organizations.create_policy(
            Name="aws-guardrails-AbCdEf", Type="SERVICE_CONTROL_POLICY", Description="", Content=CONTROL
        )
    asked, told = WISHES[wish]
    assert told in warnings(asked)


def test_an_account_of_another_organization_need_not_leave_it_first() -> None:
    assert "An account of another organization moves directly" in InviteAccount.help_text()
