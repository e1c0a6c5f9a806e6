"""Why a role session could not be opened, in plain words, with the way out.

Source: AWS STS API Reference, "AssumeRole" (Errors); AWS Organizations User Guide, "Creating OrganizationAccountAccessRole
for an invited account".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from operations.access.role_sessions import DENIED, PACKED, Wanted, bare_name
from operations.access.session_length import written
from operations.aws.client import Aws
from operations.aws.errors import AwsError, RefusedError
from operations.core.explanations import refusal
from operations.core.observations import Failed
from operations.snapshot.organization import Account

YOUNG = timedelta(minutes=15)  # IAM of a new account may be unreliable for some minutes.


def refused(error: RefusedError, wanted: Wanted, account: dict[str, Any], trusted: str) -> Failed:
    """What AssumeRole's refusal means; `account` is DescribeAccount's answer, empty where it is unknown, `trusted` the ARN of the
    management account's root, which roles have to trust.
    """
    if error.code == DENIED:
        return _invited(wanted, trusted) if account.get("JoinedMethod") == "INVITED" else _denied(wanted, trusted)
    if error.code == "ValidationError" and "DurationSeconds" in error.message:
        return _too_long(error, wanted)
    if error.code == PACKED:
        return _packed(error, wanted)
    if error.code == "MalformedPolicyDocument":
        return Failed(
            f"AWS does not take the session policy of the rule: {error.message}",
            "Whoever keeps the bot's rules can correct `session_policy`; JSON has 2,048 characters at most. Then ask again.",
            error.code,
            again=True,
        )
    return refusal(error.code, error.reason, error.message)


def _invited(wanted: Wanted, trusted: str) -> Failed:
    return Failed(
        f"The account {wanted.account} was invited into the organization, and such an account has no role {wanted.role} "
        "until its administrator makes it.",
        _how_to_make(wanted.role, trusted),
        DENIED,
        again=True,
    )


def _how_to_make(role: str, trusted: str) -> str:
    return (
        f"In that account, its administrator creates the IAM role {role}: attach AdministratorAccess, and let its trust "
        f"policy allow the principal {trusted} the actions sts:AssumeRole, sts:SetSourceIdentity and "
        "sts:TagSession (with the last two CloudTrail names the person). Then ask again."
    )


def _denied(wanted: Wanted, trusted: str) -> Failed:
    return Failed(
        f"The bot can't assume the role {wanted.role} of the account {wanted.account}: the role does not exist there, "
        "or it does not trust the bot, or a policy forbids it.",
        f"Look at the role's name and its trust policy, which must allow {trusted} (or the bot's own role) "
        f"sts:AssumeRole; and at the bot's own permission for the role (`orgbot iam-policy`). Then ask again.",
        DENIED,
        again=True,
    )


def _packed(error: RefusedError, wanted: Wanted) -> Failed:
    """It was asked for without tags of ours, so that only the bot's own tags and the rule's policy are left to blame."""
    policy = ", and of the rule's `session_policy`" if wanted.policy else ""
    shorter = ", or shorten the rule's `session_policy`" if wanted.policy else ""
    return Failed(
        f"There is no room for the session's tags: AWS packs together those that the bot's own session passes on (such as EKS Pod "
        f"Identity's){policy}. AWS says: {error.message}",
        "Whoever runs the bot can give it credentials without transitive session tags, such as by switching off the session tags of "
        f"its Pod Identity association{shorter}. Then ask again.",
        PACKED,
        again=True,
    )


def _too_long(error: RefusedError, wanted: Wanted) -> Failed:
    length = written(wanted.seconds)
    if "chaining" in error.message:
        return Failed(
            f"{length} is too long: the bot itself runs as a role, and AWS ends what one role opens with another after an hour.",
            "Ask again for an hour.",
            error.code,
        )
    return Failed(
        f"The role {wanted.role} of the account {wanted.account} allows no sessions of {length}: its MaxSessionDuration is less.",
        f"Ask again for less, such as an hour; or let an administrator of the account run `aws iam update-role "
        f"--role-name {bare_name(wanted.role)} --max-session-duration {wanted.seconds}`.",
        error.code,
    )


def root_of(aws: Aws, management: str) -> str:
    """The ARN that stands for everybody in the management account whom it lets."""
    return f"arn:{aws.partition}:iam::{management}:root"


def describe(aws: Aws, account: str, known: Account | None) -> dict[str, Any]:
    """DescribeAccount's answer, or what the snapshot knows of the account where AWS does not tell; empty where neither does.

    AWS comes first, because the snapshot lacks when an account joined that was opened since it was read.
    """
    try:
        found: dict[str, Any] = aws.read("organizations", "describe_account", AccountId=account)["Account"]
    except AwsError:
        return {"JoinedMethod": known.joined, "JoinedTimestamp": known.joined_at} if known else {}
    return found


def is_young(account: dict[str, Any], now: datetime) -> bool:
    """Whether the account was created a moment ago, so that its role may only need some minutes."""
    joined = account.get("JoinedTimestamp")
    return account.get("JoinedMethod") == "CREATED" and isinstance(joined, datetime) and now - joined < YOUNG
