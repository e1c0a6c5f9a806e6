"""Every error of a call comes out sorted by what the caller may do next."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    SSOTokenLoadError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError

from operations.aws.client import Aws, Call, fenced, sort_error
from operations.aws.errors import AmbiguousError, BusyError, CredentialsError, FencedError, RefusedError
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws

WHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ReadTimeoutError(endpoint_url=WHERE), AmbiguousError),
        (ConnectionClosedError(endpoint_url=WHERE), AmbiguousError),
        (ResponseParserError("no XML"), AmbiguousError),
        (ConnectionResetError(), AmbiguousError),
        (EndpointConnectionError(endpoint_url=WHERE), BusyError),
        (ConnectTimeoutError(endpoint_url=WHERE), BusyError),
        (NoCredentialsError(), CredentialsError),
        (UnauthorizedSSOTokenError(), CredentialsError),
        (SSOTokenLoadError(error_msg="gone"), CredentialsError),
        (ParamValidationError(report="wrong"), RefusedError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_an_error_without_an_answer(error: Exception, kind: type[Exception]) -> None:
    assert isinstance(sort_error("CreateAccount", error), kind)


def answered(code: str, status: int) -> Exception:
    """What an answer with this code and status is sorted as."""
    answer: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return sort_error("CreateAccount", ClientError(answer, "CreateAccount"))


@pytest.mark.parametrize(
    "code",
    [
        "ConcurrentModificationException",
        "FinalizingOrganizationException",
        "PolicyChangesInProgressException",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    ],
)
def test_these_codes_mean_not_now_whatever_the_status(code: str) -> None:
    for status in (400, 500, 503):
        assert isinstance(answered(code, status), BusyError)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RefusedError),
        (403, RefusedError),
        (428, RefusedError),
        (429, BusyError),
        (430, RefusedError),
        (499, RefusedError),
        (500, AmbiguousError),
        (501, AmbiguousError),
    ],
)
def test_an_unknown_code_is_sorted_by_its_status(status: int, kind: type[Exception]) -> None:
    assert type(answered("SomethingNew", status)) is kind


def test_an_error_of_our_own_is_left_alone() -> None:
    error = KeyError("x")
    assert sort_error("CreateAccount", error) is error


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "throttle"}, BusyError),
        ({"kind": "500"}, AmbiguousError),
        ({"kind": "503"}, AmbiguousError),
        ({"kind": "drop-before"}, AmbiguousError),
        ({"kind": "drop-after"}, AmbiguousError),
        ({"kind": "bad-json"}, AmbiguousError),
        ({"kind": "error", "code": "ConcurrentModificationException"}, BusyError),
        ({"kind": "error", "code": "ExpiredTokenException"}, CredentialsError),
        ({"kind": "error", "code": "InvalidSignatureException"}, CredentialsError),
        ({"kind": "error", "code": "UnrecognizedClientException"}, CredentialsError),
        (
            {"kind": "error", "code": "ConstraintViolationException", "reason": "ACCOUNT_NUMBER_LIMIT_EXCEEDED"},
            RefusedError,
        ),
    ],
    ids=lambda value: str(value.get("code", value["kind"])) if isinstance(value, dict) else value.__name__,
)
def test_a_write_is_sent_once_and_its_error_sorted(
    aws: AwsSandbox, fault: dict[str, Any], kind: type[Exception]
) -> None:
    aws.faults.add("CreateAccount", **fault)
    with pytest.raises(kind) as caught:
        bot_aws().write("organizations", "create_account", AccountName="x", Email="x@example.com")
    assert len(aws.calls.of("CreateAccount")) == 1
    assert getattr(caught.value, "reason", "") == fault.get("reason", "")
    assert getattr(caught.value, "write", False)


def test_an_error_of_fetching_the_bots_credentials_is_about_them() -> None:
    """A profile with `role_arn` makes the SDK assume a role before it signs the call that was asked for."""
    refused = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")
    error = sort_error("CreateAccount", refused)
    assert isinstance(error, CredentialsError)
    assert error.operation == "AssumeRole"


def test_a_fenced_write_never_leaves(aws: AwsSandbox) -> None:
    with fenced(lambda: False), pytest.raises(FencedError):
        create_account(bot_aws())
    assert aws.calls.of("CreateAccount") == []


def create_account(caller: Aws) -> None:
    caller.write("organizations", "create_account", AccountName="x", Email="x@example.com")


def test_a_write_leaves_while_its_fence_lets_it_and_asks_each_time(aws: AwsSandbox) -> None:
    answers = iter((True, False))
    with fenced(lambda: next(answers)):
        create_account(bot_aws())
        with pytest.raises(FencedError):
            create_account(bot_aws())
    assert len(aws.calls.of("CreateAccount")) == 1


def test_a_fence_is_for_writes_only(aws: AwsSandbox) -> None:
    with fenced(lambda: False):
        bot_aws().read("organizations", "list_roots")
    assert len(aws.calls.of("ListRoots")) == 1


def test_a_fence_ends_with_its_block_even_when_a_call_was_stopped(aws: AwsSandbox) -> None:
    with pytest.raises(FencedError), fenced(lambda: False):
        create_account(bot_aws())
    create_account(bot_aws())
    assert len(aws.calls.of("CreateAccount")) == 1


def test_after_a_fence_within_another_the_outer_one_holds_again(aws: AwsSandbox) -> None:
    with fenced(lambda: False):
        with fenced(lambda: True):
            create_account(bot_aws())
        with pytest.raises(FencedError):
            create_account(bot_aws())
    assert len(aws.calls.of("CreateAccount")) == 1


def test_one_workers_fence_stops_no_other_worker(aws: AwsSandbox) -> None:
    """Two threads carry two requests out at the same time."""
    with fenced(lambda: False):
        other = threading.Thread(target=create_account, args=(bot_aws(),))
        other.start()
        other.join()
    assert len(aws.calls.of("CreateAccount")) == 1


def test_a_page_token_that_comes_again_ends_the_reading() -> None:
    class Repeating:
        def client(self, service: str, *, writes: bool) -> Any:
            return self

        def acting_as(self, keys: Any) -> Any:
            return self

        class meta:  # noqa: N801
            method_to_api_mapping = {"list_things": "ListThings"}  # noqa: RUF012

            class service_model:  # noqa: N801
                @staticmethod
                def operation_model(_: str) -> Any:
                    return type("Model", (), {"output_shape": None})

        def list_things(self, **_: Any) -> dict[str, Any]:
            return {"Things": [1], "NextToken": "the same"}

    assert list(Aws(Repeating()).pages("things", "list_things", "Things")) == [1, 1]


def test_every_call_is_told(aws: AwsSandbox) -> None:
    told: list[Call] = []
    caller = bot_aws(told.append)
    caller.read("organizations", "list_roots")
    with pytest.raises(RefusedError):
        caller.read("organizations", "describe_account", AccountId="999999999999")
    assert [(call.operation, call.outcome, call.write) for call in told] == [
        ("ListRoots", "ok", False),
        ("DescribeAccount", "AccountNotFoundException", False),
    ]
