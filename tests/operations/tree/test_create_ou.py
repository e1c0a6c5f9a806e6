"""An organizational unit is created once, and never in the place of another."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.states import Outcome, Status
from operations.aws.errors import FieldError, RefusedError
from operations.core.observations import Done, Ready
from operations.tree.create_ou import CreateOu, MakeUnit
from sandbox.aws.server import AwsSandbox
from tests.harness.tree import make, names_in, unit_at, world
from tests.harness.workers import Workers

NEW = {"unit_name": "Sandbox", "parent": "/Workloads"}


def test_it_is_created_where_it_was_asked_for(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.until_done(workers.approved("create-ou", **NEW))

    assert request.status == Status.SUCCEEDED
    assert request.memory["unit"] == unit_at(aws, "/Workloads/Sandbox")
    assert "/Workloads/Sandbox created" in request.outcome


def test_without_a_parent_it_stands_beneath_the_root(workers: Workers, aws: AwsSandbox) -> None:
    workers.until_done(workers.approved("create-ou", unit_name="Sandbox"))
    assert "Sandbox" in names_in(aws, "/")


@pytest.mark.parametrize("kind", ["drop-after", "bad-json", "drop-before", "500"])
def test_a_lost_answer_makes_no_second_one(workers: Workers, aws: AwsSandbox, kind: Any) -> None:
    aws.faults.add("CreateOrganizationalUnit", kind)
    request = workers.until_done(workers.approved("create-ou", **NEW))

    assert request.status == Status.SUCCEEDED
    assert names_in(aws, "/Workloads").count("Sandbox") == 1
    assert request.memory["unit"] == unit_at(aws, "/Workloads/Sandbox")
    assert len(aws.calls.of("CreateOrganizationalUnit")) == (1 if kind in ("drop-after", "bad-json") else 2)


def test_throttling_is_waited_out(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("CreateOrganizationalUnit", "throttle", times=2)
    request = workers.until_done(workers.approved("create-ou", **NEW))
    assert workers.attempts(request) == [Outcome.BUSY, Outcome.BUSY, Outcome.OK]


def test_one_that_somebody_else_has_made_since_makes_the_approval_stale(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("create-ou", **NEW)
    make(aws, "/Workloads/Sandbox")
    workers.look_again()
    aws.calls.clear()

    request = workers.until_done(request)
    assert request.status == Status.STALE
    assert "has an organizational unit Sandbox already" in request.outcome
    assert aws.calls.of("CreateOrganizationalUnit") == []


def test_one_that_appears_just_before_the_call_is_the_goal_reached(aws: AwsSandbox) -> None:
    step = MakeUnit(unit_at(aws, "/Workloads"), "Sandbox")
    assert step.observe(world()) == Ready()
    unit = make(aws, "/Workloads/Sandbox")

    with pytest.raises(RefusedError, match="same name"):
        step.act(world())
    assert step.observe(world()) == Done("The organizational unit is there.", {"unit": unit})
    assert names_in(aws, "/Workloads").count("Sandbox") == 1


def test_a_new_place_of_its_parent_makes_the_approval_stale(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("create-ou", **NEW)
    organizations = aws.client("organizations")
    organizations.update_organizational_unit(OrganizationalUnitId=unit_at(aws, "/Workloads"), Name="Retired")
    workers.look_again()

    assert workers.until_done(request).status == Status.STALE


def test_a_name_that_is_taken_is_refused_before_anybody_is_asked(workers: Workers) -> None:
    request = workers.ask("create-ou", unit_name="Staging", parent="/Workloads")
    workers.work()
    request = workers.request(request.id)
    assert request.status == Status.REFUSED
    assert "/Workloads has an organizational unit Staging already. Choose another name." in request.outcome


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("staging", "The name “staging” looks almost like /Workloads/Staging"),
        ("Security", "used elsewhere, so only the path tells them apart: /Security"),
        ("Web/Shop", "has a / in it"),
    ],
)
def test_a_name_that_will_confuse_is_warned_of(workers: Workers, name: str, said: str) -> None:
    (warning,) = warnings(workers, unit_name=name, parent="/Workloads")
    assert said in warning


def test_a_name_that_confuses_nobody_brings_no_warning(workers: Workers) -> None:
    assert warnings(workers, **NEW) == []


def test_the_last_level_is_warned_of_and_a_sixth_is_refused(workers: Workers, aws: AwsSandbox) -> None:
    for path in ("/Workloads/a", "/Workloads/a/b", "/Workloads/a/b/c"):
        make(aws, path)
    workers.look_again()
    assert ["level 5, the last" in line for line in warnings(workers, unit_name="d", parent="/Workloads/a/b/c")] == [
        True
    ]

    make(aws, "/Workloads/a/b/c/d")
    workers.look_again()
    with pytest.raises(FieldError, match="is 5 levels deep, and AWS takes no more") as refused:
        workers.ask("create-ou", unit_name="e", parent="/Workloads/a/b/c/d")
    assert refused.value.field == "parent"


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        ("ConstraintViolationException", "OU_NUMBER_LIMIT_EXCEEDED", "full number of organizational units"),
        ("ParentNotFoundException", "", "above no longer exists"),
        ("DuplicateOrganizationalUnitException", "", "of this name exists there already"),
        ("AccessDeniedException", "", "permissions do not allow"),
    ],
)
def test_what_aws_refuses_is_said_in_plain_words(
    workers: Workers, aws: AwsSandbox, code: str, reason: str, said: str
) -> None:
    aws.faults.add("CreateOrganizationalUnit", "error", code=code, reason=reason, times=None)
    request = workers.until_done(workers.approved("create-ou", **NEW))

    assert request.status == Status.FAILED
    assert request.outcome.startswith("The organizational unit was not created.")
    assert said in request.outcome
    assert request.advice


def test_a_parent_that_is_gone_is_refused_before_anybody_is_asked(workers: Workers, aws: AwsSandbox) -> None:
    unit = make(aws, "/Workloads/Short")
    workers.look_again()
    aws.client("organizations").delete_organizational_unit(OrganizationalUnitId=unit)

    request = workers.ask("create-ou", unit_name="Sandbox", parent="/Workloads/Short")
    workers.work()
    assert "no longer exists" in workers.request(request.id).outcome


@pytest.mark.parametrize("name", ["", "x" * 129, "two\nlines", "hid\u200bden"])
def test_a_name_that_no_unit_can_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"128 characters|invisible"):
        CreateOu.model_validate({"unit_name": name})


def warnings(workers: Workers, **params: Any) -> list[str]:
    request = workers.ask("create-ou", **params)
    workers.work()
    return [notice["say"] for notice in workers.request(request.id).preview["warnings"]]
