"""Account Management and Service Quotas: moto's endpoints, with the operations that a user of Organizations needs.

Source: AWS Account Management Reference, "PutAccountName", "GetAccountInformation" (trusted access is needed for other
accounts); Service Quotas API Reference, "GetServiceQuota".
"""

from __future__ import annotations

import json
from typing import Any

import moto.account.urls
import moto.servicequotas.urls
from moto.account.responses import AccountResponse
from moto.core.responses import BaseResponse
from moto.servicequotas.responses import ServiceQuotasResponse

from sandbox.aws.answers import error_answer
from sandbox.aws.backend import LOCK, Backend
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.models import Account
from sandbox.aws.refusals import Refusal
from sandbox.aws.responses import management

ACCOUNT_SERVICE = "account.amazonaws.com"
ACCOUNT_PATHS = ("putAccountName", "getAccountInformation", "getPrimaryEmail")
ACCOUNTS_QUOTA = "L-29A0C5DF"


class Refusing(BaseResponse):
    """An endpoint whose methods may raise Refusal; it becomes an error of the JSON protocols."""

    def call_action(self) -> Any:
        with LOCK:
            try:
                return super().call_action()
            except Refusal as refusal:
                answer = error_answer("", refusal.code, refusal.message, status=refusal.status)
                return answer.status, dict(answer.headers), answer.body.decode()

    @property
    def wishes(self) -> dict[str, Any]:
        """The request's parameters."""
        loaded: dict[str, Any] = json.loads(self.body or "{}")
        return loaded


class AccountManagement(Refusing, AccountResponse):
    """AWS Account Management over HTTP."""

    def put_account_name(self) -> str:
        account = self._account()
        name = self.wishes.get("AccountName") or ""
        if not 1 <= len(name) <= 50 or not name.isascii() or not name.isprintable():
            raise Refusal("ValidationException", "AccountName must be 1 to 50 printable ASCII characters.")
        account.name = name
        return "{}"

    def get_account_information(self) -> str:
        account = self._account()
        created = account.create_time.strftime("%Y-%m-%dT%H:%M:%SZ")
        state = {"PENDING_CLOSURE": "SUSPENDED"}.get(account.state, account.state)
        return json.dumps(
            {
                "AccountId": account.id,
                "AccountName": account.name,
                "AccountCreatedDate": created,
                "AccountState": state,
            }
        )

    def get_primary_email(self) -> str:
        return json.dumps({"PrimaryEmail": self._account().email})

    def _get_account_id(self) -> str:
        """The account of moto's alternate contacts, with the same right to it."""
        return self._account().id

    def _account(self) -> Account:
        named = self.wishes.get("AccountId")
        org = management()
        if named:
            _check_right(org, self.current_account, named)
        account = next((a for a in org.accounts if a.id == (named or self.current_account)), None)
        if not isinstance(account, Account):
            raise _no_right("The account isn't a member of your organization.")
        return account


class Quotas(Refusing, ServiceQuotasResponse):
    """Service Quotas over HTTP: the number of accounts, and what moto knows of other services."""

    def get_service_quota(self) -> str:
        wishes = self.wishes
        if wishes.get("ServiceCode") != "organizations":
            return super().get_service_quota()
        if wishes.get("QuotaCode") != ACCOUNTS_QUOTA or self.region != "us-east-1":
            raise Refusal("NoSuchResourceException", "The specified resource does not exist.")
        return json.dumps({"Quota": accounts_quota()})

    def list_service_quotas(self) -> str:
        if self.wishes.get("ServiceCode") != "organizations" or self.region != "us-east-1":
            raise Refusal("NoSuchResourceException", "The specified resource does not exist.")
        return json.dumps({"Quotas": [accounts_quota()]})


def accounts_quota() -> dict[str, Any]:
    """The ServiceQuota structure of the number of accounts."""
    return {
        "ServiceCode": "organizations",
        "ServiceName": "AWS Organizations",
        "QuotaArn": f"arn:aws:servicequotas::{MANAGEMENT_ACCOUNT}:organizations/{ACCOUNTS_QUOTA}",
        "QuotaCode": ACCOUNTS_QUOTA,
        "QuotaName": "Default maximum number of accounts",
        "Value": float(Backend.conditions.account_quota),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": True,
    }


def install() -> None:
    """Put our endpoints into moto, for the whole process."""
    moto.servicequotas.urls.url_paths["{0}/$"] = Quotas.dispatch
    for path in list(moto.account.urls.url_paths):
        moto.account.urls.url_paths[path] = AccountManagement.dispatch
    for name in ACCOUNT_PATHS:
        moto.account.urls.url_paths[f"{{0}}/{name}$"] = AccountManagement.dispatch


def _check_right(org: Backend, caller: str, named: str) -> None:
    if caller != MANAGEMENT_ACCOUNT:
        raise _no_right("Only the management account may name another account.")
    if named == MANAGEMENT_ACCOUNT:
        raise _no_right("The management account can't name itself: leave AccountId out.")
    if ACCOUNT_SERVICE not in {enabled["ServicePrincipal"] for enabled in org.services}:
        raise _no_right("Enable trusted access for AWS Account Management first.")


def _no_right(why: str) -> Refusal:
    return Refusal("AccessDeniedException", f"User is not authorized to perform this operation. {why}", status=403)
