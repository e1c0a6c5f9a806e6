"""What makes a key of the rules file right. Each check gives the value back, or raises ValueError with the way out. Pure.

Source: AWS STS API Reference, "AssumeRole" (Policy, PolicyArns, DurationSeconds); IAM User Guide, "IAM and AWS STS quotas".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from approvals.authority.rules import UNIT_ID
from approvals.slack.named import Named
from operations.access.session_length import written
from operations.core.fields import FieldKind
from operations.core.json_fault import refused_as_json
from operations.core.nesting import too_deep
from operations.core.registry import by_name
from operations.core.visible import check

PERIOD = re.compile(r"([0-9]{1,5})([mhd])")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
ROLE = re.compile(r"(?!arn:)(?:[!-~]{1,510}/)?[A-Za-z0-9_+=,.@-]{1,64}")
POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]{1,512}")
ACCOUNT = re.compile(r"[0-9]{12}|(?![0-9]+$)[ -~]{1,64}")
LONGEST_POLICY = 2048


def period(shortest: timedelta, longest: timedelta) -> Callable[[Any], timedelta]:
    """A check for a period from `shortest` to `longest`."""

    def check(value: Any) -> timedelta:
        found = PERIOD.fullmatch(value) if isinstance(value, str) else None
        if not found:
            raise ValueError("a period is a number with m, h or d, such as 24h")
        length = int(found[1]) * UNITS[found[2]]
        if not shortest <= length <= longest:
            raise ValueError(f"{value} is not between {_written(shortest)} and {_written(longest)}")
        return length

    return check


def _written(length: timedelta) -> str:
    return written(int(length.total_seconds()))


def operation(value: str) -> str:
    """The name of the operation that a name or an alias means."""
    if value not in by_name():
        raise ValueError(f"there is no operation “{value}”; `/org help` lists them")
    return by_name()[value].name


def person(value: str) -> str:
    """A user id, a user group id or an e-mail address."""
    if not Named(value).is_well_formed:
        raise ValueError(f"“{value}” is no user id (U…), user group id (S…) or e-mail address")
    return value


def visible(value: str) -> str:
    """A text of which people see every character: it stands on cards, or names what they see."""
    check(value, FieldKind.TEXT)
    return value


def path(value: str) -> str:
    """The path of an organizational unit, or its id."""
    visible(value)
    if not value.startswith("/") and not UNIT_ID.fullmatch(value):
        raise ValueError("give a path, which begins with / (the root), or the id of an OU (ou-…) or of the root (r-…)")
    return value


def account(value: str) -> str:
    """An account's id, name or e-mail address."""
    if not ACCOUNT.fullmatch(value):
        raise ValueError(f"“{value}” is no account; give its id (12 digits), name or e-mail address")
    return value


def role(value: str) -> str:
    """The name of an IAM role with its path, such as `platform/Deployer`."""
    bare = value.strip("/")
    if not ROLE.fullmatch(bare):
        raise ValueError(
            f"“{value}” is no role name; it has 1 to 64 letters, digits or any of _+=,.@-, behind a path if it has one"
        )
    return bare


def session_policy(value: str) -> str:
    """The ARN of a managed policy, or a policy as JSON."""
    if value.startswith("arn:"):
        if not POLICY_ARN.fullmatch(value):
            raise ValueError(f"“{value}” is no policy's ARN; copy it from the policy in the IAM console")
        return value
    if len(value) > LONGEST_POLICY:
        raise ValueError(f"the policy has {len(value)} characters; {LONGEST_POLICY} is the most that AWS takes")
    _policy_document(value)
    return value


def _policy_document(text: str) -> None:
    if too_deep(text) is not None:
        raise ValueError("the policy is nested too deeply")
    try:
        found = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"this is neither a policy's ARN nor JSON: {refused_as_json(text, error.pos)}") from None
    if not isinstance(found, dict) or "Statement" not in found:
        raise ValueError("a policy is a JSON object with a Statement")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key of the policy stands there twice")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")
