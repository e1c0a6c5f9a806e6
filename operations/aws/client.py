"""The one door to AWS: every call goes through `Aws.read` or `Aws.write`, and every error comes out sorted.

Reads may be retried by the SDK. Writes are sent once: no Organizations operation has an idempotency token, and botocore's
own retries would send one CreateAccount three times.
Source: botocore, "Config reference" (retries); AWS Organizations API Reference, "Common Errors".
"""

from __future__ import annotations

import contextvars
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError
from botocore.parsers import ResponseParserError
from pydantic import SecretStr

from operations.aws.errors import AmbiguousError, AwsError, BusyError, CredentialsError, FencedError, RefusedError
from operations.aws.own_credentials import CREDENTIALS, is_about_credentials
from operations.aws.partitions import Identity
from operations.aws.reasons import meaning_of
from operations.aws.sorting import Next

Answer = dict[str, Any]
Fence = Callable[[], bool]


def aws_time(moment: datetime) -> str:
    """`2026-11-30T00:41:00Z`, as AWS's policies and tools read it; parts of a second are left out."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Keys(Protocol):
    """Temporary credentials, as far as signing needs them."""

    @property
    def access_key_id(self) -> str: ...
    @property
    def secret_access_key(self) -> SecretStr: ...
    @property
    def session_token(self) -> SecretStr: ...


class Clients(Protocol):
    """Gives boto3 clients; `writes=True` asks for one whose SDK retries are off."""

    def client(self, service: str, *, writes: bool) -> Any: ...

    def acting_as(self, keys: Keys) -> Clients:
        """Clients that sign with these temporary credentials."""


@dataclass(frozen=True)
class Call:
    """One finished call, for the audit and the metrics: `outcome` is `ok` or an error's code."""

    service: str
    operation: str
    outcome: str
    aws_request_id: str
    write: bool


_fence: contextvars.ContextVar[Fence | None] = contextvars.ContextVar("fence", default=None)


@contextmanager
def fenced(fence: Fence) -> Iterator[None]:
    """Within this block nothing that changes something leaves the process unless `fence()` says yes, and those around it."""
    outer = _fence.get()
    token = _fence.set(fence if outer is None else lambda: outer() and fence())
    try:
        yield
    finally:
        _fence.reset(token)


def guard_before_send(**_: Any) -> None:
    """Botocore's `before-send` hook for writing clients."""
    check_fence()


def check_fence() -> None:
    """Asked right before something leaves the process; raises FencedError when the work has lost its right to send."""
    fence = _fence.get()
    if fence is not None and not fence():
        raise FencedError


class Aws:
    """AWS as the operations see it: `read`, `write`, `pages`, each naming the boto3 method (`list_accounts`)."""

    def __init__(self, clients: Clients, on_call: Callable[[Call], None] = lambda _: None) -> None:
        self._clients = clients
        self._on_call = on_call
        self._identity: Identity | None = None

    def acting_as(self, keys: Keys) -> Aws:
        """AWS as somebody else sees it: every call is signed with these temporary credentials."""
        return Aws(self._clients.acting_as(keys), self._on_call)

    def identity(self) -> Identity:
        """Whose name is on the calls, asked of AWS until it has told once; raises as `read`."""
        if self._identity is None:
            told = self.read("sts", "get_caller_identity")
            self._identity = Identity(str(told["Account"]), str(told["Arn"]))
        return self._identity

    @property
    def partition(self) -> str:
        """The bot's partition, without a call: until AWS has told whose name is on the calls, that of the Region."""
        if self._identity:
            return self._identity.partition
        return str(self._clients.client("sts", writes=False).meta.partition)

    def read(self, service: str, method: str, **params: Any) -> Answer:
        """The answer to a call that changes nothing; raises RefusedError, BusyError or AmbiguousError."""
        return self._call(service, method, params, write=False)

    def probe(self, service: str, method: str, **params: Any) -> Answer:
        """As `read`, but asked once only: for what is good to know and not worth waiting for."""
        return self._call(service, method, params, write=False, retries=False)

    def write(self, service: str, method: str, **params: Any) -> Answer:
        """The answer to a call that changes something, sent once; raises as `read`, and FencedError."""
        return self._call(service, method, params, write=True)

    def pages(self, service: str, method: str, key: str, **params: Any) -> Iterator[Any]:
        """Every item under `key` on all pages; a token that comes a second time ends the reading."""
        seen: set[str] = set()
        while True:
            answer = self.read(service, method, **params)
            yield from answer.get(key, [])
            name = "nextToken" if "nextToken" in answer else "NextToken"  # Newer services write their members small.
            token = answer.get(name)
            if not token or token in seen:
                return
            seen.add(token)
            params[name] = token

    def _call(self, service: str, method: str, params: Answer, *, write: bool, retries: bool = True) -> Answer:
        client = self._clients.client(service, writes=write or not retries)
        operation = client.meta.method_to_api_mapping[method]
        try:
            answer: Answer = getattr(client, method)(**params)
            _check_readable(client, operation, answer)
        except Exception as error:
            sorted_error = sort_error(operation, error, write=write)
            self._on_call(Call(service, operation, _outcome(sorted_error), _request_id(error), write))
            if sorted_error is error:
                raise
            raise sorted_error from error
        self._on_call(Call(service, operation, "ok", answer.get("ResponseMetadata", {}).get("RequestId", ""), write))
        return answer


def _check_readable(client: Any, operation: str, answer: Answer) -> None:
    """Botocore turns an unreadable JSON answer into one without its members and raises nothing; then nobody knows what AWS said."""
    shape = client.meta.service_model.operation_model(operation).output_shape
    members = shape.members if shape is not None else {}
    if not members.keys() & answer.keys() if members else _is_a_page(answer.get("ResponseMetadata", {})):
        raise AmbiguousError(operation, "AWS's answer could not be read", code="UnreadableAnswer")


def _is_a_page(metadata: Answer) -> bool:
    """Whether what should be an empty answer is no answer of AWS: a page, with none of its request ids."""
    kind = str(metadata.get("HTTPHeaders", {}).get("content-type", ""))
    return kind.startswith("text/html") and not metadata.get("RequestId")


def sort_error(operation: str, error: Exception, *, write: bool = False) -> Exception:
    """The error as one of `operations.aws.errors`; what did not come from the SDK is given back as it is."""
    found = _sorted(operation, error)
    if isinstance(found, AwsError):
        found.write = write
    return found


def _sorted(operation: str, error: Exception) -> Exception:
    if isinstance(error, ClientError):
        return _sort_answer(operation, error)
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return BusyError(operation, "AWS could not be reached", code=type(error).__name__)
    if isinstance(error, BotoCoreError):
        return _sort_local(operation, error)
    if isinstance(error, ResponseParserError | json.JSONDecodeError | OSError):
        return AmbiguousError(operation, "AWS's answer could not be read", code=type(error).__name__)
    return error


def _sort_answer(operation: str, error: ClientError) -> AwsError:
    answer: Answer = dict(error.response)
    details = answer.get("Error", {})
    code = str(details.get("Code", ""))
    reason = str(answer.get("Reason") or answer.get("reason") or "")
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    kind = _kind(code, reason, status)
    if kind is AmbiguousError and not _is_awss_word(code):
        return AmbiguousError(operation, "the answer is none of AWS's", code=f"HTTP status {status}")
    if error.operation_name != operation:  # The SDK asked for credentials first, and sent nothing of ours without them.
        kind, operation = CredentialsError, error.operation_name
    return kind(operation, str(details.get("Message", "")), code=code, reason=reason)


def _kind(code: str, reason: str, status: int) -> type[AwsError]:
    if code in CREDENTIALS:
        return CredentialsError
    if meaning_of(code, reason).next is Next.WAIT or status == 429:
        return BusyError
    return AmbiguousError if status >= 500 or not _is_awss_word(code) else RefusedError


def _is_awss_word(code: str) -> bool:
    """Whether AWS itself has answered: where there is no code, botocore takes the status, such as that of a proxy's page."""
    return bool(code) and not code.isdigit()


NEVER_SENT = ("ParamValidationError", "NoRegionError")


def _sort_local(operation: str, error: BotoCoreError) -> AwsError:
    name = type(error).__name__
    if is_about_credentials(name):
        return CredentialsError(operation, str(error), code=name)
    if name in NEVER_SENT:
        return RefusedError(operation, str(error), code=name)
    return AmbiguousError(operation, "the connection to AWS broke or its answer never came", code=name)


def _outcome(error: Exception) -> str:
    return (error.code or type(error).__name__) if isinstance(error, AwsError) else type(error).__name__


def _request_id(error: Exception) -> str:
    response = getattr(error, "response", None)
    metadata = response.get("ResponseMetadata", {}) if isinstance(response, dict) else {}
    return str(metadata.get("RequestId", ""))
