"""Accounts that are closed or leave.

Source: AWS Organizations API Reference, "CloseAccount", "RemoveAccountFromOrganization", "LeaveOrganization"; Quotas.
"""

from __future__ import annotations

from datetime import timedelta

from sandbox.aws.backend import Backend, detach
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.consent import open_when_all_agree
from sandbox.aws.lifecycle import check_all_features
from sandbox.aws.models import Account
from sandbox.aws.refusals import Refusal, constraint
from sandbox.aws.registry import Answer, Params, operation
from sandbox.aws.roles import make_roles

CLOSING_WINDOW = timedelta(days=30)
CLOSING_AT_ONCE = 3
# A created account can leave when it is this old.
WAIT_BEFORE_REMOVAL = timedelta(days=4)
KEPT_AFTER_CLOSING_DAYS = 90


@operation("CloseAccount")
def close_account(org: Backend, params: Params) -> Answer:
    if params["AccountId"] == MANAGEMENT_ACCOUNT:
        raise constraint(
            "CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You can't close the management account with this operation."
        )
    check_all_features(org)
    account = org.account(params["AccountId"])
    _check_state(account)
    _check_delegated(org, account)
    _check_closing_quota(org)
    account.state = "PENDING_CLOSURE"
    org.closed_at.append(org.now())
    org.later(org.conditions.closing_seconds, "closing", lambda: _close(org, account))
    return {}


@operation("RemoveAccountFromOrganization")
def remove_account_from_organization(org: Backend, params: Params) -> Answer:
    if params["AccountId"] == MANAGEMENT_ACCOUNT:
        raise Refusal(
            "MasterCannotLeaveOrganizationException", "You can't remove a management account from an organization."
        )
    return _remove(org, org.account(params["AccountId"]))


@operation("LeaveOrganization")
def leave_organization(org: Backend, _: Params) -> Answer:
    return remove_account_from_organization(org, {"AccountId": org.caller})


def remove(org: Backend, account: Account) -> None:
    """The account is no member any more; its roles remain and its address stays in use."""
    for policy in list(account.attached_policies):
        detach(policy, account)
    make_roles(account)
    org.accounts.remove(account)
    open_when_all_agree(org)
    org.conditions.outside_emails[account.id] = account.email


def _remove(org: Backend, account: Account) -> Answer:
    _check_delegated(org, account)
    if account.state == "PENDING_CLOSURE":
        raise Refusal("ConcurrentModificationException", "The account is being closed. Try again later.")
    if account.joined_method == "CREATED" and org.now() - account.create_time < WAIT_BEFORE_REMOVAL:
        raise constraint(
            "WAIT_PERIOD_ACTIVE", "You must wait at least four days after the creation of an account to remove it."
        )
    remove(org, account)
    return {}


def _close(org: Backend, account: Account) -> None:
    account.state = "CLOSED"
    org.later(KEPT_AFTER_CLOSING_DAYS * 86_400, "deletion", lambda: _forget(org, account))


def _forget(org: Backend, account: Account) -> None:
    if account in org.accounts:
        remove(org, account)


def _check_state(account: Account) -> None:
    if account.state == "PENDING_CLOSURE":
        raise Refusal(
            "ConflictException", "The request failed because it conflicts with the current state of the account."
        )
    if account.state != "ACTIVE":
        raise Refusal("AccountAlreadyClosedException", "You attempted to close an account that is already closed.")


def _check_closing_quota(org: Backend) -> None:
    closing = sum(account.state == "PENDING_CLOSURE" for account in org.accounts if isinstance(account, Account))
    if closing >= CLOSING_AT_ONCE:
        raise constraint(
            "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
            "You have exceeded the number of accounts that can be closed at once.",
        )
    recent = [at for at in org.closed_at if org.now() - at < CLOSING_WINDOW]
    members = len(org.accounts) - 1
    if len(recent) >= min(max(250, members // 5), 1_000):
        raise constraint(
            "CLOSE_ACCOUNT_QUOTA_EXCEEDED", "You have exceeded the close account quota for the past 30 days."
        )


def _check_delegated(org: Backend, account: Account) -> None:
    if any(admin.account.id == account.id for admin in org.admins):
        raise constraint(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You attempted to remove an account that is registered as a delegated administrator. Deregister it first.",
        )
