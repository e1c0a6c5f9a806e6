"""Closing, removing and renaming accounts: typed confirmations, what is in the way, and what is there already."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from approvals.states import Status
from operations.accounts.close_account import Close, CloseAccount
from operations.accounts.remove_account import Remove
from operations.aws.client import Aws
from operations.aws.errors import FieldError
from operations.core.observations import Done, Observation, Ready, Stale, Waiting
from operations.core.preview import PreviewInput
from operations.core.steps import Shared, World
from operations.snapshot.reader import read_organization
from sandbox.aws.responses import management
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws
from tests.harness.tables import each_of
from tests.harness.tree import world
from tests.harness.workers import Workers
from tests.operations.policies.test_policies import done, refused, undone

WEB, AUDIT, MANAGEMENT = "222222222222", "555555555555", "111111111111"
NAME = "fullback-staging-web"


def account(aws: AwsSandbox, number: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("organizations").describe_account(AccountId=number)["Account"]
    return found


@pytest.mark.parametrize("confirm", [NAME, WEB])
def test_closing(workers: Workers, aws: AwsSandbox, confirm: str) -> None:
    aws.conditions.closing_seconds = 3600
    request = workers.approved("close-account", account=NAME, confirm=confirm)
    workers.work()
    aws.finish("closing")
    request = workers.until_done(request)
    assert request.status == Status.SUCCEEDED
    assert account(aws, WEB)["State"] == "CLOSED"
    assert any("AWS is closing the account (PENDING_CLOSURE)" in line for line in workers.said("thread"))
    assert ["90 days" in notice["say"] for notice in request.preview["warnings"]] == [True]


def test_removing(workers: Workers, aws: AwsSandbox) -> None:
    request = done(workers, "remove-account", account=NAME, confirm=NAME)
    assert request.status == Status.SUCCEEDED
    members = [found["Id"] for found in aws.client("organizations").list_accounts()["Accounts"]]
    assert WEB not in members
    assert request.preview["hits"][0].endswith("policies stop applying to it")
    assert isinstance(Remove(WEB, NAME).observe(world()), Done)
    assert isinstance(Close(WEB).observe(world()), Stale)


@pytest.mark.parametrize("operation", ["close-account", "remove-account"])
@pytest.mark.parametrize(
    ("given", "confirm", "said"),
    [(NAME, "fullback-audit", "is not the name of the account"), (MANAGEMENT, MANAGEMENT, "is the management account")],
)
def test_what_is_not_confirmed_is_not_filed(
    workers: Workers, operation: str, given: str, confirm: str, said: str
) -> None:
    with pytest.raises(FieldError, match=said):
        workers.ask(operation, account=given, confirm=confirm)


def test_a_young_account_stays_four_days(workers: Workers, aws: AwsSandbox) -> None:
    organizations = aws.client("organizations")
    organizations.create_account(AccountName="young", Email="young@example.com")
    aws.finish_creations()
    organizations.list_accounts()
    workers.look_again()
    said = refused(workers, "remove-account", account="young", confirm="young")
    assert "created less than four days ago" in said


def test_an_account_that_is_closed_already(workers: Workers, aws: AwsSandbox) -> None:
    aws.client("organizations").close_account(AccountId=WEB)
    assert "already" in refused(workers, "close-account", account=WEB, confirm=WEB)


def test_a_fourth_is_closed_when_one_of_the_three_that_aws_closes_at_once_is(workers: Workers, aws: AwsSandbox) -> None:
    aws.conditions.closing_seconds = 3600
    for number in ("333333333333", "444444444444", AUDIT):
        aws.client("organizations").close_account(AccountId=number)
    request = workers.approved("close-account", account=WEB, confirm=WEB)
    workers.work()
    assert workers.request(request.id).status == Status.WAITING
    assert any("closes only so many accounts at a time" in line for line in workers.said("thread"))

    aws.finish("closing")
    aws.conditions.closing_seconds = 0
    assert workers.until_done(request).status == Status.SUCCEEDED


@each_of(
    ("told", "sent", "before", "kind"),
    [
        ({"State": "CLOSED"}, False, "ACTIVE", Done),
        ({"Status": "SUSPENDED"}, False, "ACTIVE", Done),  # A partition that tells no State.
        ({"State": "SUSPENDED", "Status": "SUSPENDED"}, False, "ACTIVE", Ready),  # By AWS itself: that is not closed.
        ({"State": "SUSPENDED", "Status": "SUSPENDED"}, True, "ACTIVE", Done),
        ({"State": "SUSPENDED", "Status": "SUSPENDED"}, True, "SUSPENDED", Ready),  # It is as it was before our call.
        ({"State": "CLOSED", "Status": "SUSPENDED"}, True, "SUSPENDED", Done),
        ({"State": "PENDING_CLOSURE"}, True, "ACTIVE", Waiting),
        ({"State": "ACTIVE"}, True, "ACTIVE", Ready),
    ],
)
def test_it_is_closed_when_aws_says_so(
    told: dict[str, str],
    sent: bool,  # noqa: FBT001
    before: str,
    kind: type[Observation],
) -> None:
    class Telling(Aws):
        def __init__(self) -> None: ...

        def read(self, service: str, method: str, **params: Any) -> Any:
            return {"Account": {"Id": WEB, **told}}

    attempts = (datetime.now(UTC),) if sent else ()
    assert isinstance(Close(WEB, before).observe(World(Telling(), Shared(), "m", {}, attempts)), kind)


def test_renaming_and_its_undo(workers: Workers, aws: AwsSandbox) -> None:
    request = done(workers, "rename-account", account=NAME, account_name="fullback-testing-web")
    assert request.status == Status.SUCCEEDED
    assert account(aws, WEB)["Name"] == "fullback-testing-web"
    assert undone(workers, request).status == Status.SUCCEEDED
    assert account(aws, WEB)["Name"] == NAME


def test_renaming_needs_trusted_access(workers: Workers, aws: AwsSandbox) -> None:
    aws.client("organizations").disable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    said = refused(workers, "rename-account", account=NAME, account_name="x")
    assert said == "Account: Account Management has no trusted access. Enable that first, then ask again."


def test_somebody_elses_name_stays(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("rename-account", account=NAME, account_name="mine")
    aws.client("account").put_account_name(AccountId=WEB, AccountName="theirs")
    request = workers.until_done(request)
    assert request.status == Status.STALE
    assert f"Name is now theirs → mine (was {NAME} → mine)" in request.outcome


def test_an_account_that_aws_has_suspended_is_not_closed(aws: AwsSandbox) -> None:
    management().account(WEB).state = "SUSPENDED"
    client = bot_aws()
    organization = read_organization(client, lambda: datetime.now(UTC))
    asked = CloseAccount(account=WEB, confirm=WEB).settled(organization)
    said = [notice.say for notice in asked.preview(PreviewInput(organization, client)).warnings]
    assert said[1].startswith("AWS has suspended the account, which")
