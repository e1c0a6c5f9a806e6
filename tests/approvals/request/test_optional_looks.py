"""What is only good to know holds no card up, and the card says what was not looked at."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.request import prepare
from operations.aws.client import Aws
from operations.aws.looks import Looks
from sandbox.aws.server import AwsSandbox
from tests.harness.workers import Workers
from tests.operations.test_every_operation_survives import CASES

OPTIONAL = ("ValidatePolicy", "GetServiceQuota", "AssumeRole", "GetRole")


def facts(workers: Workers, name: str) -> dict[str, str]:
    """What the card says, by its labels."""
    request = workers.ask(name, **CASES[name][0])
    workers.work()
    return {fact["label"]: fact["value"] for fact in workers.request(request.id).preview["facts"]}


@pytest.mark.parametrize(
    ("name", "label", "said"),
    [
        ("create-account", "Not looked at", "The account quota: GetServiceQuota was"),
        ("create-policy", "Check", "Not checked: IAM Access Analyzer did not answer"),
        ("update-policy", "Check", "Not checked: IAM Access Analyzer did not answer"),
    ],
)
@pytest.mark.parametrize(
    "fault", [{"kind": "500"}, {"kind": "error", "code": "AccessDeniedException"}], ids=["500", "denied"]
)
def test_the_card_goes_out_and_says_what_was_not_looked_at(
    workers: Workers, aws: AwsSandbox, fault: dict[str, Any], name: str, label: str, said: str
) -> None:
    for operation in OPTIONAL:
        aws.faults.add(operation, **fault, times=None)
    assert facts(workers, name)[label].startswith(said)
    assert len([call for call in aws.calls if call.operation in OPTIONAL]) <= 2


@pytest.mark.parametrize("name", CASES)
def test_every_card_goes_out_though_no_time_is_left_for_what_is_optional(
    workers: Workers, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def no_time(aws: Aws) -> Looks:
        return Looks(aws, seconds=0)

    monkeypatch.setattr(prepare, "Looks", no_time)
    assert facts(workers, name)
    assert [call for call in aws.calls if call.operation in OPTIONAL] == []
