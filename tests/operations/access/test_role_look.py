"""A role that can't be had is told to whoever asks, not to approvers; what AWS does not tell is said on the card."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from operations.access.credentials import Credentials
from operations.access.role_look import is_new
from operations.access.role_sessions import Wanted, mint
from operations.aws.errors import FieldError, RefusedError
from operations.core.preview import PreviewInput
from operations.snapshot.changes import AccountIs
from operations.snapshot.reader import read_organization
from sandbox.aws.roles import default_trust, iam_of, make_role
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws

WEB, INVITED = "222222222222", "666666666666"
DEFAULT = "OrganizationAccountAccessRole"


def inputs() -> PreviewInput:
    aws = bot_aws()
    return PreviewInput(read_organization(aws, lambda: datetime.now(UTC)), aws)


def warnings(role: str = DEFAULT, account: str = WEB, duration: str = "1h") -> tuple[str, ...]:
    found = Credentials(account=account, role=role, duration=duration).try_out(inputs())
    return tuple(notice.say for notice in found)


def refusal(role: str = DEFAULT, account: str = WEB, duration: str = "1h") -> tuple[str, str]:
    with pytest.raises(FieldError) as caught:
        warnings(role, account, duration)
    return caught.value.field, caught.value.message


@pytest.mark.parametrize("role", [DEFAULT, "platform/Deployer"])
def test_a_role_that_is_there(aws: AwsSandbox, role: str) -> None:
    make_role(WEB, "Deployer", default_trust(), path="/platform/")
    assert warnings(role) == ()
    assert {call.params["RoleSessionName"] for call in aws.calls.of("AssumeRole")} == {"look-orgbot-0"}
    assert all("iam:GetRole" in call.params["Policy"] for call in aws.calls.of("AssumeRole"))


def test_one_that_is_not(aws: AwsSandbox) -> None:
    assert refusal("Nope") == (
        "role",
        "there is no role Nope in fullback-staging-web (222222222222). Look at the roles in its IAM console.",
    )


def test_one_with_another_path(aws: AwsSandbox) -> None:
    make_role(WEB, "Deployer", default_trust(), path="/platform/")
    field, told = refusal("Deployer")
    assert (field, "called platform/Deployer, with its path. Give that." in told) == ("role", True)


def test_one_that_allows_less_time(aws: AwsSandbox) -> None:
    make_role(WEB, "Long", default_trust(), max_seconds=7200)
    assert warnings("Long", duration="2h") == ()
    assert refusal("Long", duration="3h")[0] == "duration"
    assert "allows 2h at most" in refusal("Long", duration="3h")[1]


def test_an_account_in_which_the_default_role_is_missing(aws: AwsSandbox) -> None:
    warnings()
    iam_of(WEB).roles.clear()
    assert "does not exist there" in refusal()[1]
    make_role(WEB, "Own", default_trust())
    assert warnings("Own") == ()


def test_an_invited_account(aws: AwsSandbox) -> None:
    invitation = aws.client("organizations").invite_account_to_organization(Target={"Id": INVITED, "Type": "ACCOUNT"})
    aws.accept(invitation["Handshake"]["Id"])
    assert "was invited into the organization" in refusal(account=INVITED)[1]


def opened_just_now(aws: AwsSandbox) -> str:
    """The id of an account that was opened a moment ago."""
    aws.conditions.role_seconds = 300
    client = aws.client("organizations")
    client.create_account(AccountName="new", Email="new@example.com")
    aws.finish_creations()
    return read_organization(bot_aws(), lambda: datetime.now(UTC)).find_account("new", "account").id


def test_a_new_account_whose_role_is_not_ready_yet(aws: AwsSandbox) -> None:
    assert warnings(account=opened_just_now(aws))[0].startswith("The account is new")


def test_an_account_that_was_opened_since_the_organization_was_read(aws: AwsSandbox) -> None:
    """What is known to have changed does not tell when an account joined, and AWS does."""
    before = inputs()
    new = opened_just_now(aws)
    opened = AccountIs(id=new, name="new", state="ACTIVE", joined="CREATED").taken_in(before.organization)
    told = Credentials(account=new, role=DEFAULT, duration="1h").try_out(replace(before, organization=opened))
    assert told[0].say.startswith("The account is new")


def test_a_new_account_of_which_aws_does_not_tell_is_as_it_was_read(aws: AwsSandbox) -> None:
    new = opened_just_now(aws)
    aws.faults.add("DescribeAccount", "error", code="AccessDeniedException", times=None)
    assert warnings(account=new)[0].startswith("The account is new")


@pytest.mark.parametrize("kind", ["throttle", "500"])
def test_what_aws_does_not_tell_is_said(aws: AwsSandbox, kind: str) -> None:
    aws.faults.add("AssumeRole", kind, times=None)  # type: ignore[arg-type]
    assert warnings()[0].startswith("Whether the role exists could not be checked (AssumeRole: ")


def test_a_role_is_new_for_some_minutes(aws: AwsSandbox) -> None:
    make_role(WEB, "Fresh", default_trust())
    wanted = Wanted(WEB, "Fresh", 900, "alice", 1)
    now = datetime.now(UTC)
    assert [is_new(bot_aws(), wanted, now + timedelta(minutes=m)) for m in (0, 20)] == [True, False]
    aws.faults.add("GetRole", "500", times=None)
    assert not is_new(bot_aws(), wanted, now)


def test_a_bot_with_session_tags_of_its_own_leaves_ours_out(aws: AwsSandbox) -> None:
    make_role(WEB, "Tagged", default_trust("sts:TagSession", "sts:SetSourceIdentity"))
    wanted = Wanted(WEB, "Tagged", 900, "alice", 1)
    assert mint(bot_aws(), wanted).named == ("SourceIdentity", "Tags")
    aws.conditions.session_tags = 90
    assert mint(bot_aws(), wanted).named == ("SourceIdentity",)
    aws.conditions.session_tags = 101
    with pytest.raises(RefusedError) as caught:
        mint(bot_aws(), wanted)
    assert caught.value.code == "PackedPolicyTooLarge"
