"""`AwsSandbox`: AWS on this machine, for the demo and for tests."""

from __future__ import annotations

import os
import pickle
import secrets
import socket
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from threading import Lock, Thread
from typing import Any, Self

import boto3
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import MotoRequestHandler
from moto.organizations.models import organizations_backends
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.aws import consent, endpoints, handshakes, responses, signin, sts
from sandbox.aws.answers import HttpAnswer
from sandbox.aws.backend import LOCK, Backend
from sandbox.aws.calls import CallLog
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT, Conditions
from sandbox.aws.dispatcher import Dispatcher
from sandbox.aws.faults import Faults, TokenBucket
from sandbox.aws.gate import Gate, ask
from sandbox.aws.grow import grow
from sandbox.aws.requests import Environ, access_key_of
from sandbox.aws.seed import OUTSIDERS, seed

REGION = "us-east-1"
SECRET = "sandbox-secret"  # noqa: S105 - the stand-in takes any secret.

_one_at_a_time = Lock()


class RequestHandler(MotoRequestHandler):
    """moto's, silent, and without waiting for more to send."""

    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The gate logs calls by their names."""


class AwsSandbox:
    """A stand-in for AWS Organizations, STS, IAM, Account Management, Service Quotas and Access Analyzer.

    It is moto's server on a loopback port in a thread of this process, extended where moto lacks or mistakes what a user
    of AWS Organizations meets. moto's backends are the process's, so one process runs one sandbox at a time (`start`
    raises RuntimeError otherwise); any number may follow one another, each begins empty or with the seed. Programs in
    other processes use it through `environment()`.

    Provoked failures: `fail_next_creation(REASON)`, or an e-mail address with a FailureReason after the plus
    (`web+ACCOUNT_LIMIT_EXCEEDED@example.com`). Credentials: any; `AKIA<account id>` acts as that account.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, *, creation_seconds: float = 3.0, seed: bool = True
    ) -> None:
        self._address = (host, port)
        self._creation_seconds = creation_seconds
        self._seed = seed
        self._ids = secrets.randbits(32)
        self._began = datetime.now(UTC)
        self._server: BaseWSGIServer | None = None
        self._thread: Thread | None = None
        self.calls = CallLog()
        self.faults = Faults()
        self._gate = Gate(Dispatcher(), self.calls, self.faults)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Open the port; raises RuntimeError when this process has a sandbox already, OSError when the port is taken."""
        if "MOTO_ACCOUNT_ID" in os.environ:
            raise RuntimeError("MOTO_ACCOUNT_ID is set: it would make every caller one account. Unset it.")
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("this process runs an AwsSandbox already: moto's state is shared. Stop that one first.")
        try:
            responses.install()
            sts.install()
            endpoints.install()
            self.reset()
            self._server = self._bound()
        except BaseException:
            _one_at_a_time.release()
            raise
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="aws sandbox", daemon=True)
        self._thread.start()

    def _bound(self) -> BaseWSGIServer:
        """The server on its port, which is taken here: werkzeug would end the process where it can't be had."""
        with socket.create_server(self._address) as port:
            options: Any = {"threaded": True, "request_handler": RequestHandler, "fd": port.fileno()}
            return make_server(*self._address, self._gate, **options)

    def stop(self) -> None:
        """Close the port and forget everything."""
        if self._server is None or self._thread is None:
            return
        self._gate.closing.set()
        self.faults.clear()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = None
        _clear_moto()
        _one_at_a_time.release()

    @property
    def endpoint_url(self) -> str:
        """`http://127.0.0.1:<port>`; raises RuntimeError before `start`."""
        if self._server is None:
            raise RuntimeError("the AwsSandbox isn't running: use `with AwsSandbox() as aws`")
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def environment(self, account: str = MANAGEMENT_ACCOUNT) -> dict[str, str]:
        """The environment variables that make a program use this sandbox, as the account's administrator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": access_key_of(account),
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(
        self, service: str, *, account: str = MANAGEMENT_ACCOUNT, read_timeout: float = 30, **credentials: str
    ) -> Any:
        """A boto3 client without retries; `credentials` are boto3's own names, for those that AssumeRole gave."""
        keys = {"aws_access_key_id": access_key_of(account), "aws_secret_access_key": SECRET} | credentials
        with LOCK:  # A boto3 session may not make two clients at a time.
            return _client(service, self.endpoint_url, read_timeout, tuple(keys.items()))

    @property
    def federation_url(self) -> str:
        """The sign-in endpoint that turns a session's credentials into a console link."""
        return self.endpoint_url + signin.PATH

    @property
    def conditions(self) -> Conditions:
        """What may be changed while it runs: quotas, how long things take, whether there are `Paths`."""
        return Backend.conditions

    @property
    def paths(self) -> bool:
        """Whether accounts have `Paths` and OUs `Path`."""
        return self.conditions.paths

    @paths.setter
    def paths(self, there: bool) -> None:
        self.conditions.paths = there

    def move(self, partition: str, home: str) -> None:
        """From now on it is AWS in another partition, whose global services are in the Region `home`; `reset` brings it back."""
        self.conditions.partition, self.conditions.home = partition, home

    def reset(self) -> None:
        """Begin anew: state, conditions, faults, rate limit and calls. The organization is the same each time, its ids too."""
        with LOCK:
            _clear_moto()
            mock_random.seed(self._ids)
            Backend.conditions = Conditions(
                creation_seconds=self._creation_seconds, outside_emails=dict(OUTSIDERS) if self._seed else {}
            )
            if self._seed:
                seed(responses.management(), self._began)
        self.faults.clear()
        self._gate.limit = self._gate.before = None
        self.calls.clear()

    def answer(self, environ: Environ) -> HttpAnswer:
        """The answer to a request of this process, which needs no connection; raises ConnectionError where there is to be none."""
        return ask(self._gate, environ)

    def state(self) -> bytes | None:
        """The organization's whole state, alike while no answer would differ; None while answers may change by themselves."""
        with LOCK:
            org = responses.management()
            if org.agenda or org.conditions.lag_seconds or self.faults or self._gate.limit or self._gate.before:
                return None
            return pickle.dumps((self.endpoint_url, self.paths, vars(org)))

    def finish_creations(self) -> None:
        """Let every creation in flight end now, each with its own outcome."""
        self._finish("creation")

    def finish(self, kind: str) -> None:
        """Let everything of a kind end now: `creation`, `closing`, `policy-type`."""
        self._finish(kind)

    def _finish(self, kind: str) -> None:
        with LOCK:
            responses.management().settle(kind)

    def show(self) -> None:
        """Let looks show what a `late` call has changed."""
        self._gate.before = None

    def fail_next_creation(self, reason: str) -> None:
        """The next CreateAccount will end FAILED with this reason; any text is taken, for reasons yet unknown."""
        self.conditions.failures.append(reason)

    def advance(self, **time: float) -> None:
        """Let AWS's clock run ahead: `advance(days=5)`; takes timedelta's arguments."""
        self.conditions.clock.advance(timedelta(**time))

    def accept(self, handshake_id: str) -> None:
        """Accept a handshake for the account that it asks; an accepted invitation makes it a member in the root."""
        with LOCK:
            org = responses.management()
            consent.accept(org, org.handshakes[handshake_id])

    def decline(self, handshake_id: str) -> None:
        """Decline a handshake for the account that it asks."""
        self._end(handshake_id, "DECLINED")

    def expire(self, handshake_id: str) -> None:
        """Let a handshake's time be over."""
        self._end(handshake_id, "EXPIRED")

    def _end(self, handshake_id: str, state: str) -> None:
        with LOCK:
            org = responses.management()
            handshakes.end(org, org.handshakes[handshake_id], state)

    def grow(self, accounts: int = 10_000, ous: int = 1_000) -> None:
        """Make the organization large; at most 111,110 OUs. The account quota grows with it."""
        with LOCK:
            grow(responses.management(), accounts, ous)
            self.conditions.account_quota += accounts

    @property
    def is_limited(self) -> bool:
        """Whether there is a rate limit."""
        return self._gate.limit is not None

    def rate_limit(self, per_second: float | None, burst: float | None = None) -> None:
        """Refuse what exceeds a rate over all operations (`burst` is a second's worth by default); None ends it."""
        self._gate.limit = TokenBucket(per_second, burst or max(per_second, 1)) if per_second else None


@cache
def _session() -> boto3.session.Session:
    """One for all clients: each session of its own would read botocore's models again."""
    return boto3.session.Session(region_name=REGION)


@lru_cache(maxsize=64)
def _client(service: str, endpoint_url: str, read_timeout: float, keys: tuple[tuple[str, str], ...]) -> Any:
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=read_timeout)
    session: Any = _session()
    return session.client(service, endpoint_url=endpoint_url, config=config, **dict(keys))


def _clear_moto() -> None:
    BackendDict.reset()
    organizations_backends.master_accounts.clear()
    reset_model_data()
