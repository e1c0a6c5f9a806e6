"""An organizational unit is renamed from the name that was approved, and from no other."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.states import Outcome, Status
from operations.aws.errors import FieldError
from operations.core.observations import Done, Stale
from operations.tree.rename_ou import RenameTo
from sandbox.aws.server import AwsSandbox
from tests.harness.tree import make, names_in, unit_at, world
from tests.harness.workers import Workers

STAGING = {"ou": "/Workloads/Staging", "unit_name": "Testing"}


def in_the_console(aws: AwsSandbox, unit: str, name: str) -> None:
    aws.client("organizations").update_organizational_unit(OrganizationalUnitId=unit, Name=name)


def test_it_gets_its_new_name(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.until_done(workers.approved("rename-ou", **STAGING))

    assert request.status == Status.SUCCEEDED
    assert request.outcome == "OU renamed to /Workloads/Testing."
    assert names_in(aws, "/Workloads") == ["Production", "Testing"]


def test_the_card_says_the_old_and_the_new_path(workers: Workers) -> None:
    request = workers.ask("rename-ou", **STAGING)
    workers.work()
    preview = workers.request(request.id).preview
    assert {"label": "Path", "value": "/Workloads/Staging → /Workloads/Testing"} in preview["facts"]
    assert preview["warnings"] == []


@pytest.mark.parametrize("kind", ["drop-after", "bad-json", "drop-before", "500"])
def test_a_lost_answer_is_looked_up(workers: Workers, aws: AwsSandbox, kind: Any) -> None:
    aws.faults.add("UpdateOrganizationalUnit", kind)
    request = workers.until_done(workers.approved("rename-ou", **STAGING))

    assert request.status == Status.SUCCEEDED
    assert names_in(aws, "/Workloads") == ["Production", "Testing"]
    assert len(aws.calls.of("UpdateOrganizationalUnit")) == (1 if kind in ("drop-after", "bad-json") else 2)


def test_throttling_is_waited_out(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("UpdateOrganizationalUnit", "throttle", times=2)
    request = workers.until_done(workers.approved("rename-ou", **STAGING))
    assert workers.attempts(request) == [Outcome.BUSY, Outcome.BUSY, Outcome.OK]


def test_a_third_name_given_meanwhile_makes_the_approval_stale(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("rename-ou", **STAGING)
    in_the_console(aws, request.params["ou"], "Rehearsal")

    assert workers.until_done(request).status == Status.STALE
    assert names_in(aws, "/Workloads") == ["Production", "Rehearsal"]


def test_the_step_itself_leaves_a_third_name_alone(aws: AwsSandbox) -> None:
    unit = unit_at(aws, "/Workloads/Staging")
    step = RenameTo(unit, "Staging", "Testing")
    in_the_console(aws, unit, "Rehearsal")
    assert step.observe(world()) == Stale("the organizational unit has been renamed to Rehearsal meanwhile.")
    in_the_console(aws, unit, "Testing")
    assert isinstance(step.observe(world()), Done)


def test_a_unit_that_is_gone_is_said_to_be_gone(aws: AwsSandbox) -> None:
    unit = make(aws, "/Workloads/Short")
    aws.client("organizations").delete_organizational_unit(OrganizationalUnitId=unit)
    step = RenameTo(unit, "Short", "Long")
    assert step.observe(world()) == Stale("the organizational unit no longer exists.")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Production", "/Workloads has an organizational unit Production already. Choose another name."),
        ("Staging", "is called Staging already"),
    ],
)
def test_a_name_that_is_taken_is_refused_before_anybody_is_asked(workers: Workers, name: str, said: str) -> None:
    request = workers.ask("rename-ou", ou="/Workloads/Staging", unit_name=name)
    workers.work()
    request = workers.request(request.id)
    assert request.status == Status.REFUSED
    assert said in request.outcome


def test_a_name_of_a_unit_elsewhere_is_warned_of(workers: Workers) -> None:
    request = workers.ask("rename-ou", ou="/Workloads/Staging", unit_name="Security")
    workers.work()
    assert "used elsewhere" in workers.request(request.id).preview["warnings"][0]["say"]


def test_its_own_name_in_another_case_brings_no_warning_of_a_clash(workers: Workers) -> None:
    request = workers.ask("rename-ou", ou="/Workloads/Staging", unit_name="staging")
    workers.work()
    assert workers.request(request.id).preview["warnings"] == []


def test_the_root_keeps_its_name(workers: Workers) -> None:
    with pytest.raises(FieldError, match="/ is the root") as refused:
        workers.ask("rename-ou", ou="/", unit_name="Trunk")
    assert refused.value.field == "ou"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("DuplicateOrganizationalUnitException", "of this name exists there already"),
        ("AccessDeniedException", "permissions do not allow"),
    ],
)
def test_what_aws_refuses_is_said_in_plain_words(workers: Workers, aws: AwsSandbox, code: str, said: str) -> None:
    aws.faults.add("UpdateOrganizationalUnit", "error", code=code, times=None)
    request = workers.until_done(workers.approved("rename-ou", **STAGING))

    assert request.status == Status.FAILED
    assert request.outcome.startswith("The organizational unit was not renamed.")
    assert said in request.outcome
    assert request.advice
