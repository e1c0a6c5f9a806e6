"""AWS's stand-in for tests in one process, and the bot's sight of it.

Nearly every test asks AWS, and a connection costs more than the answer. So the clients are made once for an address, a call
goes straight to the stand-in, and what is known of the organization is taken again as long as the stand-in's whole state is
the same. While a fault is planned that loses or delays an answer, everything goes over the socket, as it does in scenarios.
"""

from __future__ import annotations

import io
import itertools
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse

from bot.aws import READING, Boto3Clients
from operations.aws.client import Aws, Call
from operations.snapshot.organization import Organization
from operations.snapshot.reader import read_organization
from sandbox.aws.answers import HttpAnswer
from sandbox.aws.calls import Call as SandboxCall
from sandbox.aws.faults import Kind
from sandbox.aws.server import AwsSandbox
from tests.harness.models import share_models

OF_THE_SOCKET: tuple[Kind, ...] = ("drop-before", "drop-after", "delay", "delay-after")
"""Faults that hang up, or that may last longer than the caller waits; every other is an answer like any."""
ANSWERS: dict[str, Kind] = {"throttle": "throttle", "500": "500", "malformed answer": "bad-json"}
FAULTS = ("time-out", "reset before", "reset after", *ANSWERS)
"""What may happen to a call: AWS has carried out what timed out and what was reset after, and not what was reset before."""
IDS, BEGAN = secrets.randbits(32), datetime.now(UTC)
share_models()
_running: list[AwsSandbox] = []
_ports = [0]
_read: dict[bytes, Organization] = {}


class AtOnce(AwsSandbox):
    """What takes AWS a while takes no time unless a test says so: the workers' clock would jump, and AWS's go on as clocks do.

    Its organization is the same in each module of a process, so that what was kept of a story, or read, still means the same there.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port=port, creation_seconds=0.0)
        self._ids, self._began = IDS, BEGAN

    def reset(self) -> None:
        """Begin anew."""
        super().reset()
        self.conditions.policy_type_seconds = self.conditions.closing_seconds = 0.0


@contextmanager
def running() -> Iterator[AwsSandbox]:
    """A stand-in, at the address of the last one where nobody else has taken it, so that clients can be used again."""
    try:
        found = AtOnce(_ports[-1])
        found.start()
    except OSError:
        found = AtOnce()
        found.start()
    _ports.append(int(found.endpoint_url.rpartition(":")[2]))
    _running.append(found)
    try:
        yield found
    finally:
        _running.remove(found)
        found.stop()


def bot_aws(on_call: Callable[[Call], None] = lambda _: None, reading: Config = READING) -> Aws:
    """AWS as a bot sees it that starts in the environment as it is now."""
    where = (os.environ[name] for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_REGION"))
    return Aws(_clients(reading, *where), on_call)


@cache
def _clients(reading: Config, *_: str) -> Boto3Clients:
    session = boto3.session.Session()
    session.events.register_last("before-send.*", _answer)
    return Boto3Clients(session, reading)


@contextmanager
def going_wrong(aws: AwsSandbox, fault: str, nth: int) -> Iterator[None]:
    """Within this block the call number `nth`, from 0, goes wrong in one of the ways of FAULTS, at once and without a socket."""
    real, numbers = aws.answer, itertools.count()

    def answer(environ: dict[str, Any]) -> HttpAnswer:
        if next(numbers) != nth:
            return real(environ)
        if fault in ANSWERS:
            aws.faults.add(kind=ANSWERS[fault])
        answered = None if fault == "reset before" else real(environ)
        if answered is None or fault not in ANSWERS:
            raise (ReadTimeoutError if fault == "time-out" else ConnectionClosedError)(endpoint_url=aws.endpoint_url)
        return answered

    with mock.patch.object(aws, "answer", answer):
        yield


def _answer(request: AWSPreparedRequest, **_: Any) -> Any:
    """Botocore's `before-send`, after the bot's own: the answer where it needs no connection, else None."""
    if not _running or _needs_a_socket(_running[-1]) or not str(request.url).startswith(_running[-1].endpoint_url):
        return None
    answer = _running[-1].answer(_environ(request))
    headers = HTTPHeaders.from_dict(dict(answer.headers))
    return AWSResponse(str(request.url), answer.status, headers, MockRawResponse(answer.body))


def _needs_a_socket(aws: AwsSandbox) -> bool:
    return any(aws.faults.planned(kind) for kind in OF_THE_SOCKET)


def _environ(request: AWSPreparedRequest) -> dict[str, Any]:
    """The request in the form of WSGI (PEP 3333)."""
    url, body = urlsplit(str(request.url)), _bytes(request.body)
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": _bytes(value).decode() for name, value in request.headers.items()
    }
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": url.path or "/",
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "CONTENT_TYPE": headers.pop("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": url.scheme,
        "wsgi.errors": io.StringIO(),
        **headers,
    }


def _bytes(value: Any) -> bytes:
    """Botocore's bodies and headers are text or bytes, or there is none."""
    return value.encode() if isinstance(value, str) else bytes(value or b"")


def organization(sandbox: AwsSandbox, aws: Aws, clock: Callable[[], datetime]) -> Organization:
    """As `read_organization`; what is known of exactly this state is not read again."""
    state = sandbox.state()
    if state is None:
        return read_organization(aws, clock)
    if state not in _read:
        _read[state] = read_organization(aws, clock)
    return replace(_read[state], read_at=clock())


def roles_assumed(sandbox: AwsSandbox) -> list[SandboxCall]:
    """The role sessions that were asked for; one that only shows whether a role is there may do nothing, and is none."""
    return [call for call in sandbox.calls.of("AssumeRole") if not _only_looks(str(call.params.get("RoleSessionName")))]


def _only_looks(name: str) -> bool:
    return name == "orgbot-look" or name.startswith("look-")
