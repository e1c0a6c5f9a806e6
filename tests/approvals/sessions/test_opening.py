"""No role session is opened for what the audit does not prove; see tests/harness/tampering.py for what is tried."""

from __future__ import annotations

import pytest

from approvals.sessions.opening import UndeliverableError, open_session, wanted_by
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE
from tests.harness.tampering import DECIDED, UNDECIDED, Tamper, status, tamper
from tests.harness.workers import Workers

WEB = {"account": "222222222222"}


def opened(aws: AwsSandbox) -> list[str]:
    """The sessions that were asked of AWS for somebody; those that only look at the role are nobody's."""
    names = [str(call.params["RoleSessionName"]) for call in aws.calls.of("AssumeRole")]
    return [name for name in names if not name.startswith("look-")]


def alarms(workers: Workers) -> list[str]:
    return [said for said in workers.said("notice") if "can't be proven" in said]


@pytest.mark.parametrize("how", UNDECIDED.values(), ids=UNDECIDED)
def test_for_what_nobody_decided(workers: Workers, aws: AwsSandbox, how: Tamper) -> None:
    request = workers.ask("credentials", by=ALICE, **WEB)
    workers.work()
    request, wanted = workers.request(request.id), wanted_by(workers.context, workers.request(request.id))
    tamper(workers, request, how)
    for _ in range(2):
        with pytest.raises(UndeliverableError, match="The audit does not prove that this was approved"):
            open_session(workers.context, request, wanted)
    assert opened(aws) == []
    assert len(alarms(workers)) == 1


@pytest.mark.parametrize("how", DECIDED.values(), ids=DECIDED)
def test_for_what_was_changed_after_the_decision(workers: Workers, aws: AwsSandbox, how: Tamper) -> None:
    request = workers.approved_as_before("credentials", **WEB)
    wanted = wanted_by(workers.context, request)
    tamper(workers, request, how)
    with pytest.raises(UndeliverableError, match="The audit does not prove that this was approved"):
        open_session(workers.context, request, wanted)
    assert opened(aws) == []
    assert len(alarms(workers)) == 1


def test_what_was_approved_is_opened(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved_as_before("credentials", **WEB)
    assert open_session(workers.context, request, wanted_by(workers.context, request)).access_key_id
    assert alarms(workers) == []


def test_what_has_ended_meanwhile_is_not_opened_and_no_cause_for_alarm(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved_as_before("credentials", **WEB)
    wanted = wanted_by(workers.context, request)
    tamper(workers, request, status(Status.FAILED))
    with pytest.raises(UndeliverableError, match="has ended"):
        open_session(workers.context, request, wanted)
    assert opened(aws) == []
    assert alarms(workers) == []
