"""Every error of a call comes out sorted by what the caller may do next."""

from __future__ import annotations

import contextlib
import json
import threading
from datetime import datetime, timedelta, timezone
from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ReadTimeoutError,
    SSOTokenLoadError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ExponentialBackoff

from bot.aws import READING, WAITED_FOR
from operations.aws.client import Aws, Call, aws_time, fenced, sort_error
from operations.aws.errors import AmbiguousError, AwsError, BusyError, CredentialsError, FencedError, RefusedError
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws
from tests.harness.tables import each_of

WHERE = "http://127.0.0.1:9"
IMPATIENT = READING.merge(Config(read_timeout=0.05))


@each_of(
    ("error", "kind"),
    [
        (ReadTimeoutError(endpoint_url=WHERE), AmbiguousError),
        (ConnectionClosedError(endpoint_url=WHERE), AmbiguousError),
        (ResponseParserError("no XML"), AmbiguousError),
        (json.JSONDecodeError("no JSON", "", 0), AmbiguousError),
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


@each_of(
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


@each_of(
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


@each_of(
    ("answer", "told"),
    [
        ({}, (AmbiguousError, "HTTP status 400", "", "the answer is none of AWS's")),
        ({"Error": {}}, (AmbiguousError, "HTTP status 400", "", "the answer is none of AWS's")),
        ({"ResponseMetadata": {}}, (AmbiguousError, "HTTP status 400", "", "the answer is none of AWS's")),
        ({"Error": {"Code": "Gone"}}, (RefusedError, "Gone", "", "")),
        ({"Error": {"Code": "Odd"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, (AmbiguousError, "Odd", "", "")),
        ({"Error": {"Code": "Gone"}, "Reason": "MOVED"}, (RefusedError, "Gone", "MOVED", "")),
        ({"Error": {"Code": "Gone"}, "reason": "MOVED"}, (RefusedError, "Gone", "MOVED", "")),
        ({"Error": {"Code": "Gone", "Message": "It is."}, "Reason": None}, (RefusedError, "Gone", "", "It is.")),
    ],
)
def test_what_an_answer_leaves_out_is_empty(answer: Any, told: tuple[type[AwsError], str, str, str]) -> None:
    """And makes no other error of it, which would tell nothing of what became of the call."""
    error = sort_error("CreateAccount", ClientError(answer, "CreateAccount"))
    assert isinstance(error, AwsError)
    assert (type(error), error.code, error.reason, error.message) == told
    assert not error.write, "unless it is said that it was one"


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


def test_a_fence_within_another_opens_nothing_that_the_outer_one_holds(aws: AwsSandbox) -> None:
    with fenced(lambda: False), fenced(lambda: True), pytest.raises(FencedError):
        create_account(bot_aws())
    assert aws.calls.of("CreateAccount") == []


def test_after_a_fence_within_another_the_outer_one_holds_again(aws: AwsSandbox) -> None:
    with fenced(lambda: True):
        with fenced(lambda: False), pytest.raises(FencedError):
            create_account(bot_aws())
        create_account(bot_aws())
    with fenced(lambda: False):
        with fenced(lambda: False), pytest.raises(FencedError):
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


class Answering:
    """Clients of which every call gives the next of some answers, or raises it; `asked` holds what was asked of them."""

    def __init__(self, *answers: dict[str, Any] | Exception, members: tuple[str, ...] = ()) -> None:
        self._answers = iter(answers)
        self.asked: list[tuple[bool, dict[str, Any]]] = []
        self.signed_by: list[Any] = []
        shape = SimpleNamespace(members=dict.fromkeys(members))
        model = SimpleNamespace(operation_model=lambda _: SimpleNamespace(output_shape=shape))
        self.meta = SimpleNamespace(method_to_api_mapping={"list_things": "ListThings"}, service_model=model)

    def client(self, service: str, *, writes: bool) -> Any:
        return SimpleNamespace(meta=self.meta, list_things=partial(self._answer, writes))

    def acting_as(self, keys: Any) -> Any:
        self.signed_by.append(keys)
        return self

    def _answer(self, writes: bool, **params: Any) -> dict[str, Any]:  # noqa: FBT001
        self.asked.append((writes, params))
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize("name", ["NextToken", "nextToken"])
def test_all_pages_are_read_whichever_way_a_service_writes_its_token(name: str) -> None:
    clients = Answering({"Things": [1, 2], name: "second"}, {name: "third"}, {"Things": [3], name: ""})
    assert list(Aws(clients).pages("things", "list_things", "Things", Of="us")) == [1, 2, 3]
    asked = [{"Of": "us"}, {"Of": "us", name: "second"}, {"Of": "us", name: "third"}]
    assert clients.asked == [(False, params) for params in asked]


def test_only_what_may_be_asked_twice_is_left_to_the_sdks_own_tries() -> None:
    told: list[Call] = []
    clients = Answering({}, {}, {})
    caller = Aws(clients, told.append)
    for ask in (caller.read, caller.probe, caller.write):
        ask("things", "list_things")
    assert [writes for writes, _ in clients.asked] == [False, True, True]
    assert [call.write for call in told] == [False, False, True]


def answer_of_error(**more: Any) -> Exception:
    return ClientError({"Error": {"Code": "Gone", "Message": "It is gone."}, **more}, "ListThings")  # type: ignore[typeddict-item]


@each_of(
    ("answer", "outcome", "number"),
    [
        ({"ResponseMetadata": {"RequestId": "aws-1"}}, "ok", "aws-1"),
        ({}, "ok", ""),
        (answer_of_error(ResponseMetadata={"RequestId": "aws-2", "HTTPStatusCode": 400}), "Gone", "aws-2"),
        (answer_of_error(), "Gone", ""),
        (ReadTimeoutError(endpoint_url=WHERE), "ReadTimeoutError", ""),
        (ConnectTimeoutError(endpoint_url=WHERE), "ConnectTimeoutError", ""),
        (ConnectionResetError(), "ConnectionResetError", ""),
        (NoRegionError(), "NoRegionError", ""),
        (ClientError({"ResponseMetadata": {"HTTPStatusCode": 429}}, "ListThings"), "BusyError", ""),  # type: ignore[typeddict-item]
        (KeyError("ours"), "KeyError", ""),
        (FencedError(), "FencedError", ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_of_each_call_is_told_what_it_was_and_how_it_ended(answer: Any, outcome: str, number: str) -> None:
    told: list[Call] = []
    with contextlib.suppress(Exception):
        Aws(Answering(answer), told.append).write("things", "list_things")
    assert told == [Call("things", "ListThings", outcome, number, write=True)]


def test_an_error_says_what_aws_said() -> None:
    with pytest.raises(RefusedError) as raised:
        Aws(Answering(answer_of_error(Reason="MOVED"))).read("things", "list_things")
    error = raised.value
    assert (error.operation, error.message, error.code, error.reason) == ("ListThings", "It is gone.", "Gone", "MOVED")
    assert not error.write


@pytest.mark.parametrize("code", ["", "302", "403", "404", "407", "502"])
def test_what_is_not_awss_own_word_is_no_refusal(code: str) -> None:
    """A proxy's page, for example, for which botocore has nothing but the status."""
    error = answered(code, int(code or 403))
    assert isinstance(error, AmbiguousError)
    assert error.code == f"HTTP status {code or 403}"
    assert "<html>" not in str(error)


@pytest.mark.parametrize(
    ("kind", "number", "readable"),
    [("text/html; charset=utf-8", "", False), ("text/html", "r-1", True), ("application/json", "", True)],
)
def test_a_page_in_place_of_an_empty_answer_is_not_taken_for_one(kind: str, number: str, readable: bool) -> None:  # noqa: FBT001
    answer = {"ResponseMetadata": {"HTTPHeaders": {"content-type": kind}, "RequestId": number}}
    caller = Aws(Answering(answer))
    if readable:
        assert caller.write("things", "list_things") == answer
        return
    with pytest.raises(AmbiguousError, match="could not be read"):
        caller.write("things", "list_things")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (EndpointConnectionError(endpoint_url=WHERE), "AWS could not be reached"),
        (ConnectionResetError(), "AWS's answer could not be read"),
        (ReadTimeoutError(endpoint_url=WHERE), "the connection to AWS broke or its answer never came"),
        (NoRegionError(), "You must specify a region."),
        (NoCredentialsError(), "Unable to locate credentials"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_without_an_answer_says_what_was_the_matter(error: Exception, message: str) -> None:
    found = sort_error("ListThings", error)
    assert isinstance(found, AwsError)
    assert (found.operation, found.message, found.code) == ("ListThings", message, type(error).__name__)


@pytest.mark.parametrize(("answer", "readable"), [({"Things": []}, True), ({"Else": 1}, False), ({}, False)])
def test_an_answer_without_any_of_its_members_was_not_read(answer: dict[str, Any], readable: bool) -> None:  # noqa: FBT001
    caller = Aws(Answering(answer, members=("Things", "NextToken")))
    if readable:
        assert caller.read("things", "list_things") == answer
        return
    with pytest.raises(AmbiguousError, match="could not be read") as raised:
        caller.read("things", "list_things")
    assert (raised.value.operation, raised.value.code) == ("ListThings", "UnreadableAnswer")


def test_who_acts_as_somebody_else_signs_with_their_keys_and_is_heard_all_the_same() -> None:
    told: list[Call] = []
    clients, keys = Answering({}), cast("Any", object())
    Aws(clients, told.append).acting_as(keys).read("things", "list_things")
    assert (clients.signed_by, len(told)) == ([keys], 1)


def test_whose_name_is_on_the_calls_is_asked_once_and_says_the_partition_from_then_on(aws: AwsSandbox) -> None:
    caller = bot_aws()
    assert caller.partition == "aws", "that of the Region, without a call"
    assert aws.calls.of("GetCallerIdentity") == []
    assert caller.identity() == caller.identity()
    assert caller.identity().account == aws.client("sts").get_caller_identity()["Account"]
    assert len(aws.calls.of("GetCallerIdentity")) == 2, "one of the bot's, and this test's own"
    assert caller.partition == caller.identity().partition


def test_a_time_is_written_as_awss_policies_read_it() -> None:
    in_berlin = datetime(2026, 11, 30, 1, 41, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert aws_time(in_berlin) == "2026-11-30T00:41:00Z"


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


@pytest.mark.parametrize(
    ("fault", "asked"),
    [({"kind": "delay", "seconds": 30.0}, 2), ({"kind": "throttle"}, 10)],
    ids=["hangs", "throttles"],
)
def test_a_look_at_an_aws_that_hangs_ends_soon_and_one_that_throttles_is_asked_often(
    aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], asked: int
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    planned = aws.faults.add(**fault, times=None)
    with pytest.raises((AmbiguousError, BusyError)):
        bot_aws(reading=IMPATIENT).read("organizations", "describe_organization")
    planned.cancel()
    assert len(aws.calls.of("DescribeOrganization")) == asked


def test_what_a_request_waits_for_is_given_up_within_a_minute_even_when_each_pause_is_the_longest() -> None:
    """So that its requester is told why they wait."""
    tries = WAITED_FOR.retries["total_max_attempts"]  # type: ignore[attr-defined]
    pauses = ExponentialBackoff(random=lambda: 1.0, throttling_detector=Mock())
    waited = sum(pauses.delay_amount(Mock(attempt_number=number, http_response=None)) for number in range(1, tries))
    assert waited < 45
