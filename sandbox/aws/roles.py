"""Roles in member accounts, and who may assume them.

Source: AWS STS API Reference, "AssumeRole"; IAM User Guide, "Roles terms and concepts" (role chaining); AWS Organizations
User Guide, "Accessing member accounts".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.models import AWSManagedPolicy, IAMBackend, iam_backends

from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.models import Account
from sandbox.aws.refusals import Refusal

HOUR = 3_600
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
# The policies of AWS that people name here; moto's own list of a thousand takes seconds to load.
AWS_POLICIES = {
    "AdministratorAccess": ["*"],
    "ReadOnlyAccess": ["*:Describe*", "*:Get*", "*:List*"],
}


@dataclass(frozen=True)
class Wish:
    """What an AssumeRole asks for; `caller` is the caller's ARN, `chained` whether it is itself an assumed role."""

    account: str
    role: str
    caller: str
    caller_account: str
    chained: bool
    seconds: int
    source_identity: str = ""
    tagged: bool = False
    external_id: str = ""

    @property
    def needed(self) -> list[str]:
        """The actions that the role's trust policy must allow."""
        identity = ["sts:SetSourceIdentity"] if self.source_identity else []
        return ["sts:AssumeRole", *identity, *(["sts:TagSession"] if self.tagged else [])]


def make_roles(account: Account) -> None:
    """Make the access roles that AWS Organizations puts into a created account, where they aren't made yet."""
    iam = iam_of(account.id)
    for name in account.roles:
        if all(role.name != name for role in iam.roles.values()):
            make_role(account.id, name, default_trust())
    account.roles.clear()


def make_role(account_id: str, name: str, trust: dict[str, Any], *, max_seconds: int = HOUR, path: str = "/") -> None:
    """A role with AdministratorAccess, as an account's administrator would make it."""
    iam = iam_of(account_id)
    iam.create_role(
        role_name=name,
        assume_role_policy_document=json.dumps(trust),
        path=path,
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration=str(max_seconds),
    )
    iam.attach_role_policy(ADMINISTRATOR, name)


def default_trust(*actions: str) -> dict[str, Any]:
    """The trust policy that AWS writes: the management account, `sts:AssumeRole` and nothing else."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:root"},
        "Action": ["sts:AssumeRole", *actions] if actions else "sts:AssumeRole",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def iam_of(account_id: str) -> IAMBackend:
    """moto's IAM of an account, with the policies of AWS that are used here."""
    iam = iam_backends[account_id]["aws"]
    if ADMINISTRATOR not in iam.managed_policies:
        for name, actions in AWS_POLICIES.items():
            policy = _aws_policy(name, actions, account_id)
            iam.managed_policies[policy.arn] = policy
    return iam


def _aws_policy(name: str, actions: list[str], account_id: str) -> AWSManagedPolicy:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    since = "2015-02-06T18:39:46+00:00"
    data = {"Document": document, "DefaultVersionId": "v1", "Path": "/", "CreateDate": since, "UpdateDate": since}
    return AWSManagedPolicy.from_data(name, account_id, "us-east-1", data)


def check_assume(wish: Wish) -> None:
    """Raises AccessDenied (HTTP 403) or ValidationError as STS does."""
    arn = f"arn:aws:iam::{wish.account}:role/{wish.role}"
    role = next((role for role in iam_of(wish.account).roles.values() if role.arn == arn), None)
    if role is None:
        raise denied(wish, wish.needed[0])
    trust = json.loads(role.assume_role_policy_document)
    for action in wish.needed:
        if not _trusts(trust, wish, action):
            raise denied(wish, action)
    _check_duration(wish, int(role.max_session_duration or HOUR))


def denied(wish: Wish, action: str) -> Refusal:
    """STS's AccessDenied; it doesn't tell whether the role exists."""
    arn = f"arn:aws:iam::{wish.account}:role/{wish.role}"
    message = f"User: {wish.caller} is not authorized to perform: {action} on resource: {arn}"
    return Refusal("AccessDenied", message, status=403)


def validation_error(message: str) -> Refusal:
    """STS's ValidationError."""
    return Refusal("ValidationError", message)


def _check_duration(wish: Wish, most: int) -> None:
    if not 900 <= wish.seconds <= 43_200:
        raise validation_error(
            f"1 validation error detected: Value '{wish.seconds}' at 'durationSeconds' failed to satisfy constraint: Member must be between 900 and 43200"
        )
    if wish.chained and wish.seconds > HOUR:
        raise validation_error(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if wish.seconds > most:
        raise validation_error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


def _trusts(trust: dict[str, Any], wish: Wish, action: str) -> bool:
    effects = {
        statement.get("Effect") for statement in _list(trust.get("Statement")) if _applies(statement, wish, action)
    }
    return "Allow" in effects and "Deny" not in effects


def _applies(statement: dict[str, Any], wish: Wish, action: str) -> bool:
    if not any(fnmatchcase(action.lower(), str(a).lower()) for a in _list(statement.get("Action"))):
        return False
    expected = statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId")
    if expected is not None and wish.external_id not in _list(expected):
        return False
    principal = statement.get("Principal", {})
    allowed = ["*"] if principal == "*" else _list(principal.get("AWS"))
    mine = {"*", wish.caller_account, f"arn:aws:iam::{wish.caller_account}:root", wish.caller, _role_arn(wish.caller)}
    return bool(mine & set(allowed))


def _role_arn(session_arn: str) -> str:
    """The role of an assumed-role session, as trust policies name it."""
    head, _, rest = session_arn.partition(":assumed-role/")
    return f"{head.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}" if rest else session_arn


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
