"""Opening a role session: AssumeRole, with the person's name on it as far as the role trusts that.

What comes back is secret. It is never repeated, stored or logged: an answer that is lost is left to run out, and a new
session is opened. Source: AWS STS API Reference, "AssumeRole"; IAM User Guide, "Monitor and control actions taken with
assumed roles" (SourceIdentity).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from operations.aws.client import Aws
from operations.aws.errors import AmbiguousError, AwsError

DENIED, PACKED = "AccessDenied", "PackedPolicyTooLarge"
NAME = 64
FOREIGN = re.compile(r"[^\w+=,.@-]+", re.ASCII)
FOREIGN_IN_TAG = re.compile(r"[^\w .:/=+@-]+")
POLICY_ARN = re.compile(r"arn:[^\s,]+")
AWS_POLICY = re.compile(
    r"^arn:[\w-]+:iam::aws:"
)  # AWS has its own policies in each partition, and the rules may name another.


def bare_name(role: str) -> str:
    """A role's name without its path, as IAM's calls take it."""
    return role.rpartition("/")[2]


@dataclass(frozen=True)
class Wanted:
    """A session to be opened: `person` and `request` go into CloudTrail; `policy` is a managed policy's ARN, JSON, or empty."""

    account: str
    role: str
    seconds: int
    person: str
    request: int
    policy: str = ""

    def role_arn(self, partition: str) -> str:
        """The role's ARN, its path included."""
        return f"arn:{partition}:iam::{self.account}:role/{self.role}"

    @property
    def session_name(self) -> str:
        """`alice@example.com-orgbot-12`, at most 64 characters; the end is kept, because the number tells requests apart."""
        end = f"-orgbot-{self.request}"
        return f"{FOREIGN.sub('-', self.person)[: NAME - len(end)]}{end}"


@dataclass(frozen=True)
class Minted:
    """An open session; `secret_access_key` and `session_token` print masked. `role_id` is the role's unique id (`AROA…`)."""

    access_key_id: str
    secret_access_key: SecretStr
    session_token: SecretStr
    expires_at: datetime
    role_id: str
    named: tuple[str, ...] = field(default=())


def mint(aws: Aws, wanted: Wanted) -> Minted:
    """A new session; raises RefusedError, BusyError or AmbiguousError, which hold nothing of AWS's answer.

    SourceIdentity and session tags are left out where the role's trust policy does not allow them, and the tags where there is no
    room for them: the tags of the bot's own session, such as EKS Pod Identity's, are passed on and packed together with them.
    """
    extras, basics = _names(wanted), _basics(wanted, aws.identity().partition)
    while True:
        answer = _ask(aws, {**basics, **extras})
        if not isinstance(answer, AwsError):
            return _minted(answer, tuple(extras))
        fewer = _fewer(extras, answer)
        if fewer == extras:
            raise answer
        extras = fewer


def glance(aws: Aws, wanted: Wanted) -> Minted:
    """As `mint`, with nobody's name on it unless the role asks for one: for a session that only looks."""
    answer = _ask(aws, _basics(wanted, aws.identity().partition))
    if not isinstance(answer, AwsError):
        return _minted(answer, ())
    if answer.code != DENIED:
        raise answer
    return mint(aws, wanted)


def _basics(wanted: Wanted, partition: str) -> dict[str, Any]:
    basics = {
        "RoleArn": wanted.role_arn(partition),
        "RoleSessionName": wanted.session_name,
        "DurationSeconds": wanted.seconds,
    }
    policy = AWS_POLICY.sub(f"arn:{partition}:iam::aws:", wanted.policy.strip())
    if policy.startswith("arn:"):
        return {**basics, "PolicyArns": [{"arn": arn} for arn in POLICY_ARN.findall(policy)]}
    return {**basics, **({"Policy": policy} if policy else {})}


def _names(wanted: Wanted) -> dict[str, Any]:
    person = FOREIGN.sub("-", wanted.person)[:NAME].ljust(2, "-")
    tags = {"orgbot:request": str(wanted.request), "orgbot:person": FOREIGN_IN_TAG.sub("-", wanted.person)[:256]}
    return {"SourceIdentity": person, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _fewer(extras: dict[str, Any], error: AwsError) -> dict[str, Any]:
    """Without what AWS names as denied, without any when it names neither; without tags where they have no room."""
    if error.code == PACKED:
        return {name: value for name, value in extras.items() if name != "Tags"}
    if error.code != DENIED:
        return extras
    refused = {"sts:SetSourceIdentity": "SourceIdentity", "sts:TagSession": "Tags"}
    named = {name for action, name in refused.items() if action in error.message and name in extras}
    return {name: value for name, value in extras.items() if named and name not in named}


def _ask(aws: Aws, params: dict[str, Any]) -> dict[str, Any] | AwsError:
    """AWS's answer, or its error cut off from the SDK's: the text of an unreadable answer's error is the answer itself."""
    try:
        return aws.probe("sts", "assume_role", **params)
    except AwsError as error:
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)


def _minted(answer: Mapping[str, Any], named: tuple[str, ...]) -> Minted:
    given = answer.get("Credentials", {})
    if not {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"} <= given.keys():
        raise AmbiguousError("AssumeRole", "AWS's answer could not be read", code="UnreadableAnswer")
    return Minted(
        access_key_id=str(given["AccessKeyId"]),
        secret_access_key=SecretStr(str(given["SecretAccessKey"])),
        session_token=SecretStr(str(given["SessionToken"])),
        expires_at=given["Expiration"],
        role_id=str(answer.get("AssumedRoleUser", {}).get("AssumedRoleId", "")).partition(":")[0],
        named=named,
    )
