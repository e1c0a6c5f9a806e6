"""With which credentials the bot must not work, and how it is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from operations.aws.client import Aws
from operations.aws.errors import BusyError, MisplacedError, RefusedError
from operations.aws.partitions import Identity
from operations.snapshot.reader import read_organization
from operations.snapshot.standing import check_standing
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws

MANAGEMENT, AUDIT = "111111111111", "555555555555"
ORGANIZATION = {"Id": "o-1", "MasterAccountId": MANAGEMENT}


class Told(Aws):
    """AWS that knows who calls it and nothing else; an error where it does not tell."""

    def __init__(self, arn: str = "") -> None:
        self._arn = arn

    def identity(self) -> Identity:
        if not self._arn:
            raise BusyError("GetCallerIdentity", "away")
        return Identity(self._arn.split(":")[4], self._arn)

    def probe(self, service: str, method: str, **params: Any) -> dict[str, Any]:
        raise RefusedError(method, "denied", code="AccessDeniedException")


@pytest.mark.parametrize("arn", [f"arn:aws:iam::{MANAGEMENT}:user/orgbot", ""])
def test_the_management_account_is_right_and_what_is_unknown_is_no_reason(arn: str) -> None:
    check_standing(Told(arn), ORGANIZATION)


@pytest.mark.parametrize("account", [MANAGEMENT, AUDIT])
def test_the_root_user_is_refused_in_every_account(account: str) -> None:
    with pytest.raises(MisplacedError, match=f"credentials of the root user of the account {account}"):
        check_standing(Told(f"arn:aws:iam::{account}:root"), ORGANIZATION)


def test_a_member_account_whose_name_is_not_told_is_called_by_its_id() -> None:
    with pytest.raises(MisplacedError) as caught:
        check_standing(Told(f"arn:aws:iam::{AUDIT}:user/orgbot"), ORGANIZATION)
    assert caught.value.message == (
        f"the bot runs in {AUDIT}; the management account is {MANAGEMENT}: give it a role there"
    )


def test_a_delegated_administrator_is_no_management_account(aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.client("organizations").register_delegated_administrator(
        AccountId=AUDIT, ServicePrincipal="cloudtrail.amazonaws.com"
    )
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"AKIA{AUDIT}")
    with pytest.raises(MisplacedError) as caught:
        read_organization(bot_aws(), lambda: datetime.now(UTC))
    assert f"the bot runs in fullback-audit ({AUDIT}), a delegated administrator for cloudtrail" in caught.value.message
    assert f"the management account is fullback-management ({MANAGEMENT})" in caught.value.message
