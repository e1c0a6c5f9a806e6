"""An invitation is followed until somebody has answered it; then the account is moved, and its role waited for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from approvals.states import Status
from operations.access.access_role import DEFAULT_ROLE, how_to_make
from operations.accounts.invitations import NEW, Invite
from operations.accounts.invite_account import WITHOUT_ROLE, AwaitRole, InviteAccount
from operations.aws.errors import FieldError
from operations.core.closing import Console
from operations.core.observations import Done, Failed, Observation, Ready, Waiting
from operations.core.steps import Shared, World
from sandbox.aws.roles import default_trust, make_role
from sandbox.aws.server import AwsSandbox
from tests.harness.tree import unit_at, world
from tests.harness.workers import Workers

OUTSIDER, EMAIL = "666666666666", "aws-acquired@example.com"
TO_SECURITY = {"who": OUTSIDER, "ou": "/Security", "note": "Welcome", "tags": ["owner=web"]}


def handshakes(aws: AwsSandbox) -> list[dict[str, Any]]:
    found = aws.client("organizations").list_handshakes_for_organization(Filter={"ActionType": "INVITE"})
    return list(found["Handshakes"])


def only(aws: AwsSandbox) -> str:
    (handshake,) = handshakes(aws)
    return str(handshake["Id"])


def invited(workers: Workers, **params: Any) -> Any:
    request = workers.approved("invite-account", **params)
    workers.work()
    return workers.request(request.id)


def pass_time(workers: Workers, minutes: float = 5) -> None:
    workers.clock.advance(minutes=minutes)
    workers.work()


def test_from_the_invitation_to_the_role(workers: Workers, aws: AwsSandbox) -> None:
    request = invited(workers, **TO_SECURITY)
    assert request.status == Status.WAITING
    assert "is open until" in workers.said("thread")[-1]

    aws.accept(only(aws))
    pass_time(workers)
    parent = aws.client("organizations").list_parents(ChildId=OUTSIDER)["Parents"][0]["Id"]
    assert parent == unit_at(aws, "/Security")
    assert f"has no role {DEFAULT_ROLE}" in workers.said("thread")[-1]

    make_role(OUTSIDER, DEFAULT_ROLE, default_trust())
    pass_time(workers)
    request = workers.request(request.id)
    assert request.status == Status.SUCCEEDED
    assert request.outcome.endswith(f"has joined in /Security. The role {DEFAULT_ROLE} can be assumed.")


def test_by_e_mail(workers: Workers, aws: AwsSandbox) -> None:
    request = invited(workers, who=EMAIL)
    aws.accept(only(aws))
    pass_time(workers)
    assert workers.request(request.id).memory["account"] == OUTSIDER


@pytest.mark.parametrize(
    ("end", "said"),
    [("decline", "The invitation was declined."), ("expire", "The invitation has expired")],
)
def test_an_answer_that_is_no(workers: Workers, aws: AwsSandbox, end: str, said: str) -> None:
    request = invited(workers, **TO_SECURITY)
    getattr(aws, end)(only(aws))
    pass_time(workers)
    request = workers.request(request.id)
    assert request.status == Status.FAILED
    assert request.outcome.startswith(said)
    assert request.advice


def test_somebody_cancels_it_in_the_console(workers: Workers, aws: AwsSandbox) -> None:
    request = invited(workers, **TO_SECURITY)
    aws.client("organizations").cancel_handshake(HandshakeId=only(aws))
    pass_time(workers)
    assert workers.request(request.id).outcome.startswith("Somebody has cancelled the invitation in AWS.")


def test_who_is_invited_or_a_member_already_is_refused(workers: Workers, aws: AwsSandbox) -> None:
    aws.client("organizations").invite_account_to_organization(Target={"Id": OUTSIDER, "Type": "ACCOUNT"})
    request = workers.ask("invite-account", who=OUTSIDER)
    workers.work()
    request = workers.request(request.id)
    assert (request.status, request.outcome.startswith(f"Account: {OUTSIDER} is invited already")) == (
        Status.REFUSED,
        True,
    )
    with pytest.raises(FieldError, match="is in the organization already"):
        workers.ask("invite-account", who="aws-audit@example.com")


@pytest.mark.parametrize("who", ["web", "1234", "a@b", "666666666666 "])
def test_whom_to_invite(who: str) -> None:
    if who.strip() == OUTSIDER:
        assert InviteAccount.model_validate({"who": "6666-6666-6666"}).who == OUTSIDER
        return
    with pytest.raises(ValueError, match="neither an account id of 12 digits nor an e-mail address"):
        InviteAccount.model_validate({"who": who})


def test_the_preview_names_the_policies_that_will_apply(workers: Workers) -> None:
    request = workers.ask("invite-account", who=OUTSIDER, ou="/Workloads/Staging")
    workers.work()
    hits = workers.request(request.id).preview["hits"]
    assert "RestrictRegions from /Workloads" in hits
    assert hits[0] == f"{len(hits) - 1} policies will apply to it"


def step() -> Invite:
    return Invite(OUTSIDER, "", {})


def at(when: datetime, **memory: Any) -> World:
    return World(world().aws, Shared(), "marker", memory, now=when)


def open_invitation(aws: AwsSandbox) -> str:
    answer = aws.client("organizations").invite_account_to_organization(Target={"Id": OUTSIDER, "Type": "ACCOUNT"})
    return str(answer["Handshake"]["Id"])


def test_a_word_before_it_expires(aws: AwsSandbox) -> None:
    handshake = open_invitation(aws)
    now = datetime.now(UTC)
    early, late = (step().observe(at(now + timedelta(days=days), handshake=handshake)) for days in (1, 13))
    assert isinstance(early, Waiting)
    assert isinstance(late, Waiting)
    assert "is open until" in early.say
    assert late.say.startswith("Nobody has accepted the invitation yet, and it expires on")


def acted(one: World) -> Observation:
    """What is seen after the step has acted."""
    assert isinstance(step().observe(one), Ready)
    learned = step().act(one)
    return step().observe(replace(one, shared=Shared(), memory={**one.memory, **learned}))


def test_cancelling_it_ends_the_request(aws: AwsSandbox) -> None:
    memory = {"handshake": open_invitation(aws), "asked": "cancel"}
    assert acted(world(**memory)) == Failed(
        "The invitation was cancelled, as asked.", "Ask again if it is wanted after all.", "CANCELED", again=True
    )


def test_sending_it_again_cancels_the_old_one_first(aws: AwsSandbox) -> None:
    old = open_invitation(aws)
    acted(world(handshake=old, asked="resend"))
    sent = acted(world(handshake=old, asked="resend"))
    assert isinstance(sent, Waiting)
    assert sent.learned["handshake"] != old
    assert sent.learned["asked"] == ""
    assert sorted(found["State"] for found in handshakes(aws)) == ["CANCELED", "OPEN"]


def test_the_answer_to_sending_it_again_is_lost(aws: AwsSandbox) -> None:
    old = open_invitation(aws)
    aws.client("organizations").cancel_handshake(HandshakeId=old)
    new = open_invitation(aws)
    found = step().observe(world(handshake=old, asked="resend"))
    assert isinstance(found, Waiting)
    assert found.learned["handshake"] == new


def test_a_lost_answer_is_found_by_whom_it_invites(aws: AwsSandbox) -> None:
    assert isinstance(step().observe(world()), Ready)
    handshake = open_invitation(aws)
    tried = World(world().aws, Shared(), "marker", {}, (datetime.now(UTC),))
    found = step().observe(tried)
    assert isinstance(found, Waiting)
    assert found.learned["handshake"] == handshake


def test_an_invitation_that_is_open_already_is_followed(aws: AwsSandbox) -> None:
    handshake = open_invitation(aws)
    found = step().observe(world())
    assert isinstance(found, Waiting)
    assert found.learned["handshake"] == handshake


def test_a_handshake_that_aws_does_not_show_yet_is_not_forgotten(aws: AwsSandbox) -> None:
    sent = replace(world(handshake="h-examplehandshakeid111"), attempts=(datetime.now(UTC),))
    assert step().observe(sent) == Ready()


def test_how_long_it_may_not_show_yet_counts_from_the_last_time_that_it_was_sent(aws: AwsSandbox) -> None:
    now = datetime.now(UTC)
    days_ago, just_now, a_day_ago = now - timedelta(days=3), now, now - NEW
    unseen = replace(world(handshake="h-examplehandshakeid111"), now=now)
    assert step().observe(replace(unseen, attempts=(days_ago, just_now))) == Ready()
    assert isinstance(step().observe(replace(unseen, attempts=(days_ago, a_day_ago))), Failed)


def test_a_handshake_that_aws_has_forgotten(aws: AwsSandbox) -> None:
    gone = step().observe(world(handshake="h-examplehandshakeid111"))
    assert isinstance(gone, Failed)
    aws.accept(open_invitation(aws))
    joined = step().observe(world(handshake="h-examplehandshakeid111"))
    assert isinstance(joined, Done)
    assert (joined.learned["account"], joined.learned["email"]) == (OUTSIDER, EMAIL)


def test_nobody_waits_for_the_role_for_ever(aws: AwsSandbox) -> None:
    aws.accept(open_invitation(aws))
    now = datetime.now(UTC)
    waiting = AwaitRole("111111111111").observe(at(now, account=OUTSIDER))
    assert isinstance(waiting, Waiting)
    assert waiting.snippets == how_to_make(DEFAULT_ROLE, "111111111111")
    later = at(now + timedelta(days=15), account=OUTSIDER, **waiting.learned)
    assert isinstance(AwaitRole("111111111111").observe(later), Done)
    skipped = at(now, account=OUTSIDER, asked=WITHOUT_ROLE)
    assert isinstance(AwaitRole("111111111111").observe(skipped), Done)


def test_what_is_handed_over_without_the_role(workers: Workers) -> None:
    asked = InviteAccount(who=OUTSIDER)
    organization = workers.context.organization()
    assert organization
    closing = asked.settled(organization).closing({"account": OUTSIDER}, organization, Console())
    assert f"has no role {DEFAULT_ROLE} yet" in closing.summary
    assert "arn:${AWS::Partition}:iam::111111111111:root" in closing.snippets[0].text


def test_what_can_be_asked_while_it_waits() -> None:
    asked = InviteAccount(who=OUTSIDER)
    keys = [
        [control.key for control in asked.controls(memory)]
        for memory in ({}, {"handshake": "h-1"}, {"handshake": "h-1", "account": "1"}, {"role_asked": "now"})
    ]
    assert keys == [[], ["resend", "cancel"], [], [WITHOUT_ROLE]]


def test_refusals_in_plain_words() -> None:
    failed = step().explain("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION", "raw")
    assert failed.say == "The account was not invited. The account is already a member of an organization."
