"""The Organizations endpoint: moto's, whose dispatch asks our operations."""

from __future__ import annotations

import json
from typing import Any

import moto.organizations.urls
from moto.core.exceptions import ServiceException
from moto.organizations.models import OrganizationsBackend, organizations_backends
from moto.organizations.responses import OrganizationsResponse

from sandbox.aws import families
from sandbox.aws.backend import LOCK, Backend
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.refusals import Refusal, from_moto
from sandbox.aws.validation import check

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

Response = tuple[int, dict[str, str], Any]


class Organizations(OrganizationsResponse):
    """AWS Organizations over HTTP."""

    def call_action(self) -> Response:
        """Answers one request; every refusal is AWS's error, an operation that nobody has is refused and not a 500."""
        with LOCK:
            try:
                return self._answer(self._get_action())
            except Refusal as refusal:
                return self._respond(refusal.status, refusal.body(), {"x-amzn-ErrorType": refusal.code})
            except ServiceException as error:
                return self._respond(400, from_moto(error).body(), {"x-amzn-ErrorType": error.code})

    def _answer(self, name: str) -> Response:
        check("organizations", name, self.request_params)
        org = management()
        org.caller = self.current_account
        org.settle()
        _check_caller(org, name)
        function = families.OPERATIONS.get(name)
        if function is None:
            raise Refusal("UnsupportedAPIEndpointException", f"This sandbox has no {name}.")
        return self._respond(200, json.dumps(function(org, self.request_params)), {})

    def _respond(self, status: int, body: str, headers: dict[str, str]) -> Response:
        enriched, text = self._enrich_response(
            {**self.response_headers, **headers, "content-type": "application/x-amz-json-1.1"}, body
        )
        return status, enriched, text


def management() -> Backend:
    """The backend of the management account, where the whole organization is."""
    backend = organizations_backends[MANAGEMENT_ACCOUNT]["aws"]
    assert isinstance(backend, Backend), "install() comes before the first use"  # noqa: S101
    return backend


def install() -> None:
    """Put our backend and our endpoint into moto; both are the process's."""
    backend: type[OrganizationsBackend] = Backend
    organizations_backends.backend = backend
    moto.organizations.urls.url_paths["{0}/$"] = Organizations.dispatch


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
