"""The permissions, asked of IAM's policy simulator for the role behind a session."""

from __future__ import annotations

from typing import Any

import pytest

from bot.check_aws import _permissions
from operations.errors import RefusedError

SESSION = "arn:aws:sts::111111111111:assumed-role/orgbot/i-0123"
ROLE = "arn:aws:iam::111111111111:role/bots/orgbot"


class Iam:
    """Answers as IAM does: the path of a role stands in GetRole only; `denies` decides about the simulated actions."""

    def __init__(self, *denies: str, refuses: str = "") -> None:
        self.simulated = ""
        self._denies, self._refuses = denies, refuses

    def glance(self, _: str, method: str, **params: Any) -> dict[str, Any]:
        if method == self._refuses:
            raise RefusedError("GetRole", "no", code="AccessDenied")
        if method == "get_role":
            return {"Role": {"Arn": ROLE}}
        self.simulated = params["PolicySourceArn"]
        verdict = {True: "implicitDeny", False: "allowed"}
        decided = [{"EvalActionName": n, "EvalDecision": verdict[n in self._denies]} for n in params["ActionNames"]]
        return {"EvaluationResults": decided}


def permissions(iam: Any, caller: str = SESSION) -> tuple[bool | None, str]:
    found = _permissions(iam, caller)
    return found.ok, found.detail


@pytest.mark.parametrize(("caller", "asked"), [(SESSION, ROLE), ("arn:aws:iam::1:user/orgbot",) * 2])
def test_a_session_is_asked_about_as_its_role_with_the_path(caller: str, asked: str) -> None:
    iam = Iam()
    assert permissions(iam, caller)[0] is True
    assert iam.simulated == asked


def test_what_is_denied_is_named() -> None:
    ok, told = permissions(Iam("organizations:MoveAccount"))
    assert (ok, told) == (False, "not allowed: organizations:MoveAccount; attach what `orgbot iam-policy` prints")


@pytest.mark.parametrize("refuses", ["get_role", "simulate_principal_policy"])
def test_where_iam_does_not_tell_it_says_what_to_allow_and_on_what(refuses: str) -> None:
    ok, told = permissions(Iam(refuses=refuses))
    assert ok is None
    assert "iam:GetRole and iam:SimulatePrincipalPolicy on arn:aws:iam::111111111111:role/orgbot" in told
