"""Whether the bot's role may do what the operations declare, asked of IAM's policy simulator.

Each action is simulated on the resources that `orgbot iam-policy` names for it: on all resources, which is the simulator's
default, a least-privilege policy allows next to nothing. The bot itself needs no leave to ask, so its policy has none.
Source: IAM API Reference, "SimulatePrincipalPolicy", "GetRole"; IAM User Guide, "IAM identifiers" (ARNs of sessions).
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from bot.checks.findings import Finding
from operations.aws.client import Aws
from operations.aws.errors import AwsError
from operations.aws.permissions import Permission
from operations.core.registry import all_permissions

NAME = "AWS permissions"
ASSUMED = re.compile(r"arn:(?P<partition>[a-z-]+):sts::(?P<account>[0-9]{12}):assumed-role/(?P<role>[^/]+)/.+")
SOME_ACCOUNT = "111122223333"


def simulated(aws: Aws, caller: str) -> Finding:
    """What the simulator says about the caller's ARN; not checked where it does not tell."""
    wanted = {action for permission in all_permissions() for action in permission.actions}
    try:
        denied = sorted(wanted - _allowed(aws, _principal(aws, caller)))
    except AwsError as error:
        return Finding.unknown(NAME, _how_to_check(error, caller))
    if denied:
        return Finding.wrong(NAME, f"not allowed: {', '.join(denied)}; attach what `orgbot iam-policy` prints")
    return Finding.right(NAME, f"all {len(wanted)} actions allowed")


def _principal(aws: Aws, caller: str) -> str:
    """The ARN that the simulator takes: of a session its role's, whose path only IAM tells."""
    session = ASSUMED.fullmatch(caller)
    return str(aws.probe("iam", "get_role", RoleName=session["role"])["Role"]["Arn"]) if session else caller


def _allowed(aws: Aws, principal: str) -> set[str]:
    """The actions that are allowed on one of their resources at least."""
    grouped: dict[Any, set[str]] = defaultdict(set)
    for permission in all_permissions():
        grouped[permission.resources, permission.condition].update(permission.actions)
    found: set[str] = set()
    for (resources, condition), actions in grouped.items():
        asked = _question(Permission("", tuple(sorted(actions)), resources, condition))
        answer = aws.probe("iam", "simulate_principal_policy", PolicySourceArn=principal, **asked)
        found |= {str(item["EvalActionName"]) for item in answer["EvaluationResults"] if _is_allowed(item)}
    return found


def _question(permission: Permission) -> dict[str, Any]:
    given = [
        {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": "string"}
        for _, key, values in permission.condition
    ]
    resources = [_example(resource) for resource in permission.resources]
    return {"ActionNames": list(permission.actions), "ResourceArns": resources, "ContextEntries": given}


def _example(resource: str) -> str:
    """A resource that a pattern such as `arn:aws:iam::*:role/*` means."""
    return resource if resource == "*" else resource.replace("::*:", f"::{SOME_ACCOUNT}:").replace("*", "example")


def _is_allowed(item: dict[str, Any]) -> bool:
    on_each = [found["EvalResourceDecision"] for found in item.get("ResourceSpecificResults", ())]
    return "allowed" in (item["EvalDecision"], *on_each)


def _how_to_check(error: AwsError, caller: str) -> str:
    session = ASSUMED.fullmatch(caller)
    own = f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}" if session else caller
    return (
        f"not checked ({error.operation}: {error.code}); compare them with what `orgbot iam-policy` prints, or allow "
        f"iam:GetRole and iam:SimulatePrincipalPolicy on {own} and check again"
    )
