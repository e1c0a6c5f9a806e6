"""The STS endpoint: moto's, with the refusals that moto leaves out.

Source: AWS STS API Reference, "AssumeRole", "GetCallerIdentity".
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import moto.sts.urls
from moto.core.responses import ActionResult
from moto.sts.models import sts_backends
from moto.sts.responses import TokenResponse

from sandbox.aws import roles
from sandbox.aws.answers import error_answer
from sandbox.aws.backend import LOCK, Backend
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.models import Account
from sandbox.aws.refusals import Refusal
from sandbox.aws.responses import management

NAME = re.compile(r"[\w+=,.@-]{2,64}")
ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/((?:[\w+=,.@/-]+/)?[\w+=,.@-]{1,64})")
TAGS_AT_MOST = 100  # Percent of the room that AWS has for a session's tags and policy.
MOST_POLICY_CHARACTERS = 2_048
MOST_POLICY_ARNS = 10


class Sts(TokenResponse):
    """AWS STS over HTTP."""

    def call_action(self) -> Any:
        with LOCK:
            try:
                return super().call_action()
            except Refusal as refusal:
                answer = error_answer("sts", refusal.code, refusal.message, status=refusal.status)
                return answer.status, dict(answer.headers), answer.body.decode()

    def assume_role(self) -> ActionResult:
        wish = self._wish()
        _check_session_policy(self._get_param("Policy"), self._get_param("PolicyArns") or [])
        _check_room(bool(wish.tagged), bool(self._get_param("Policy")))
        _check_account(wish)
        roles.check_assume(wish)
        answer = super().assume_role()
        if wish.source_identity:
            result: Any = answer.result
            result["SourceIdentity"] = wish.source_identity
        return answer

    def get_caller_identity(self) -> ActionResult:
        """moto's answer; credentials that nobody made belong to the account's user `orgbot`, not to moto."""
        answer = super().get_caller_identity()
        result: Any = answer.result
        if result["Arn"].endswith(":user/moto"):
            result["Arn"] = self._unknown_caller()
            result["UserId"] = "AIDASANDBOXORGBOT0001"
        return answer

    def _wish(self) -> roles.Wish:
        arn = ROLE_ARN.fullmatch(self._get_param("RoleArn") or "")
        if not arn:
            raise roles.validation_error(f"{self._get_param('RoleArn')} is invalid")
        _check_name("roleSessionName", self._get_param("RoleSessionName") or "")
        source = self._get_param("SourceIdentity") or ""
        if source:
            _check_name("sourceIdentity", source)
        caller = self._caller()
        return roles.Wish(
            account=arn.group(1),
            role=arn.group(2),
            caller=caller,
            caller_account=self.current_account,
            chained=":assumed-role/" in caller,
            seconds=self._get_int_param("DurationSeconds", roles.HOUR),
            source_identity=source,
            tagged=bool(self._get_param("Tags")),
            external_id=self._get_param("ExternalId") or "",
        )

    def _caller(self) -> str:
        _, arn, _ = self.backend.get_caller_identity(self.get_access_key(), self.region)
        return self._unknown_caller() if arn.endswith(":user/moto") else str(arn)

    def _unknown_caller(self) -> str:
        return f"arn:aws:iam::{self.current_account}:user/orgbot"


def install() -> None:
    """Put our endpoint into moto, for the whole process."""
    moto.sts.urls.url_paths["{0}/$"] = Sts.dispatch


def sessions(account: str) -> list[Any]:
    """The sessions that AssumeRole began in an account, as moto keeps them."""
    return list(sts_backends[account]["aws"].assumed_roles)


def _check_account(wish: roles.Wish) -> None:
    """Nobody gets into an account that isn't in the organization, is closed, or whose role isn't ready yet."""
    org = management()
    org.settle()
    if wish.account == MANAGEMENT_ACCOUNT:
        return
    account = next((a for a in org.accounts if a.id == wish.account), None)
    if not isinstance(account, Account):
        # An account that has left still has its roles, and they still trust the management account.
        if wish.account in org.conditions.outside_emails:
            return
        raise roles.denied(wish, "sts:AssumeRole")
    roles.make_roles(account)
    if account.state != "ACTIVE" or _is_too_new(account):
        raise roles.denied(wish, "sts:AssumeRole")


def _is_too_new(account: Account) -> bool:
    ready = account.create_time + timedelta(seconds=Backend.conditions.role_seconds)
    return Backend.conditions.clock.now() < ready


def _check_name(what: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise roles.validation_error(
            f"1 validation error detected: Value '{name}' at '{what}' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        )


def _check_room(tagged: bool, bounded: bool) -> None:  # noqa: FBT001
    """What is sent is packed together with the tags that the caller's own session passes on."""
    packed = Backend.conditions.session_tags + 20 * tagged + 20 * bounded
    if packed > TAGS_AT_MOST:
        raise Refusal("PackedPolicyTooLarge", f"Packed size of session tags consumes {packed}% of allotted space.")


def _check_session_policy(policy: str | None, arns: list[Any]) -> None:
    if len(arns) > MOST_POLICY_ARNS:
        raise roles.validation_error(
            "1 validation error detected: at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10"
        )
    if not policy:
        return
    if len(policy) > MOST_POLICY_CHARACTERS:
        raise Refusal("PackedPolicyTooLarge", "Packed policy consumes more than 100% of the allotted space.")
    try:
        json.loads(policy)
    except ValueError:
        raise Refusal("MalformedPolicyDocument", "This policy contains invalid Json") from None
