"""CreateAccount and what follows: in progress for some seconds, then succeeded or failed.

Every failure can be had: `Conditions.failures` holds reasons for the next creations, and an address whose plus tag is a
FailureReason (`web+ACCOUNT_LIMIT_EXCEEDED@example.com`) fails with that reason. An address in use fails by itself.
Source: AWS Organizations API Reference, "CreateAccount", "CreateAccountStatus", "ListCreateAccountStatus"; Quotas.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from moto.organizations import utils

from sandbox.aws.backend import Backend
from sandbox.aws.models import DEFAULT_ROLE, Account
from sandbox.aws.refusals import Refusal, constraint
from sandbox.aws.registry import Answer, Listing, Params, listing, operation
from sandbox.aws.tags import check_tags
from sandbox.aws.validation import enumeration

IN_PROGRESS, SUCCEEDED, FAILED = "IN_PROGRESS", "SUCCEEDED", "FAILED"
FORBIDDEN_IN_LOCAL_PART = set("\"'()<>[]:;,\\|%&")


@dataclass
class Creation:
    """One CreateAccount request; `failure` is decided when it arrives and told when it ends."""

    name: str
    email: str
    role: str
    tags: list[dict[str, str]]
    requested: datetime
    failure: str = ""
    id: str = field(default_factory=utils.make_random_create_account_status_id)
    state: str = IN_PROGRESS
    completed: datetime | None = None
    account: str = ""

    def describe(self) -> Answer:
        """The CreateAccountStatus structure; AWS shows no e-mail in it."""
        status: Answer = {"Id": self.id, "AccountName": self.name, "State": self.state}
        status["RequestedTimestamp"] = self.requested.timestamp()
        if self.completed:
            status["CompletedTimestamp"] = self.completed.timestamp()
        if self.account:
            status["AccountId"] = self.account
        if self.state == FAILED:
            status["FailureReason"] = self.failure
        return status


@operation("CreateAccount")
def create_account(org: Backend, params: Params) -> Answer:
    tags = params.get("Tags") or []
    check_tags({}, tags)
    check_quota(org)
    _check_rate(org)
    creation = Creation(
        name=params["AccountName"],
        email=params["Email"],
        role=params.get("RoleName") or DEFAULT_ROLE,
        tags=tags,
        requested=org.now(),
        failure=_failure(org, params["Email"]),
    )
    org.creations[creation.id] = creation
    org.later(org.conditions.creation_seconds, "creation", lambda: _finish(org, creation))
    return {"CreateAccountStatus": creation.describe()}


@operation("DescribeCreateAccountStatus")
def describe_create_account_status(org: Backend, params: Params) -> Answer:
    creation = org.creations.get(params["CreateAccountRequestId"])
    if creation is None:
        raise Refusal(
            "CreateAccountStatusNotFoundException",
            "We can't find an create account request with the CreateAccountRequestId that you specified.",
        )
    return {"CreateAccountStatus": creation.describe()}


@listing("ListCreateAccountStatus", "CreateAccountStatuses")
def list_create_account_status(org: Backend, params: Params) -> Listing:
    states = params.get("States") or [IN_PROGRESS, SUCCEEDED, FAILED]
    found = [c for c in org.creations.values() if c.state in states and org.shown(c.requested)]
    return Listing(found, Creation.describe)


def check_quota(org: Backend) -> None:
    """Raises ACCOUNT_NUMBER_LIMIT_EXCEEDED; accounts of every state, creations and open invitations count."""
    invitations = sum(handshake.is_open_invitation for handshake in org.handshakes.values())
    if len(org.accounts) + len(_in_flight(org)) + invitations >= org.conditions.account_quota:
        raise constraint(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
            "You have exceeded the allowed number of Amazon Web Services accounts in your organization.",
        )


def _check_rate(org: Backend) -> None:
    if len(_in_flight(org)) >= org.conditions.creations_at_once:
        raise constraint(
            "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
            "You have exceeded the number of accounts that you can create at one time.",
        )


def _failure(org: Backend, email: str) -> str:
    """The reason why this creation will fail; "" when it will succeed."""
    if org.conditions.failures:
        return org.conditions.failures.popleft()
    plus = re.search(r"\+([A-Z_]+)@", email)
    if plus and plus.group(1) in enumeration("CreateAccountFailureReason"):
        return plus.group(1)
    if FORBIDDEN_IN_LOCAL_PART & set(email.rpartition("@")[0]):
        return "INVALID_EMAIL"
    return "EMAIL_ALREADY_EXISTS" if email.casefold() in _used_emails(org) else ""


def _used_emails(org: Backend) -> set[str]:
    used = {account.email.casefold() for account in org.accounts}
    used |= {creation.email.casefold() for creation in _in_flight(org) if not creation.failure}
    return used | {email.casefold() for email in org.conditions.outside_emails.values()}


def _in_flight(org: Backend) -> list[Creation]:
    return [creation for creation in org.creations.values() if creation.state == IN_PROGRESS]


def _finish(org: Backend, creation: Creation) -> None:
    creation.completed = org.now()
    if creation.failure:
        creation.state = FAILED
        return
    account = Account(
        org.organization,
        name=creation.name,
        email=creation.email,
        joined=creation.completed,
        tags=creation.tags,
        roles=[creation.role],
    )
    org.add_account(account)
    creation.state, creation.account = SUCCEEDED, account.id
