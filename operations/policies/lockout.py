"""What a service or resource control policy could lock out: the bot, the organization's own access, everybody. Pure.

A heuristic that errs on the side of a danger: whoever approves sees what to look at, and nothing is refused because of it.
Source: AWS Organizations User Guide, "SCP evaluation", "Service control policies"; IAM User Guide, "Policy evaluation logic".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from operations.access.access_role import DEFAULT_ROLE
from operations.aws.partitions import partitions
from operations.core.preview import Notice, danger
from operations.snapshot.policy_types import is_authorization

VITAL = {
    "sts:AssumeRole": "nobody enters the accounts by a role any more, the bot included",
    "iam:UpdateAssumeRolePolicy": "nobody can mend the roles in the accounts",
}
PRINCIPALS = ("aws:principalarn", "aws:principalisawsservice", "aws:principalaccount", "aws:principaltag")


def lockout_warnings(document: str, kind: str) -> tuple[Notice, ...]:
    """A sentence for each statement that denies what the organization is run by, without an exception; none for other types."""
    if not is_authorization(kind):
        return ()
    return tuple(
        danger(warning)
        for number, statement in enumerate(_statements(document), 1)
        for warning in _judge(number, statement)
    )


def allows(document: str) -> bool:
    """Whether any statement allows something."""
    return any(statement.get("Effect") == "Allow" for statement in _statements(document))


def _statements(document: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(document).get("Statement", [])
    except (ValueError, AttributeError, RecursionError):
        return []
    return [statement for statement in (found if isinstance(found, list) else [found]) if isinstance(statement, dict)]


def _judge(number: int, statement: dict[str, Any]) -> Iterator[str]:
    if statement.get("Effect") != "Deny" or _is_narrowed(statement):
        return
    name = f"Statement {number}" + (f" ({str(statement['Sid'])[:60]})" if statement.get("Sid") else "")
    denied = [action for action in VITAL if _covers(statement, action)]
    if len(denied) == len(VITAL) and _covers(statement, "ec2:RunInstances"):
        yield f"{name} denies everything to everybody beneath, the role {DEFAULT_ROLE} included. {WAY_OUT}"
        return
    for action in denied:
        yield f"{name} denies {action} without an exception: {VITAL[action]}. {WAY_OUT}"


WAY_OUT = (
    f"Except the role, such as by the condition ArnNotLike for aws:PrincipalArn and role/{DEFAULT_ROLE} of every account, or try "
    "it on one account first."
)


def _is_narrowed(statement: dict[str, Any]) -> bool:
    """Whether it excepts somebody, or is only for some resources or some circumstances."""
    if statement.get("NotResource") or statement.get("NotPrincipal"):
        return True
    if not any(_means_the_role(pattern) for pattern in _list(statement.get("Resource", "*"))):
        return True
    condition = statement.get("Condition")
    return bool(condition) and not _is_universal(condition)


def _means_the_role(pattern: Any) -> bool:
    """Whether a resource's pattern covers the role in some account, in whichever partition."""
    return any(_matches(pattern, f"arn:{name}:iam::123456789012:role/{DEFAULT_ROLE}") for name in partitions())


def _is_universal(condition: Any) -> bool:
    """Whether a condition holds for nearly every call, such as one on the Region: sts and iam are global."""
    keys = [key.casefold() for operator in condition.values() if isinstance(operator, dict) for key in operator]
    return (
        bool(keys)
        and not any(key.startswith(PRINCIPALS) for key in keys)
        and all(key == "aws:requestedregion" for key in keys)
    )


def _covers(statement: dict[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not any(_matches(pattern, action) for pattern in _list(statement["NotAction"]))
    return any(_matches(pattern, action) for pattern in _list(statement.get("Action", [])))


def _matches(pattern: Any, value: str) -> bool:
    """IAM's wildcards: `*` and `?`, and the case of actions doesn't matter."""
    plain = str(pattern).replace("[", "[[]")
    return fnmatchcase(value.casefold(), plain.casefold())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
