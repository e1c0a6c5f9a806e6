"""Each operation, with the process dying where it hurts, and with an AWS that does not let the bot look: the call is made
once, and the request ends well.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock

import pytest

from approvals.models import Request
from approvals.request import execute
from approvals.request.execute import PATIENCE
from approvals.request.execution import Execution
from approvals.request.quarantine import release
from approvals.states import TERMINAL, Status
from operations.core.registry import all_operations
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import FAULTS, going_wrong
from tests.harness.crashing import DEATHS, EFFECTIVE, Died, dying
from tests.harness.database import kept
from tests.harness.profiles import in_turn, is_full
from tests.harness.workers import Workers

WEB, AUDIT = "222222222222", "555555555555"
SCP = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]}'
CONTACT = {"contact_name": "Team", "job_title": "CSIRT", "email": "csirt@example.com", "phone": "+49 1"}
Params = dict[str, Any]
Death = tuple[str, bool, int]
# What is asked, and the call to AWS that must be made once.
CASES: dict[str, tuple[Params, str]] = {
    "create-account": ({"account_name": "new", "email": "new@example.com", "ou": "/Security"}, "CreateAccount"),
    "move-account": ({"account": WEB, "to": "/Security"}, "MoveAccount"),
    "close-account": ({"account": WEB, "confirm": WEB}, "CloseAccount"),
    "remove-account": ({"account": WEB, "confirm": WEB}, "RemoveAccountFromOrganization"),
    "rename-account": ({"account": WEB, "account_name": "renamed"}, "PutAccountName"),
    "put-alternate-contact": ({"account": WEB, "contact": "SECURITY", **CONTACT}, "PutAlternateContact"),
    "tag-account": ({"account": WEB, "tags": ["a=b"]}, "TagResource"),
    "untag-account": ({"account": WEB, "keys": ["owner"]}, "UntagResource"),
    "create-ou": ({"unit_name": "New"}, "CreateOrganizationalUnit"),
    "rename-ou": ({"ou": "/Security", "unit_name": "Safe"}, "UpdateOrganizationalUnit"),
    "create-policy": ({"kind": "scp", "policy_name": "New", "content": SCP}, "CreatePolicy"),
    "update-policy": ({"policy": "RestrictRegions", "content": SCP}, "UpdatePolicy"),
    "attach-policy": ({"policy": "ProtectAuditTrail", "place": "/Workloads"}, "AttachPolicy"),
    "detach-policy": ({"policy": "RestrictRegions", "place": "/Workloads"}, "DetachPolicy"),
    "enable-policy-type": ({"kind": "backup"}, "EnablePolicyType"),
    "disable-policy-type": ({"kind": "tag"}, "DisablePolicyType"),
    "enable-service-access": ({"service": "guardduty"}, "EnableAWSServiceAccess"),
    "disable-service-access": ({"service": "cloudtrail"}, "DisableAWSServiceAccess"),
    "register-delegated-administrator": (
        {"account": AUDIT, "service": "cloudtrail"},
        "RegisterDelegatedAdministrator",
    ),
    "grant-access": ({"principal": "group/developers", "account": [WEB]}, "PutGroupPolicy"),
}
# Those that need something first, or wait for people, die in tests of their own.
ELSEWHERE = {
    "create-organization",
    "credentials",
    "delete-alternate-contact",
    "delete-ou",
    "delete-policy",
    "deregister-delegated-administrator",
    "enable-all-features",
    "invite-account",
    "revoke-access",
}
REFUSALS = ("AccessDeniedException", "ExpiredTokenException")
LINES = [("begin_step", False, 1), ("end_attempt", True, 1), ("end_attempt", False, 1), ("advance", True, 1)]
EVERY_LINE = [
    (line, before, nth)
    for owner, line in DEATHS
    if owner is Execution
    for before in (True, False)
    for nth in (1, 2)  # There may be no second time, and then nobody dies.
]


def test_every_operation_is_in_the_sweep_or_known_to_be_elsewhere() -> None:
    assert {operation.name for operation in all_operations()} == CASES.keys() | ELSEWHERE


@pytest.mark.parametrize(("name", "death"), in_turn(CASES, EVERY_LINE if is_full() else LINES, each=2), ids=str)
def test_it_is_done_once_though_the_process_dies(workers: Workers, aws: AwsSandbox, name: str, death: Death) -> None:
    request = _left_behind(workers, aws, name, death)
    _ends_well(workers, aws, request)


@pytest.mark.parametrize(("name", "code"), in_turn(CASES, REFUSALS, each=1))
def test_no_refused_look_ends_it_once_its_call_was_sent(
    workers: Workers, aws: AwsSandbox, name: str, code: str
) -> None:
    """AWS has taken the call on, nobody has seen its answer, and the bot may not look for longer than it has patience."""
    request = _left_behind(workers, aws, name, ("end_attempt", True, 1))
    aws.faults.add(kind="error", code=code, times=None)
    for _ in range(PATIENCE * 2):
        workers.work()
        workers.clock.advance(seconds=61)
    assert workers.request(request.id).status not in TERMINAL
    assert [len([line for line in workers.said(kind) if "*Waiting:*" in line]) for kind in ("thread", "dm")] == [1, 1]
    aws.faults.clear()
    _ends_well(workers, aws, request)


@pytest.mark.parametrize(("name", "lost"), in_turn(CASES, (True, False), each=1))
def test_what_was_approved_before_a_backup_is_done_once_though_it_may_have_been_done_after_it(
    workers: Workers, aws: AwsSandbox, name: str, *, lost: bool
) -> None:
    request = workers.approved_as_before(name, **CASES[name][0])
    backup, at = kept(workers.engine), workers.clock()
    if lost:
        assert workers.until_done(request).status == Status.SUCCEEDED
    workers.clock.advance(hours=1)
    workers.restored(backup, at)
    workers.look_again()
    before = len(aws.calls.of(CASES[name][1]))
    workers.until_done(request, hours=0.2)
    assert len(aws.calls.of(CASES[name][1])) == before, "nothing is changed in quarantine"
    assert bool(workers.request(request.id).finished_at) == lost
    assert release(workers.context.store, workers.clock()) == []
    assert workers.quarantine is not None
    workers.quarantine.look()
    _ends_well(workers, aws, request)
    assert workers.unproven() == []


@pytest.mark.parametrize(("name", "fault"), in_turn(CASES, FAULTS, each=2))
def test_it_is_done_once_whichever_of_its_calls_goes_wrong(aws: AwsSandbox, name: str, fault: str) -> None:
    """Each call in its turn in `make torture`; else the one that changes something."""
    calls = _calls_of(aws, name)
    for nth in range(len(calls)) if is_full() else [calls.index(CASES[name][1])]:
        with _approved(aws, name) as (workers, request):
            with in_no_time(), going_wrong(aws, fault, nth):
                workers.until_done(request)
            _ends_well(workers, aws, request)
            assert workers.unproven() == [], nth


@pytest.mark.timeout(0 if is_full() else 60)
def test_though_half_of_all_calls_are_throttled_everything_comes_to_its_end(aws: AwsSandbox) -> None:
    wanted = int(os.environ.get("TEST_THROTTLED", "0")) or (1000 if is_full() else 5)
    workers = Workers(aws)
    aws.faults.add(kind="throttle", every=2, times=None)
    with in_no_time():
        for number in range(wanted):
            request = workers.approved("create-ou", unit_name=f"throttled-{number}")
            assert workers.until_done(request, hours=24).status == Status.SUCCEEDED, number
    aws.faults.clear()
    made = [call.params["Name"] for call in aws.calls.of("CreateOrganizationalUnit") if call.outcome in EFFECTIVE]
    assert sorted(made) == sorted(f"throttled-{number}" for number in range(wanted))
    workers.close()


@contextmanager
def in_no_time() -> Iterator[None]:
    """Nobody waits before a call is made again: neither the bot, nor botocore, whose pauses grow to 20 s."""
    asleep = mock.patch("botocore.endpoint.time", mock.Mock(wraps=time, sleep=mock.Mock()))
    with mock.patch.object(execute, "QUICK_PAUSES", (0.0, 0.0)), asleep:
        yield


@cache
def _calls_of(aws: AwsSandbox, name: str) -> list[str]:
    """What is asked of AWS from the approval to the end when all goes well."""
    with _approved(aws, name) as (workers, request):
        before = len(aws.calls)
        workers.until_done(request)
        return [call.operation for call in aws.calls][before:]


@contextmanager
def _approved(aws: AwsSandbox, name: str) -> Iterator[tuple[Workers, Request]]:
    """In an organization and a database of its own."""
    aws.reset()
    workers = Workers(aws)
    try:
        yield workers, workers.approved_as_before(name, **CASES[name][0])
    finally:
        workers.close()


def _left_behind(workers: Workers, aws: AwsSandbox, name: str, death: Death) -> Request:
    """A request whose process died at this line of a turn, before or after it, the nth time; another has taken over."""
    line, _, nth = death
    request = workers.approved_as_before(name, **CASES[name][0])
    if not _dies(workers, request, death):
        assert nth > 1 or line in ("wait", "fail"), "each of the other lines is passed by every operation"
    workers.restart()
    workers.look_again()
    return request


def _dies(workers: Workers, request: Request, death: Death) -> bool:
    line, before, nth = death
    try:
        with dying((Execution, line), before=before, nth=nth):
            workers.until_done(request)
    except Died:
        return True
    return False


def _ends_well(workers: Workers, aws: AwsSandbox, request: Request) -> None:
    request = workers.until_done(request)
    assert request.status == Status.SUCCEEDED, request.outcome
    made = [made for made in aws.calls.of(CASES[request.operation][1]) if made.outcome in EFFECTIVE]
    assert len(made) == 1, [made.params for made in made]
