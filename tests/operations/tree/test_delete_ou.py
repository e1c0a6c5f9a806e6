"""An organizational unit is deleted while it is empty; one that is not is refused with what is in it."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import Request
from approvals.states import Outcome, Status
from operations.aws.errors import FieldError
from operations.core.observations import Done, Stale
from operations.tree.delete_ou import DeleteUnit
from sandbox.aws.server import AwsSandbox
from tests.harness.tree import make, names_in, unit_at, world
from tests.harness.workers import Workers

EMPTY = "/Workloads/Empty"


@pytest.fixture(autouse=True)
def empty(workers: Workers, aws: AwsSandbox) -> str:
    unit = make(aws, EMPTY)
    workers.look_again()
    return unit


def previewed(workers: Workers, ou: str) -> Request:
    request = workers.ask("delete-ou", ou=ou)
    workers.work()
    return workers.request(request.id)


def test_an_empty_one_is_deleted(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.until_done(workers.approved("delete-ou", ou=EMPTY))

    assert (request.status, request.outcome) == (Status.SUCCEEDED, f"OU {EMPTY} deleted.")
    assert names_in(aws, "/Workloads") == ["Production", "Staging"]


@pytest.mark.parametrize(
    ("ou", "inside"),
    [
        (
            "/Workloads/Production",
            "2 accounts (fullback-production-web (333333333333), fullback-production-data (444444444444)). Move",
        ),
        ("/Workloads", "3 organizational units (Staging, Production, Empty). Move"),
        ("/Security", "1 account (fullback-audit (555555555555)). Move"),
    ],
)
def test_one_that_is_not_empty_is_refused_with_what_is_in_it(workers: Workers, ou: str, inside: str) -> None:
    request = previewed(workers, ou)
    assert request.status == Status.REFUSED
    assert f"{ou} is not empty: {inside}" in request.outcome


def test_accounts_and_units_in_it_are_named_together(workers: Workers, aws: AwsSandbox) -> None:
    make(aws, "/Security/Logs")
    assert (
        "1 account (fullback-audit (555555555555)) and 1 organizational unit (Logs)."
        in previewed(workers, "/Security").outcome
    )


def test_many_are_counted(workers: Workers, aws: AwsSandbox) -> None:
    for number in range(7):
        make(aws, f"{EMPTY}/{number}")
    assert "7 organizational units (0, 1, 2, 3, 4 and 2 more)." in previewed(workers, EMPTY).outcome


def test_attached_policies_are_warned_of(workers: Workers, aws: AwsSandbox, empty: str) -> None:
    _attach(aws, empty, "RestrictRegions")
    (warning,) = previewed(workers, EMPTY).preview["warnings"]
    assert warning["level"] == "caution"
    assert "stay in the organization: RestrictRegions" in warning["say"]


def test_the_policy_of_aws_that_everything_has_is_not_warned_of(workers: Workers) -> None:
    assert previewed(workers, EMPTY).preview["warnings"] == []


def test_a_policy_attached_after_the_approval_makes_it_stale(workers: Workers, aws: AwsSandbox, empty: str) -> None:
    request = workers.approved("delete-ou", ou=EMPTY)
    _attach(aws, empty, "RestrictRegions")
    assert workers.until_done(request).status == Status.STALE
    assert "Empty" in names_in(aws, "/Workloads")


def _attach(aws: AwsSandbox, target: str, name: str) -> None:
    organizations = aws.client("organizations")
    policies = organizations.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
    (policy,) = [policy["Id"] for policy in policies if policy["Name"] == name]
    organizations.attach_policy(PolicyId=policy, TargetId=target)


@pytest.mark.parametrize("kind", ["drop-after", "drop-before", "500"])
def test_a_lost_answer_is_looked_up(workers: Workers, aws: AwsSandbox, kind: Any) -> None:
    aws.faults.add("DeleteOrganizationalUnit", kind)
    request = workers.until_done(workers.approved("delete-ou", ou=EMPTY))

    assert request.status == Status.SUCCEEDED
    assert "Empty" not in names_in(aws, "/Workloads")
    assert len(aws.calls.of("DeleteOrganizationalUnit")) == (1 if kind == "drop-after" else 2)


def test_throttling_is_waited_out(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("DeleteOrganizationalUnit", "throttle", times=2)
    request = workers.until_done(workers.approved("delete-ou", ou=EMPTY))
    assert workers.attempts(request) == [Outcome.BUSY, Outcome.BUSY, Outcome.OK]


def test_something_put_into_it_after_the_approval_makes_it_stale(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("delete-ou", ou=EMPTY)
    make(aws, f"{EMPTY}/Late")

    request = workers.until_done(request)
    assert request.status == Status.STALE
    assert "1 organizational unit (Late)" in request.outcome
    assert aws.calls.of("DeleteOrganizationalUnit") == []


def test_something_put_into_it_just_before_the_call_keeps_it(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("DeleteOrganizationalUnit", "error", code="OrganizationalUnitNotEmptyException", times=None)
    request = workers.until_done(workers.approved("delete-ou", ou=EMPTY))
    assert request.status == Status.FAILED
    assert request.outcome == "The organizational unit was not deleted. The organizational unit is not empty."
    assert "Empty" in names_in(aws, "/Workloads")


def test_one_that_somebody_else_has_deleted_is_the_goal_reached(aws: AwsSandbox, empty: str) -> None:
    aws.client("organizations").delete_organizational_unit(OrganizationalUnitId=empty)
    step = DeleteUnit(empty, "Empty", EMPTY)
    assert isinstance(step.observe(world()), Done)


def test_one_that_has_another_name_now_is_left_alone(aws: AwsSandbox, empty: str) -> None:
    aws.client("organizations").update_organizational_unit(OrganizationalUnitId=empty, Name="Precious")
    assert DeleteUnit(empty, "Empty", EMPTY).observe(world()) == Stale(
        "the organizational unit has been renamed to Precious meanwhile."
    )


def test_the_root_is_never_deleted(workers: Workers, aws: AwsSandbox) -> None:
    for root in ("/", unit_at(aws, "/")):
        with pytest.raises(FieldError, match="/ is the root"):
            workers.ask("delete-ou", ou=root)


def test_what_aws_refuses_is_said_in_plain_words(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("DeleteOrganizationalUnit", "error", code="AccessDeniedException")
    request = workers.until_done(workers.approved("delete-ou", ou=EMPTY))

    assert request.status == Status.FAILED
    assert request.outcome.startswith("The organizational unit was not deleted. The bot's own AWS permissions")
    assert "iam-policy" in request.advice
