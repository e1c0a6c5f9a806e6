"""Creating the organization, and enabling all its features through the handshakes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.states import Status
from operations.aws.errors import FieldError
from operations.core.observations import Done, Stale
from operations.organization.create_organization import Found
from sandbox.aws.server import AwsSandbox
from tests.harness.tree import world
from tests.harness.workers import Workers
from tests.operations.policies.test_policies import done, refused
from tests.operations.test_every_operation_is_followed import LONG, passes

OUTSIDER = "666666666666"


@pytest.fixture
def empty(aws: AwsSandbox, tmp_path: Path) -> Iterator[Workers]:
    """The bot in an account that is in no organization."""
    organizations = aws.client("organizations")
    for account in organizations.list_accounts()["Accounts"]:
        if account["Id"] != "111111111111":
            organizations.remove_account_from_organization(AccountId=account["Id"])
    for kind in ("SERVICE_CONTROL_POLICY", "TAG_POLICY"):
        for policy in organizations.list_policies(Filter=kind)["Policies"]:
            if not policy["AwsManaged"]:
                for target in organizations.list_targets_for_policy(PolicyId=policy["Id"])["Targets"]:
                    organizations.detach_policy(PolicyId=policy["Id"], TargetId=target["TargetId"])
                organizations.delete_policy(PolicyId=policy["Id"])
    _delete_units(organizations, organizations.list_roots()["Roots"][0]["Id"])
    organizations.delete_organization()
    workers = Workers(aws)
    yield workers
    workers.close()


def _delete_units(client: Any, parent: str) -> None:
    listed = client.list_organizational_units_for_parent(ParentId=parent)
    for unit in listed["OrganizationalUnits"]:
        _delete_units(client, unit["Id"])
        client.delete_organizational_unit(OrganizationalUnitId=unit["Id"])


def test_from_nothing_to_all_features(empty: Workers, aws: AwsSandbox) -> None:
    request = done(empty, "create-organization", feature_set="billing")
    assert request.status == Status.SUCCEEDED
    organizations = aws.client("organizations")
    assert organizations.describe_organization()["Organization"]["FeatureSet"] == "CONSOLIDATED_BILLING"
    invitation = organizations.invite_account_to_organization(Target={"Id": OUTSIDER, "Type": "ACCOUNT"})
    aws.accept(invitation["Handshake"]["Id"])
    empty.look_again()

    request = empty.approved("enable-all-features")
    empty.work()
    assert OUTSIDER in empty.said("thread")[-1]
    assert "lets nobody be invited" in refused(empty, "invite-account", who="777777777777")
    pending = organizations.list_handshakes_for_organization(Filter={"ActionType": "APPROVE_ALL_FEATURES"})
    aws.accept(pending["Handshakes"][0]["Id"])
    assert empty.until_done(request).status == Status.SUCCEEDED
    assert organizations.describe_organization()["Organization"]["FeatureSet"] == "ALL"


def test_there_is_one_already(workers: Workers) -> None:
    with pytest.raises(FieldError, match="there is an organization already"):
        workers.ask("create-organization")
    assert isinstance(Found("ALL", "111111111111").observe(world()), Done)
    assert refused(workers, "enable-all-features") == "The organization has all features already."


@pytest.mark.parametrize(
    ("wanted", "account", "told"),
    [
        ("CONSOLIDATED_BILLING", "111111111111", "with the features ALL."),
        ("ALL", OUTSIDER, f"the account {OUTSIDER} is a member of the organization o-"),
    ],
)
def test_another_organization_than_the_wanted_one_is_not_the_goal(
    aws: AwsSandbox, wanted: str, account: str, told: str
) -> None:
    found = Found(wanted, account).observe(world())
    assert isinstance(found, Stale)
    assert told in found.say


def test_an_account_declines(empty: Workers, aws: AwsSandbox) -> None:
    done(empty, "create-organization", feature_set="CONSOLIDATED_BILLING")
    organizations = aws.client("organizations")
    invitation = organizations.invite_account_to_organization(Target={"Id": OUTSIDER, "Type": "ACCOUNT"})
    aws.accept(invitation["Handshake"]["Id"])
    empty.look_again()
    request = empty.approved("enable-all-features")
    empty.work()
    enabling = organizations.list_handshakes_for_organization(Filter={"ActionType": "ENABLE_ALL_FEATURES"})
    aws.expire(enabling["Handshakes"][0]["Id"])
    request = empty.until_done(request)
    assert request.status == Status.FAILED
    assert "Not everybody accepted within 90 days" in request.outcome


def test_an_organization_is_there_and_has_all_features_when_that_shows(empty: Workers, aws: AwsSandbox) -> None:
    request = empty.approved("create-organization", feature_set="billing")
    aws.faults.add("CreateOrganization", "late", seconds=LONG)
    passes(empty, 1, 5)
    assert empty.request(request.id).status == Status.WAITING
    aws.show()
    assert empty.until_done(request).status == Status.SUCCEEDED
    empty.look_again()

    request = empty.approved("enable-all-features")
    aws.faults.add("EnableAllFeatures", "late", seconds=LONG)
    passes(empty, 1, 5)
    assert empty.request(request.id).status == Status.WAITING
    aws.show()
    aws.faults.add("AcceptHandshake", "late", seconds=LONG)
    passes(empty, 1, 5)
    assert empty.request(request.id).status == Status.WAITING
    aws.show()
    assert empty.until_done(request).status == Status.SUCCEEDED
    assert [len(aws.calls.of(name)) for name in ("EnableAllFeatures", "AcceptHandshake")] == [1, 1]
