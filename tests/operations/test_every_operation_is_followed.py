"""Each operation, with an AWS that accepts its call and shows the effect late or never, refuses vaguely, or is busy: nothing is
called done before it was seen.
"""

from __future__ import annotations

from collections import Counter

import pytest

from approvals.models import Request
from approvals.states import TERMINAL, Outcome, Status
from operations.access.role_access import with_arns
from operations.core.registry import all_operations
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE
from tests.harness.tree import make
from tests.harness.workers import Workers
from tests.operations.test_every_operation_survives import CASES, SCP, Params

LONG = 10.0**7
WEB, AUDIT, OUTSIDER = "222222222222", "555555555555", "666666666666"
ROLE = "OrganizationAccountAccessRole"
GRANTED = with_arns("", ROLE, [f"arn:aws:iam::{WEB}:role/{ROLE}"])
CONTACT = {"Name": "Team", "Title": "CSIRT", "EmailAddress": "csirt@example.com", "PhoneNumber": "+49 1"}
# What has to be there first, in the words of boto3: service, method, parameters.
FIRST: dict[str, tuple[str, str, Params]] = {
    "delete-alternate-contact": (
        "account",
        "put_alternate_contact",
        {"AccountId": WEB, "AlternateContactType": "SECURITY", **CONTACT},
    ),
    "delete-policy": (
        "organizations",
        "create_policy",
        {"Type": "SERVICE_CONTROL_POLICY", "Name": "Old", "Content": SCP, "Description": ""},
    ),
    "deregister-delegated-administrator": (
        "organizations",
        "register_delegated_administrator",
        {"AccountId": AUDIT, "ServicePrincipal": "cloudtrail.amazonaws.com"},
    ),
    "revoke-access": (
        "iam",
        "put_group_policy",
        {"GroupName": "developers", "PolicyName": "orgbot-assume-role", "PolicyDocument": GRANTED},
    ),
}
ALL: dict[str, tuple[Params, str]] = CASES | {
    "delete-alternate-contact": ({"account": WEB, "contact": "SECURITY"}, "DeleteAlternateContact"),
    "delete-ou": ({"ou": "/Empty"}, "DeleteOrganizationalUnit"),
    "delete-policy": ({"policy": "Old"}, "DeletePolicy"),
    "deregister-delegated-administrator": (
        {"account": AUDIT, "service": "cloudtrail"},
        "DeregisterDelegatedAdministrator",
    ),
    "revoke-access": ({"principal": "group/developers", "account": [WEB]}, "DeleteGroupPolicy"),
}
# Those that wait for people, or found the organization, are followed in tests of their own; credentials are handed over.
OTHERS = {"create-organization", "credentials", "enable-all-features", "invite-account"}
every_operation = pytest.mark.parametrize("name", ALL)


def approved(workers: Workers, aws: AwsSandbox, name: str) -> Request:
    if name in FIRST:
        service, method, params = FIRST[name]
        getattr(aws.client(service), method)(**params)
    if name == "delete-ou":
        make(aws, "/Empty")
    workers.look_again()
    return workers.approved_as_before(name, **ALL[name][0])


def made(aws: AwsSandbox, name: str) -> int:
    return len([call for call in aws.calls.of(ALL[name][1]) if call.outcome == "ok"])


def passes(workers: Workers, *minutes: int) -> None:
    """AWS is looked at now, and after each of these spans."""
    workers.work()
    for span in minutes:
        workers.clock.advance(minutes=span)
        workers.work()


def test_every_operation_is_followed_here() -> None:
    assert {operation.name for operation in all_operations()} == ALL.keys() | OTHERS


@every_operation
def test_what_shows_late_is_not_done_before(workers: Workers, aws: AwsSandbox, name: str) -> None:
    request = approved(workers, aws, name)
    aws.faults.add(ALL[name][1], "late", seconds=LONG)
    passes(workers, 1, 5)
    found = workers.request(request.id)
    assert (found.status, found.outcome) == (Status.WAITING, "")
    assert len([line for line in workers.said("thread") if "accepted" in line]) == 1

    aws.show()
    assert workers.until_done(request).status == Status.SUCCEEDED
    assert made(aws, name) == 1


@every_operation
def test_what_never_shows_is_said_to_be_unknown_with_a_way_out(workers: Workers, aws: AwsSandbox, name: str) -> None:
    request = approved(workers, aws, name)
    aws.faults.add(ALL[name][1], "late", seconds=LONG)
    passes(workers, 5, 8, 60, 600)
    assert workers.request(request.id).status == Status.UNKNOWN
    told = [
        line for kind in ("thread", "dm") for line in workers.said(kind) if "Whether it takes effect is unknown" in line
    ]
    assert len(told) == 2
    assert all("AWS console" in line for line in told)
    assert made(aws, name) == 1

    workers.click(request, "control:give-up", ALICE)
    workers.work()
    assert workers.request(request.id).status == Status.FAILED


@every_operation
def test_a_vague_refusal_is_never_taken_for_the_goal(workers: Workers, aws: AwsSandbox, name: str) -> None:
    request = approved(workers, aws, name)
    aws.faults.add(ALL[name][1], "error", code="ConflictException", times=None)
    passes(workers, 1, 3, 9)
    request = workers.request(request.id)
    assert (request.status, made(aws, name)) == (Status.FAILED, 0)
    assert "ConflictException" in " ".join(workers.said("thread"))
    assert request.outcome


@every_operation
def test_after_a_vague_refusal_what_stands_is_seen(workers: Workers, aws: AwsSandbox, name: str) -> None:
    """Somebody was faster: it stands, and the answer to our own call does not say so."""
    request = approved(workers, aws, name)
    aws.faults.add(ALL[name][1], "drop-after")
    aws.faults.add(ALL[name][1], "error", code="ConflictException", times=None)
    assert workers.until_done(request).status == Status.SUCCEEDED


@every_operation
def test_busy_is_not_no(workers: Workers, aws: AwsSandbox, name: str) -> None:
    request = approved(workers, aws, name)
    aws.faults.add(ALL[name][1], "error", code="FinalizingOrganizationException", times=3)
    request = workers.until_done(request)
    assert request.status == Status.SUCCEEDED
    assert Counter(workers.attempts(request))[Outcome.BUSY] == 3
    waits = [line for line in workers.said("thread") if "nothing has to be approved again" in line]
    assert len(waits) == 1


CONSTRAINT = "ConstraintViolationException"
# Right after our own change AWS may not know it yet, and refuses what depends on it.
NOT_KNOWN_YET = [
    ("attach-policy", "PolicyTypeNotEnabledException", ""),
    ("attach-policy", CONSTRAINT, "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"),
    ("create-policy", "PolicyTypeNotAvailableForOrganizationException", ""),
    ("create-account", "AWSOrganizationsNotInUseException", ""),
    ("delete-ou", "OrganizationalUnitNotEmptyException", ""),
    ("delete-policy", "PolicyInUseException", ""),
    ("detach-policy", CONSTRAINT, "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"),
    ("disable-service-access", CONSTRAINT, "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE"),
    ("disable-service-access", CONSTRAINT, "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE"),
    ("enable-policy-type", CONSTRAINT, "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"),
    ("enable-policy-type", CONSTRAINT, "SERVICE_ACCESS_NOT_ENABLED"),
    ("register-delegated-administrator", CONSTRAINT, "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"),
    ("register-delegated-administrator", CONSTRAINT, "SERVICE_ACCESS_NOT_ENABLED"),
    ("remove-account", CONSTRAINT, "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"),
    ("tag-account", CONSTRAINT, "MAX_TAG_LIMIT_EXCEEDED"),
]


@pytest.mark.parametrize(("name", "code", "reason"), NOT_KNOWN_YET)
def test_what_aws_does_not_know_yet_needs_no_new_approval(
    workers: Workers, aws: AwsSandbox, name: str, code: str, reason: str
) -> None:
    request = approved(workers, aws, name)
    aws.faults.add(ALL[name][1], "error", code=code, reason=reason, times=2)
    assert workers.until_done(request).status == Status.SUCCEEDED
    told = [line for line in workers.said("thread") if "nothing has to be approved again" in line]
    assert len(told) == 1
    assert f"AWS answers {reason or code}, and what was asked for does not show." in told[0]


def test_what_aws_still_refuses_after_that_ends_with_who_can_mend_it(workers: Workers, aws: AwsSandbox) -> None:
    request = approved(workers, aws, "delete-policy")
    aws.faults.add("DeletePolicy", "error", code="PolicyInUseException", times=None)
    request = workers.until_done(request)
    assert request.status == Status.FAILED
    assert "Somebody has attached the policy meanwhile." in request.outcome
    assert "Detach it, then ask again" in request.advice
    assert request.memory["mendable"]


@pytest.mark.parametrize("name", ["create-account", "close-account", "grant-access"])
def test_a_wait_has_an_end_that_is_said(workers: Workers, aws: AwsSandbox, name: str) -> None:
    aws.faults.add(ALL[name][1], "error", code="ConcurrentModificationException", times=None)
    request = approved(workers, aws, name)
    passes(workers, 20, 159)
    assert workers.request(request.id).status not in TERMINAL
    passes(workers, 1)
    request = workers.request(request.id)
    assert request.status == Status.FAILED
    assert "It stayed so until" in request.outcome
    assert request.advice


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ServiceException"])
def test_an_aws_that_is_away_for_half_a_day_needs_no_new_approval(workers: Workers, aws: AwsSandbox, code: str) -> None:
    request = approved(workers, aws, "create-ou")
    aws.faults.add("CreateOrganizationalUnit", "error", code=code, times=None)
    passes(workers, 1, 5, *[60] * 12)
    assert workers.request(request.id).status == Status.WAITING
    aws.faults.clear()
    passes(workers, 6)
    assert workers.request(request.id).status == Status.SUCCEEDED


def test_who_does_not_want_to_wait_that_long_gives_it_up(workers: Workers, aws: AwsSandbox) -> None:
    request = approved(workers, aws, "create-ou")
    aws.faults.add("CreateOrganizationalUnit", "error", code="TooManyRequestsException", times=None)
    passes(workers, 1)
    workers.click(request, "control:give-up", ALICE)
    workers.work()
    request = workers.request(request.id)
    assert request.status == Status.FAILED
    assert request.outcome == "It was given up, as asked, while AWS would not do it yet. Nothing has been changed."


def test_too_many_creations_at_a_time_are_waited_for_and_told_once(workers: Workers, aws: AwsSandbox) -> None:
    aws.conditions.creations_at_once, aws.conditions.creation_seconds = 0, 0.0
    request = approved(workers, aws, "create-account")
    passes(workers, 5, 60, 600)
    assert workers.request(request.id).status == Status.WAITING
    assert len([line for line in workers.said("thread") if "only so many accounts at a time" in line]) == 1

    aws.conditions.creations_at_once = 5
    assert workers.until_done(request).status == Status.SUCCEEDED


@pytest.mark.parametrize("reason", ["INTERNAL_FAILURE", "CONCURRENT_ACCOUNT_MODIFICATION"])
def test_a_creation_that_failed_for_what_passes_is_begun_again(workers: Workers, aws: AwsSandbox, reason: str) -> None:
    aws.fail_next_creation(reason)
    aws.fail_next_creation(reason)
    request = workers.until_done(approved(workers, aws, "create-account"))
    assert request.status == Status.SUCCEEDED
    assert made(aws, "create-account") == 3
    assert len([line for line in workers.said("thread") if "It is tried again until" in line]) == 1


# What somebody does a moment after our call, so that the world is neither as it was nor as was wanted.
MEANWHILE: dict[str, tuple[str, str, Params]] = {
    "rename-account": ("account", "put_account_name", {"AccountId": WEB, "AccountName": "theirs"}),
    "put-alternate-contact": (
        "account",
        "put_alternate_contact",
        {"AccountId": WEB, "AlternateContactType": "SECURITY", **CONTACT, "Name": "Theirs"},
    ),
    "grant-access": (
        "iam",
        "put_group_policy",
        {"GroupName": "developers", "PolicyName": "orgbot-assume-role", "PolicyDocument": SCP},
    ),
}


@pytest.mark.parametrize("name", MEANWHILE)
def test_who_has_sent_something_never_says_that_nothing_was_changed(
    workers: Workers, aws: AwsSandbox, name: str
) -> None:
    request = approved(workers, aws, name)
    aws.faults.add(ALL[name][1], "drop-after")
    workers.work()
    service, method, params = MEANWHILE[name]
    getattr(aws.client(service), method)(**params)
    request = workers.until_done(request)
    assert request.status == Status.FAILED
    assert request.outcome.endswith("What was sent to AWS may have taken effect.")


def test_an_invitation_that_does_not_show_yet_is_waited_for(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("invite-account", who=OUTSIDER)
    aws.faults.add("InviteAccountToOrganization", "late", seconds=LONG)
    passes(workers, 1, 5)
    assert workers.request(request.id).status == Status.WAITING
    assert not [line for line in workers.said("thread") if "is open until" in line]

    aws.show()
    passes(workers, 2)
    assert len([line for line in workers.said("thread") if "is open until" in line]) == 1
    assert len(aws.calls.of("InviteAccountToOrganization")) == 1


def test_what_was_made_a_moment_ago_may_not_show_yet_and_is_not_refused(workers: Workers, aws: AwsSandbox) -> None:
    """Consistency lag right after our own change: the OU is made, and AWS answers that there is none."""
    made_ou = workers.until_done(workers.approved("create-ou", unit_name="New"))
    workers.look_again()
    aws.faults.add("DescribeOrganizationalUnit", "error", code="OrganizationalUnitNotFoundException", times=2)
    request = workers.ask("move-account", account=WEB, to=str(made_ou.memory["unit"]))
    passes(workers, 1, 1)
    assert workers.request(request.id).status == Status.PENDING

    aws.client("organizations").delete_organizational_unit(OrganizationalUnitId=made_ou.memory["unit"])
    gone = workers.ask("move-account", account=AUDIT, to=str(made_ou.memory["unit"]))
    passes(workers, 1, 1, 1)
    assert workers.request(gone.id).status == Status.REFUSED


@pytest.mark.parametrize("operation", ["DescribePolicy", "ListPoliciesForTarget"])
def test_an_aws_that_does_not_answer_is_told_once_and_waited_for(
    workers: Workers, aws: AwsSandbox, operation: str
) -> None:
    request = approved(workers, aws, "detach-policy")
    aws.faults.add(operation, "bad-json", times=None)
    passes(workers, *[1] * 30)
    assert workers.request(request.id).status == Status.APPROVED
    assert len([line for line in workers.said("thread") if f"does not answer the bot ({operation})" in line]) == 1
    aws.faults.clear()
    assert workers.until_done(request).status == Status.SUCCEEDED
