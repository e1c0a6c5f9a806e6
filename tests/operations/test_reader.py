"""The whole organization is read with the fewest calls, with `Paths` and without."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.aws import Boto3Clients
from operations.aws import Aws
from operations.organization import Organization
from operations.reader import read_organization
from sandbox.aws.server import AwsSandbox


def read() -> Organization:
    return read_organization(Aws(Boto3Clients()), lambda: datetime.now(UTC))


@pytest.mark.parametrize("paths", [True, False])
def test_every_account_is_in_its_place(aws: AwsSandbox, *, paths: bool) -> None:
    aws.paths = paths
    organization = read()
    places = {account.name: organization.path_of(account.parent) for account in organization.accounts}
    assert places == {
        "fullback-management": "/",
        "fullback-staging-web": "/Workloads/Staging",
        "fullback-production-web": "/Workloads/Production",
        "fullback-production-data": "/Workloads/Production",
        "fullback-audit": "/Security",
    }


def test_the_calls_are_counted_with_paths(aws: AwsSandbox) -> None:
    aws.grow(accounts=200, ous=30)
    aws.calls.clear()
    organization = read()

    units, accounts = len(organization.units) - 1, len(organization.accounts)
    assert accounts == 205
    assert len(list(aws.calls)) <= 2 + units + 1 + -(-accounts // 20) + units // 20
    assert aws.calls.of("ListParents") == []
    assert aws.calls.of("ListAccountsForParent") == []


def test_without_paths_both_ways_see_the_same(aws: AwsSandbox) -> None:
    aws.grow(accounts=60, ous=10)
    with_paths = read()
    aws.paths = False
    without = read()
    assert {a.id: a.parent for a in with_paths.accounts} == {a.id: a.parent for a in without.accounts}


def test_throttling_of_every_second_call_is_survived(aws: AwsSandbox) -> None:
    aws.faults.add(kind="throttle", times=None, every=2)
    assert len(read().accounts) == 5
