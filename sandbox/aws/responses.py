"""The Organizations endpoint: our operations, on moto's backend. It is asked nearly always, so that moto's server, which takes most of
a call's time, is not between.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any
from uuid import uuid4

from moto.core.exceptions import ServiceException
from moto.organizations.models import OrganizationsBackend, organizations_backends

from sandbox.aws import families
from sandbox.aws.answers import HttpAnswer
from sandbox.aws.backend import Backend
from sandbox.aws.calls import Call
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.refusals import Refusal, from_moto
from sandbox.aws.validation import check

SERVICE = "organizations"
# What an account that isn't the management account may call.
OPEN_TO_MEMBERS = frozenset(
    {
        "AcceptHandshake",
        "DeclineHandshake",
        "DescribeHandshake",
        "DescribeOrganization",
        "LeaveOrganization",
        "ListHandshakesForAccount",
    }
)

# What may be called where there is no organization, or from outside of it.
OPEN_TO_ANYBODY = frozenset(
    {"AcceptHandshake", "CreateOrganization", "DeclineHandshake", "DescribeHandshake", "ListHandshakesForAccount"}
)


def answer(call: Call) -> HttpAnswer:
    """What AWS Organizations answers to a call; every refusal is AWS's error, an operation that nobody has is refused and not a 500.

    The gate holds the lock meanwhile.
    """
    try:
        return _answered(200, json.dumps(_done(call)))
    except Refusal as refusal:
        return _answered(refusal.status, refusal.body(), refusal.code)
    except ServiceException as error:
        return _answered(400, from_moto(error).body(), error.code)


def _done(call: Call) -> Any:
    params = deepcopy(call.params)  # What is kept of them may change; what was called does not.
    check(SERVICE, call.operation, params)
    org = management()
    org.caller = call.account
    org.settle()
    _check_caller(org, call.operation)
    function = families.OPERATIONS.get(call.operation)
    if function is None:
        raise Refusal("UnsupportedAPIEndpointException", f"This sandbox has no {call.operation}.")
    return function(org, params)


def _answered(status: int, body: str, error: str = "") -> HttpAnswer:
    named = [("x-amzn-ErrorType", error)] if error else []
    told = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", str(uuid4())), *named]
    return HttpAnswer(status, told, body.encode())


def management() -> Backend:
    """The backend of the management account, where the whole organization is."""
    backend = organizations_backends[MANAGEMENT_ACCOUNT]["aws"]
    assert isinstance(backend, Backend), "install() comes before the first use"  # noqa: S101
    return backend


def install() -> None:
    """Put our backend into moto; it is the process's."""
    backend: type[OrganizationsBackend] = Backend
    organizations_backends.backend = backend


def _check_caller(org: Backend, name: str) -> None:
    if name in OPEN_TO_ANYBODY:
        return
    if org.org is None or not _is_member(org):
        raise Refusal("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    delegated = org.caller in {admin.account.id for admin in org.admins}
    may_read = delegated and name.startswith(("Describe", "List"))
    if org.caller != MANAGEMENT_ACCOUNT and name not in OPEN_TO_MEMBERS and not may_read:
        raise Refusal("AccessDeniedException", "You don't have permissions to access this resource.")


def _is_member(org: Backend) -> bool:
    return org.caller == MANAGEMENT_ACCOUNT or any(account.id == org.caller for account in org.accounts)
