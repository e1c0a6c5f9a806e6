from threading import Thread
from typing import Any

import pytest

from sandbox.aws import AwsSandbox, Call
from sandbox.aws.calls import CallLog

from .helpers import create


def test_calls_are_recorded_with_what_was_sent(aws: AwsSandbox, organizations: Any) -> None:
    create(organizations, "web")
    call = aws.calls.of("CreateAccount")[0]
    assert (call.service, call.outcome, call.account) == ("organizations", "ok", "111111111111")
    assert call.params == {"AccountName": "web", "Email": "web@example.com"}
    assert call.attempt
    aws.client("sts").get_caller_identity()
    assert (aws.calls[-1].service, aws.calls[-1].operation) == ("sts", "GetCallerIdentity")


def test_calls_can_be_waited_for() -> None:
    log = CallLog()

    def work() -> None:
        log.finish(log.add(Call("organizations", "ListRoots", {})), "ok")

    thread = Thread(target=work)
    thread.start()
    assert [call.outcome for call in log.wait_for("ListRoots")] == ["ok"]
    thread.join()


def test_a_call_that_does_not_end_is_not_there() -> None:
    log = CallLog()
    log.add(Call("organizations", "ListRoots", {}))
    with pytest.raises(TimeoutError, match="0 of 1 calls of ListRoots"):
        log.wait_for("ListRoots", timeout=0.001)
    assert len(log) == 1
    log.clear()
    assert list(log) == []
