from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from sandbox.aws import AwsSandbox
from sandbox.aws.faults import Fault, Faults, TokenBucket

from .helpers import create, refused


def creations(client: Any) -> list[str]:
    return [status["AccountName"] for status in client.list_create_account_status()["CreateAccountStatuses"]]


@pytest.mark.parametrize(
    ("kind", "code"),
    [("throttle", "TooManyRequestsException"), ("500", "ServiceException"), ("503", "ServiceUnavailable")],
)
def test_refusals_leave_nothing_behind(aws: AwsSandbox, organizations: Any, kind: Any, code: str) -> None:
    aws.faults.add(operation="CreateAccount", kind=kind)
    with refused(code):
        create(organizations, "first")
    create(organizations, "second")
    assert creations(organizations) == ["second"]
    assert [call.outcome for call in aws.calls.of("CreateAccount")] == [code, "ok"]


def test_a_connection_that_breaks_before(aws: AwsSandbox, organizations: Any) -> None:
    aws.faults.add(operation="CreateAccount", kind="drop-before")
    with pytest.raises(ConnectionClosedError):
        create(organizations)
    assert creations(organizations) == []


def test_a_connection_that_breaks_after(aws: AwsSandbox, organizations: Any) -> None:
    aws.faults.add(operation="CreateAccount", kind="drop-after")
    with pytest.raises(ConnectionClosedError):
        create(organizations, "lost")
    assert creations(organizations) == ["lost"]
    assert aws.calls.of("CreateAccount")[0].outcome == "drop-after"


def test_an_answer_that_cannot_be_read_comes_without_its_content(aws: AwsSandbox, organizations: Any) -> None:
    aws.faults.add(operation="CreateAccount", kind="bad-json")
    answer = organizations.create_account(AccountName="lost", Email="lost@example.com")
    assert "CreateAccountStatus" not in answer
    assert creations(organizations) == ["lost"]


def test_any_error_can_be_asked_for(aws: AwsSandbox, organizations: Any) -> None:
    aws.faults.add(operation="CreateAccount", kind="error", code="FinalizingOrganizationException")
    aws.faults.add(kind="error", code="ConstraintViolationException", reason="TAG_POLICY_VIOLATION")
    with refused("FinalizingOrganizationException"):
        create(organizations)
    with refused("ConstraintViolationException", "TAG_POLICY_VIOLATION"):
        organizations.list_roots()


def test_throttling_speaks_each_services_protocol(aws: AwsSandbox) -> None:
    aws.faults.add(times=4)
    with refused("Throttling"):
        aws.client("sts").get_caller_identity()
    with refused("TooManyRequestsException"):
        aws.client("account").get_account_information()
    with refused("TooManyRequestsException"):
        aws.client("service-quotas").list_service_quotas(ServiceCode="organizations")
    with refused("ThrottlingException"):
        aws.client("accessanalyzer").validate_policy(policyDocument="{}", policyType="IDENTITY_POLICY")
    aws.client("sts").get_caller_identity()


def test_a_delay_only_delays(aws: AwsSandbox, organizations: Any) -> None:
    aws.faults.add(operation="ListRoots", kind="delay", seconds=0.01)
    assert len(organizations.list_roots()["Roots"]) == 1


@pytest.mark.parametrize("kind", ["delay", "delay-after"])
def test_a_client_that_does_not_wait_for_the_answer(aws: AwsSandbox, organizations: Any, kind: Any) -> None:
    fault = aws.faults.add(operation="CreateAccount", kind=kind, seconds=60)
    hasty = aws.client("organizations", read_timeout=0.1)
    with pytest.raises(ReadTimeoutError):
        create(hasty, "late")
    fault.release()
    assert aws.calls.wait_for("CreateAccount")[0].outcome == "ok"
    assert creations(organizations) == ["late"]


def test_a_reset_ends_what_is_delayed(aws: AwsSandbox, organizations: Any) -> None:
    aws.faults.add(operation="CreateAccount", kind="delay", seconds=60)
    hasty = aws.client("organizations", read_timeout=0.1)
    with pytest.raises(ReadTimeoutError):
        create(hasty, "never")
    aws.reset()
    assert creations(organizations) == []


def test_a_fault_for_some_parameters_only() -> None:
    faults = Faults()
    faults.add("CreateAccount", where={"AccountName": "web"})
    assert faults.strike("organizations", "CreateAccount", {"AccountName": "data"}) is None
    assert faults.strike("organizations", "CreateAccount", {"AccountName": "web"}) is not None


def test_every_second_call_for_ever() -> None:
    faults = Faults()
    faults.add("ListAccounts", times=None, every=2)
    struck = [faults.strike("organizations", "ListAccounts") is not None for _ in range(6)]
    assert struck == [False, True] * 3
    assert faults.strike("organizations", "ListRoots") is None


def test_a_fault_for_one_service() -> None:
    faults = Faults()
    faults.add(service="sts")
    assert faults.strike("organizations", "ListAccounts") is None
    assert isinstance(faults.strike("sts", "AssumeRole"), Fault)
    assert faults.strike("sts", "AssumeRole") is None


def test_a_fault_that_is_none() -> None:
    with pytest.raises(ValueError, match="'flood' is no fault; there are throttle"):
        Faults().add(kind="flood")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs code="):
        Faults().add(kind="error")


def test_a_rate_limit_answers_as_aws_throttles(aws: AwsSandbox, organizations: Any) -> None:
    aws.rate_limit(per_second=0.001, burst=2)
    organizations.list_roots()
    organizations.list_roots()
    with refused("TooManyRequestsException"):
        organizations.list_roots()
    aws.rate_limit(None)
    organizations.list_roots()


def test_a_bucket_fills_up_to_its_burst() -> None:
    bucket = TokenBucket(per_second=1e9, burst=2)
    assert all(bucket.take() for _ in range(5))
    dry = TokenBucket(per_second=1e-9, burst=2)
    assert [dry.take() for _ in range(3)] == [True, True, False]
