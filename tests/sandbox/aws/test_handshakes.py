from datetime import timedelta
from typing import Any

import pytest

from sandbox.aws import AwsSandbox

from .helpers import OUTSIDER, WEB, refused


def invite(client: Any, target: str = OUTSIDER, kind: str = "ACCOUNT", **more: Any) -> dict[str, Any]:
    answer = client.invite_account_to_organization(Target={"Id": target, "Type": kind}, **more)
    handshake: dict[str, Any] = answer["Handshake"]
    return handshake


def state(client: Any, handshake: dict[str, Any]) -> str:
    return str(client.describe_handshake(HandshakeId=handshake["Id"])["Handshake"]["State"])


def test_an_invitation_says_who_invites_whom(organizations: Any) -> None:
    organization = organizations.describe_organization()["Organization"]["Id"]
    handshake = invite(organizations, Notes="Welcome")
    assert (handshake["Action"], handshake["State"]) == ("INVITE", "OPEN")
    assert handshake["Parties"] == [
        {"Id": organization, "Type": "ORGANIZATION"},
        {"Id": OUTSIDER, "Type": "ACCOUNT"},
    ]
    assert handshake["ExpirationTimestamp"] - handshake["RequestedTimestamp"] == timedelta(days=15)
    assert {"Type": "NOTES", "Value": "Welcome"} in handshake["Resources"]
    assert f"/{organization}/invite/{handshake['Id']}" in handshake["Arn"]
    listed = organizations.list_handshakes_for_organization(Filter={"ActionType": "INVITE"})["Handshakes"]
    assert [found["Id"] for found in listed] == [handshake["Id"]]


def test_an_accepted_account_is_in_the_root_without_an_access_role(
    aws: AwsSandbox, organizations: Any, root: str
) -> None:
    handshake = invite(organizations, Tags=[{"Key": "from", "Value": "outside"}])
    aws.accept(handshake["Id"])
    assert state(organizations, handshake) == "ACCEPTED"
    account = organizations.describe_account(AccountId=OUTSIDER)["Account"]
    assert (account["JoinedMethod"], account["Email"]) == ("INVITED", "aws-acquired@example.com")
    assert organizations.list_parents(ChildId=OUTSIDER)["Parents"][0]["Id"] == root
    assert organizations.list_tags_for_resource(ResourceId=OUTSIDER)["Tags"] == [{"Key": "from", "Value": "outside"}]
    role = f"arn:aws:iam::{OUTSIDER}:role/OrganizationAccountAccessRole"
    with refused("AccessDenied"):
        aws.client("sts").assume_role(RoleArn=role, RoleSessionName="me")


@pytest.mark.parametrize("target", ["aws-acquired@example.com", "stranger@example.org"])
def test_an_invitation_by_address(aws: AwsSandbox, organizations: Any, target: str) -> None:
    handshake = invite(organizations, target, "EMAIL")
    assert handshake["Parties"][1] == {"Id": target, "Type": "EMAIL"}
    aws.accept(handshake["Id"])
    joined = [a for a in organizations.list_accounts()["Accounts"] if a["Email"] == target]
    assert len(joined) == 1
    assert (joined[0]["Id"] == OUTSIDER) is (target == "aws-acquired@example.com")


def test_the_invited_account_answers_by_itself(aws: AwsSandbox, organizations: Any) -> None:
    outsider = aws.client("organizations", account=OUTSIDER)
    first = invite(organizations)
    assert [found["Id"] for found in outsider.list_handshakes_for_account()["Handshakes"]] == [first["Id"]]
    with refused("AccessDeniedException"):
        organizations.accept_handshake(HandshakeId=first["Id"])
    assert outsider.decline_handshake(HandshakeId=first["Id"])["Handshake"]["State"] == "DECLINED"
    second = invite(organizations)
    assert outsider.accept_handshake(HandshakeId=second["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert outsider.describe_organization()["Organization"]["FeatureSet"] == "ALL"


def test_invitations_end_in_every_way(aws: AwsSandbox, organizations: Any) -> None:
    for end, expected in (
        (lambda h: organizations.cancel_handshake(HandshakeId=h["Id"]), "CANCELED"),
        (lambda h: aws.decline(h["Id"]), "DECLINED"),
        (lambda h: aws.expire(h["Id"]), "EXPIRED"),
        (lambda _: aws.advance(days=15), "EXPIRED"),
    ):
        handshake = invite(organizations)
        end(handshake)
        assert state(organizations, handshake) == expected


def test_a_finished_handshake_is_forgotten_after_thirty_days(aws: AwsSandbox, organizations: Any) -> None:
    handshake = invite(organizations)
    organizations.cancel_handshake(HandshakeId=handshake["Id"])
    with refused("HandshakeAlreadyInStateException"):
        organizations.cancel_handshake(HandshakeId=handshake["Id"])
    with refused("InvalidHandshakeTransitionException"):
        aws.client("organizations", account=OUTSIDER).accept_handshake(HandshakeId=handshake["Id"])
    aws.advance(days=30)
    with refused("HandshakeNotFoundException"):
        organizations.describe_handshake(HandshakeId=handshake["Id"])


@pytest.mark.parametrize(
    ("target", "kind", "reason"),
    [
        ("web", "ACCOUNT", "INVALID_PATTERN_TARGET_ID"),
        ("web", "EMAIL", "INVALID_EMAIL_ADDRESS_TARGET"),
        ("o-0000000000", "ORGANIZATION", "INVALID_PARTY_TYPE_TARGET"),
    ],
)
def test_targets_that_cannot_be_invited(organizations: Any, target: str, kind: str, reason: str) -> None:
    with refused("InvalidInputException", reason):
        invite(organizations, target, kind)


def test_invitations_that_are_refused(aws: AwsSandbox, organizations: Any) -> None:
    with refused("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION"):
        invite(organizations, WEB)
    invite(organizations)
    with refused("DuplicateHandshakeException"):
        invite(organizations)
    with refused("DuplicateHandshakeException"):
        invite(organizations, "aws-acquired@example.com", "EMAIL")
    aws.conditions.account_quota = 6
    with refused("HandshakeConstraintViolationException", "ACCOUNT_NUMBER_LIMIT_EXCEEDED"):
        invite(organizations, "777777777777")


def test_handshakes_are_nobody_elses_business(aws: AwsSandbox, organizations: Any) -> None:
    handshake = invite(organizations)
    with refused("HandshakeNotFoundException"):
        aws.client("organizations", account="777777777777").describe_handshake(HandshakeId=handshake["Id"])
