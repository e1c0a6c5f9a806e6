from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.aws import AwsSandbox

from .helpers import MANAGEMENT, create, refused


@pytest.fixture(scope="module")
def empty() -> Iterator[AwsSandbox]:
    with AwsSandbox(seed=False) as aws:
        yield aws


@pytest.fixture
def aws(empty: AwsSandbox) -> AwsSandbox:
    """A sandbox with an organization of consolidated billing: a created and an invited member."""
    empty.reset()
    client = empty.client("organizations")
    client.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    create(client, "created")
    empty.finish_creations()
    target = {"Id": "666666666666", "Type": "ACCOUNT"}
    empty.accept(client.invite_account_to_organization(Target=target)["Handshake"]["Id"])
    return empty


def handshakes(client: Any, action: str) -> list[dict[str, Any]]:
    return list(client.list_handshakes_for_organization(Filter={"ActionType": action})["Handshakes"])


def test_all_features_need_every_invited_account_and_the_management_account(
    aws: AwsSandbox, organizations: Any, root: str
) -> None:
    enabling = organizations.enable_all_features()["Handshake"]
    assert (enabling["Action"], enabling["State"]) == ("ENABLE_ALL_FEATURES", "REQUESTED")
    with refused("InvalidHandshakeTransitionException"):
        organizations.accept_handshake(HandshakeId=enabling["Id"])
    asked = handshakes(organizations, "APPROVE_ALL_FEATURES")
    assert [party["Id"] for handshake in asked for party in handshake["Parties"][1:]] == ["666666666666"]
    aws.client("organizations", account="666666666666").accept_handshake(HandshakeId=asked[0]["Id"])
    assert handshakes(organizations, "ENABLE_ALL_FEATURES")[0]["State"] == "OPEN"
    assert organizations.describe_organization()["Organization"]["FeatureSet"] == "CONSOLIDATED_BILLING"
    organizations.accept_handshake(HandshakeId=enabling["Id"])
    assert organizations.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    policies = organizations.list_policies_for_target(TargetId=root, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert [policy["Name"] for policy in policies] == ["FullAWSAccess"]
    with refused("HandshakeConstraintViolationException", "ORGANIZATION_ALREADY_HAS_ALL_FEATURES"):
        organizations.enable_all_features()


def test_it_begins_once_and_ends_invitations(organizations: Any) -> None:
    target = {"Id": "777777777777", "Type": "ACCOUNT"}
    invited = organizations.invite_account_to_organization(Target=target)["Handshake"]
    organizations.enable_all_features()
    assert organizations.describe_handshake(HandshakeId=invited["Id"])["Handshake"]["State"] == "CANCELED"
    with refused("HandshakeConstraintViolationException", "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"):
        organizations.enable_all_features()
    with refused("HandshakeConstraintViolationException", "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES"):
        organizations.invite_account_to_organization(Target=target)


def test_an_account_that_leaves_need_not_agree(aws: AwsSandbox, organizations: Any) -> None:
    enabling = organizations.enable_all_features()["Handshake"]
    organizations.remove_account_from_organization(AccountId="666666666666")
    assert organizations.describe_handshake(HandshakeId=enabling["Id"])["Handshake"]["State"] == "OPEN"


def test_only_the_management_account_ends_it(aws: AwsSandbox, organizations: Any) -> None:
    asked = organizations.enable_all_features()["Handshake"]
    with refused("HandshakeNotFoundException"):
        aws.client("organizations", account="666666666666").accept_handshake(HandshakeId=asked["Id"])
    assert asked["Resources"][0]["Resources"][2] == {
        "Type": "ORGANIZATION_FEATURE_SET",
        "Value": "CONSOLIDATED_BILLING",
    }
    assert organizations.describe_organization()["Organization"]["MasterAccountId"] == MANAGEMENT
