"""The permissions, asked of IAM's policy simulator for the role behind a session."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from bot.checks.aws import simulated
from operations.aws.errors import RefusedError
from operations.aws.permissions import iam_policy
from operations.core.registry import all_permissions

SESSION = "arn:aws:sts::111111111111:assumed-role/orgbot/i-0123"
ROLE = "arn:aws:iam::111111111111:role/bots/orgbot"


class Iam:
    """IAM with a role that has what `orgbot iam-policy` prints, but for `lacks`; the path of a role stands in GetRole only."""

    def __init__(self, *lacks: str, refuses: str = "") -> None:
        self.simulated: set[str] = set()
        self._statements = iam_policy(all_permissions())["Statement"]
        self._lacks, self._refuses = lacks, refuses

    def probe(self, _: str, method: str, **params: Any) -> dict[str, Any]:
        if method == self._refuses:
            raise RefusedError("GetRole", "no", code="AccessDenied")
        if method == "get_role":
            return {"Role": {"Arn": ROLE}}
        self.simulated.add(params["PolicySourceArn"])
        return {"EvaluationResults": [self._judged(action, params) for action in params["ActionNames"]]}

    def _judged(self, action: str, params: dict[str, Any]) -> dict[str, Any]:
        allowed = action not in self._lacks and any(
            action in statement["Action"] and self._holds(statement, params) for statement in self._statements
        )
        return {"EvalActionName": action, "EvalDecision": "allowed" if allowed else "implicitDeny"}

    def _holds(self, statement: dict[str, Any], params: dict[str, Any]) -> bool:
        context = {entry["ContextKeyName"]: entry["ContextKeyValues"] for entry in params["ContextEntries"]}
        wanted = statement.get("Condition", {}).get("StringEquals", {})
        return wanted.items() <= context.items() and all(
            any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])
            for resource in params["ResourceArns"]
        )


def permissions(iam: Any, caller: str = SESSION) -> tuple[bool | None, str]:
    found = simulated(iam, caller)
    return found.ok, found.detail


@pytest.mark.parametrize(("caller", "asked"), [(SESSION, ROLE), ("arn:aws:iam::111111111111:user/orgbot",) * 2])
def test_whoever_has_the_printed_policy_may_do_all_and_a_session_is_its_role_with_the_path(
    caller: str, asked: str
) -> None:
    iam = Iam()
    ok, told = permissions(iam, caller)
    assert (ok, told.endswith("actions allowed")) == (True, True), told
    assert iam.simulated == {asked}


def test_what_is_denied_is_named() -> None:
    ok, told = permissions(Iam("organizations:MoveAccount"))
    assert (ok, told) == (False, "not allowed: organizations:MoveAccount; attach what `orgbot iam-policy` prints")


@pytest.mark.parametrize("refuses", ["get_role", "simulate_principal_policy"])
def test_where_iam_does_not_tell_it_says_what_to_allow_and_on_what(refuses: str) -> None:
    ok, told = permissions(Iam(refuses=refuses))
    assert ok is None
    assert "iam:GetRole and iam:SimulatePrincipalPolicy on arn:aws:iam::111111111111:role/orgbot" in told
