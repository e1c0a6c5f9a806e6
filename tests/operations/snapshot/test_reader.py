"""The whole organization is read with the fewest calls, with `Paths` and without."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from unittest.mock import Mock

import pytest

from operations.aws.client import Answer, Aws
from operations.aws.errors import BusyError
from operations.snapshot.organization import Organization
from operations.snapshot.policy_types import policy_types
from operations.snapshot.reader import read_organization
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws
from tests.harness.tree import make

WEB = "222222222222"


def read() -> Organization:
    return read_organization(bot_aws(), lambda: datetime.now(UTC))


def tree_calls(aws: AwsSandbox) -> list[str]:
    """The calls that read the tree; those for policies and services come on top, whatever the size of the tree."""
    return [call.operation for call in aws.calls if "Polic" not in call.operation and "Service" not in call.operation]


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
    assert len(tree_calls(aws)) <= 2 + units + 1 + -(-accounts // 20) + units // 20
    assert aws.calls.of("ListParents") == []
    assert aws.calls.of("ListAccountsForParent") == []


def test_without_paths_both_ways_see_the_same(aws: AwsSandbox) -> None:
    aws.grow(accounts=60, ous=10)
    with_paths = read()
    aws.paths = False
    without = read()
    assert {a.id: a.parent for a in with_paths.accounts} == {a.id: a.parent for a in without.accounts}


class Changing(Aws):
    """AWS while somebody works in it: `change` happens before the accounts are read, behind the OUs; once, or `always`."""

    def __init__(self, change: Callable[[], None], *, always: bool = False) -> None:
        super().__init__(bot_aws()._clients)
        self._change, self._always, self._changed = change, always, False

    def _call(self, service: str, method: str, params: Answer, *, write: bool, retries: bool = True) -> Answer:
        if method == "list_accounts" and "NextToken" not in params and (self._always or not self._changed):
            self._changed = True
            self._change()
        return super()._call(service, method, params, write=write, retries=retries)


def moved_into_a_new_ou(aws: AwsSandbox, names: Iterator[int]) -> None:
    new, organizations = make(aws, f"/New{next(names)}"), aws.client("organizations")
    source = organizations.list_parents(ChildId=WEB)["Parents"][0]["Id"]
    organizations.move_account(AccountId=WEB, SourceParentId=source, DestinationParentId=new)


@pytest.mark.parametrize("paths", [True, False])
def test_what_is_moved_into_an_ou_that_is_made_meanwhile_has_its_place(aws: AwsSandbox, *, paths: bool) -> None:
    aws.paths = paths
    names = itertools.count()
    changing = Changing(lambda: moved_into_a_new_ou(aws, names))
    organization = read_organization(changing, lambda: datetime.now(UTC))
    assert organization.account_path(WEB) == "/New0"
    assert len(organization.accounts) == 5


def test_a_tree_that_never_stands_still_is_read_later(aws: AwsSandbox) -> None:
    names = itertools.count()
    changing = Changing(lambda: moved_into_a_new_ou(aws, names), always=True)
    with pytest.raises(BusyError, match="changes while it is read"):
        read_organization(changing, lambda: datetime.now(UTC))


def test_throttling_of_every_second_call_is_survived(aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time", Mock(wraps=time, sleep=Mock()))  # Its pauses grow to 20 s.
    aws.faults.add(kind="throttle", times=None, every=2)
    assert len(read().accounts) == 5


def test_the_policies_and_where_they_are_attached(aws: AwsSandbox) -> None:
    organization = read()
    policies = organization.policies
    restrict = policies.find("RestrictRegions", "policy")
    assert [organization.path_of(target) for target in policies.targets[restrict.id]] == ["/Workloads"]
    assert policies.types["SERVICE_CONTROL_POLICY"] == "ENABLED"
    assert "FullAWSAccess" in {policy.name for policy in policies.on(organization.root)}


def test_policies_cost_one_call_a_type_and_one_a_policy(aws: AwsSandbox) -> None:
    aws.calls.clear()
    organization = read()
    assert len(aws.calls.of("ListPolicies")) == len(policy_types())
    assert len(aws.calls.of("ListTargetsForPolicy")) == len(organization.policies.known)


def test_a_type_that_aws_refuses_to_tell_leaves_the_tree_whole(aws: AwsSandbox) -> None:
    aws.faults.add("ListPolicies", "error", code="AccessDeniedException", times=None)
    organization = read()
    assert len(organization.accounts) == 5
    assert organization.policies.known == ()


def test_an_account_in_no_organization_has_an_empty_picture(aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment("666666666666").items():
        monkeypatch.setenv(name, value)
    organization = read()
    assert (organization.id, organization.accounts) == ("", ())
    assert organization.management_account == "666666666666"
