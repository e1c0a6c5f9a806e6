"""The buttons beside advice: what would help, filled in, as far as whoever asked may ask for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.authority.rules import Rule, Rules
from approvals.models import Request
from approvals.states import Status
from approvals.views.living import living
from approvals.views.thread import carried, ended_badly
from operations.aws.prefilled import Prefilled
from sandbox.aws.server import AwsSandbox
from tests.harness.people import BOB, CAROL
from tests.harness.workers import Workers

OTHERS_ALONE = Rules(
    [
        Rule("others detach", (BOB,), operations=("detach-policy",), requesters=(CAROL,)),
        Rule("all delete", (BOB,), operations=("delete-policy",)),
    ]
)


def refused(workers: Workers, operation: str, **params: Any) -> Request:
    request = workers.ask(operation, **params)
    workers.work()
    return workers.request(request.id)


def opened(body: dict[str, Any]) -> list[tuple[str, str, dict[str, str]]]:
    """The buttons that open a form: their label, what they open, and with what."""
    elements = [element for block in body["blocks"] if block["type"] == "actions" for element in block["elements"]]
    return [
        (element["text"]["text"], element["action_id"].split(":")[1], json.loads(element["value"])["values"])
        for element in elements
        if element["action_id"].startswith("form:")
    ]


def unit(workers: Workers, path: str) -> str:
    return next(one.id for one in workers.snapshot.units if workers.snapshot.path_of(one.id) == path)


def policy(aws: AwsSandbox, name: str) -> str:
    found = aws.client("organizations").list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
    return next(str(one["Id"]) for one in found if one["Name"] == name)


def test_a_policy_that_is_attached_is_detached_by_a_button_for_each_place(workers: Workers, aws: AwsSandbox) -> None:
    request = refused(workers, "delete-policy", policy="RestrictRegions")
    ((label, operation, values),) = opened(living(request))
    assert (label, operation) == ("Detach from /Workloads", "detach-policy")
    assert values == {"policy": policy(aws, "RestrictRegions"), "place": unit(workers, "/Workloads")}


def test_a_policy_type_that_is_off_is_turned_on_by_a_button(workers: Workers, aws: AwsSandbox) -> None:
    aws.client("organizations").disable_policy_type(RootId=workers.snapshot.root, PolicyType="SERVICE_CONTROL_POLICY")
    workers.look_again()
    request = refused(workers, "attach-policy", policy="RestrictRegions", place="/Security")
    turned_on = {"kind": "SERVICE_CONTROL_POLICY"}
    assert opened(living(request)) == [("Turn on the policy type", "enable-policy-type", turned_on)]


def test_what_its_requester_may_not_ask_for_is_not_offered(workers: Workers) -> None:
    workers.rules = OTHERS_ALONE
    request = refused(workers, "delete-policy", policy="RestrictRegions")
    assert "Detach it there first" in request.outcome
    assert opened(living(request)) == []


@pytest.mark.parametrize(
    ("code", "offered"),
    [
        ("OrganizationalUnitNotEmptyException", [("Move an account", "move-account"), ("Delete an OU", "delete-ou")]),
        ("AccessDeniedException", []),
    ],
)
def test_what_aws_refuses_at_the_end_is_answered_with_a_button(
    workers: Workers, aws: AwsSandbox, code: str, offered: list[tuple[str, str]]
) -> None:
    aws.client("organizations").create_organizational_unit(ParentId=unit(workers, "/Workloads"), Name="Empty")
    workers.look_again()
    aws.faults.add("DeleteOrganizationalUnit", "error", code=code, times=None)
    request = workers.until_done(workers.approved("delete-ou", ou="/Workloads/Empty"))
    assert request.status == Status.FAILED
    for body in (living(request), ended_badly(request)):
        assert [(label, operation) for label, operation, _ in opened(body)] == offered


def test_what_the_button_carries() -> None:
    one = Prefilled(operation="detach-policy", values={"policy": "p-1"})
    assert json.loads(carried(one)) == {"values": {"policy": "p-1"}}
    assert json.loads(carried(one, "12.key")) == {"values": {"policy": "p-1"}, "after": "12.key"}
