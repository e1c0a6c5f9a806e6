"""boto3 clients: one session for the process, one client for reading and one for writing per service.

Reading clients retry, in the standard mode: the adaptive one slows a whole client down to a call in two seconds when AWS
throttles for long, while a few readers with backoff keep going. An AWS that does not answer at all is asked twice. What a request
waits for is asked less often than the organization: within a minute its requester is told. Writing clients never retry, and ask
`guard_before_send` before each call leaves.
Everything but STS is asked in the Region where its partition keeps the global services, whatever AWS_REGION says: there are
Organizations, IAM, the accounts' own service, and the quotas of Organizations.
Source: boto3 documentation, "Retries"; botocore, "Extensibility guide" (before-send, needs-retry).
"""

from __future__ import annotations

import os
import threading
from copy import copy
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from operations.aws.client import Keys, guard_before_send
from operations.aws.partitions import global_region, is_awss, of_region

READING = Config(
    retries={"mode": "standard", "total_max_attempts": 10}, connect_timeout=3, read_timeout=10, max_pool_connections=16
)
WRITING = Config(
    retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=60, max_pool_connections=16
)
# For the jobs of requests, which try again by themselves, and tell people why they wait.
WAITED_FOR = READING.merge(Config(retries={"mode": "standard", "total_max_attempts": 6}))
# For what a person waits for while looking: the answer comes without it when AWS is slow.
GLANCING = Config(
    retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=1, read_timeout=2, max_pool_connections=16
)
# For a name that somebody has typed, while Slack waits 3 s: asked once.
LOOKING_UP = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=0.8,
    read_timeout=0.8,
    max_pool_connections=16,
)
REGION = "us-east-1"
SILENT = 2  # Tries that AWS leaves without any answer before a look ends: whoever waits for it is told.


class Boto3Clients:
    """Clients made when they are first needed; a boto3 session may not be shared while clients are made, so that is locked."""

    def __init__(self, session: boto3.session.Session | None = None, reading: Config = READING) -> None:
        self._reading = reading
        self._session = session or boto3.session.Session()
        self._lock = threading.Lock()
        self._keys: dict[str, str] = {}
        self._clients: dict[tuple[str, bool], Any] = {}

    def client(self, service: str, *, writes: bool) -> Any:
        """The client of a service, such as `organizations`."""
        with self._lock:
            if (service, writes) not in self._clients:
                self._clients[service, writes] = self._make(service, writes=writes)
            return self._clients[service, writes]

    def acting_as(self, keys: Keys) -> Boto3Clients:
        """Clients of their own that sign with temporary credentials; AWS's models are not read again for them."""
        acting = copy(self)
        acting._clients = {}
        acting._keys = {
            "aws_access_key_id": keys.access_key_id,
            "aws_secret_access_key": keys.secret_access_key.get_secret_value(),
            "aws_session_token": keys.session_token.get_secret_value(),
        }
        return acting

    def asking(self, reading: Config) -> Boto3Clients:
        """Clients of their own that read in this way; the session is the same, so that AWS's models and keys are read once."""
        other = copy(self)
        other._clients, other._reading = {}, reading
        return other

    def instead_of_aws(self) -> str:
        """The address at which a stand-in for AWS is asked, such as AWS_ENDPOINT_URL's; empty where AWS itself is."""
        address = str(self.client("sts", writes=False).meta.endpoint_url)
        return "" if is_awss(address) else address.rstrip("/")

    def _make(self, service: str, *, writes: bool) -> Any:
        # As the AWS CLI takes it; boto3 by itself knows AWS_DEFAULT_REGION only.
        own = os.environ.get("AWS_REGION") or self._session.region_name or REGION
        region = own if service == "sts" else global_region(of_region(own))
        config = WRITING if writes else self._reading
        client = self._session.client(service, region_name=region, config=config, **self._keys)  # type: ignore[call-overload]
        if writes:
            client.meta.events.register("before-send.*", guard_before_send)
        else:
            client.meta.events.register_first("needs-retry.*", give_up_on_silence)
        return client


def give_up_on_silence(attempts: int, caught_exception: Exception | None, **_: Any) -> None:
    """Botocore's `needs-retry` hook for reading clients: what is throttled is asked often, and what hangs is not."""
    if attempts >= SILENT and isinstance(caught_exception, ReadTimeoutError | ConnectTimeoutError):
        raise caught_exception
