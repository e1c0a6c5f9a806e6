"""Every call to AWS that changes something stands in the audit, with AWS's own request id."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.audit.chain import note_call, noting_calls
from approvals.models import AuditRecord, Request
from approvals.request.execution import Execution
from approvals.states import Status
from operations.aws.client import Call
from sandbox.aws.server import AwsSandbox
from tests.harness.crashing import Died
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com", "ou": "/Workloads/Staging"}


def calls(workers: Workers, request: Request) -> list[AuditRecord]:
    return [entry for entry in workers.audit() if entry.event == "aws.call" and entry.request_id == request.id]


def told(workers: Workers, request: Request) -> list[tuple[Any, Any]]:
    return [(entry.detail.get("operation"), entry.detail["outcome"]) for entry in calls(workers, request)]


def test_each_call_of_a_request(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.until_done(workers.approved("create-account", **NEW))
    assert told(workers, request) == [("CreateAccount", "ok"), ("MoveAccount", "ok")]
    assert all(entry.detail["aws_request_id"] for entry in calls(workers, request))
    assert [entry.detail["step"] for entry in calls(workers, request)] == ["open", "move"]


def test_what_aws_refused_and_what_it_had_no_time_for(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("CreateAccount", "throttle", times=1)
    aws.faults.add("MoveAccount", "error", code="AccessDeniedException")
    request = workers.until_done(workers.approved("create-account", **NEW))
    assert request.status == Status.FAILED
    assert told(workers, request) == [
        ("CreateAccount", "TooManyRequestsException"),
        ("CreateAccount", "ok"),
        ("MoveAccount", "AccessDeniedException"),
    ]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_whose_process_died_is_told_as_unknown(
    workers: Workers, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    request = workers.approved("create-account", **NEW)
    real = Execution.end_attempt

    def dying(execution: Execution, *args: Any) -> None:
        if when == "after":
            real(execution, *args)
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(Execution, "end_attempt", dying)
        with pytest.raises(Died):
            workers.work()
    workers.restart()

    assert workers.until_done(request).status == Status.SUCCEEDED
    first = (None, "unknown") if when == "before" else ("CreateAccount", "ok")
    assert told(workers, request) == [first, ("MoveAccount", "ok")]
    assert len(aws.calls.of("CreateAccount")) == 1


def call(operation: str, outcome: str, *, write: bool) -> Call:
    return Call("sts", operation, outcome, "aws-1", write)


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        (call("TagResource", "ok", write=True), True),
        (call("TagResource", "AccessDeniedException", write=True), True),
        (call("TagResource", "FencedError", write=True), False),
        (call("ListRoots", "ok", write=False), False),
        (call("AssumeRole", "ok", write=False), False),
        (call("AssumeRole", "AccessDenied", write=False), True),
    ],
)
def test_what_belongs_into_the_audit(made: Call, kept: bool) -> None:  # noqa: FBT001  A row of the table.
    found: list[Call] = []
    with noting_calls(found):
        note_call(made)
    note_call(made)  # Outside of a request nobody asks.
    assert found == ([made] if kept else [])
