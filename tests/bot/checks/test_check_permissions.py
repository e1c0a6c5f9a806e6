"""The permissions, asked of IAM's policy simulator for the role behind a session: what is lacking, and what is too much."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import pytest

from bot.checks.aws import NAME, OWN, simulated
from bot.checks.findings import Finding
from bot.iam_policy import place_of
from operations.aws.errors import RefusedError
from operations.aws.partitions import Identity
from operations.aws.permissions import by_resources, iam_policy
from operations.core.registry import all_permissions, left_out

MANAGEMENT = "111111111111"
SESSION = Identity(MANAGEMENT, f"arn:aws:sts::{MANAGEMENT}:assumed-role/orgbot/i-0123")
USER = Identity(MANAGEMENT, f"arn:aws:iam::{MANAGEMENT}:user/orgbot")
ROLE = f"arn:aws:iam::{MANAGEMENT}:role/bots/orgbot"


class Iam:
    """IAM with a role that has what `orgbot iam-policy` prints, but for `lacks`; the path of a role stands in GetRole only."""

    def __init__(
        self, *lacks: str, refuses: str = "", without: Iterable[str] = (), administrator: bool = False
    ) -> None:
        self.simulated: set[str] = set()
        permissions = all_permissions(left_out(without))
        self._statements = iam_policy(permissions, place_of(SESSION, (), ()))["Statement"]
        if administrator:
            self._statements = [{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}]
        self._lacks, self._refuses = lacks, refuses

    def probe(self, _: str, method: str, **params: Any) -> dict[str, Any]:
        if method == self._refuses:
            raise RefusedError("GetRole", "no", code="AccessDenied")
        if method == "get_role":
            return {"Role": {"Arn": ROLE}}
        self.simulated.add(params["PolicySourceArn"])
        return {"EvaluationResults": [self._judged(action, params) for action in params["ActionNames"]]}

    def _judged(self, action: str, params: dict[str, Any]) -> dict[str, Any]:
        effects = {s["Effect"] for s in self._statements if self._holds(s, action, params)}
        allowed = action not in self._lacks and effects == {"Allow"}
        return {"EvalActionName": action, "EvalDecision": "allowed" if allowed else "implicitDeny"}

    def _holds(self, statement: dict[str, Any], action: str, params: dict[str, Any]) -> bool:
        context = {entry["ContextKeyName"]: entry["ContextKeyValues"] for entry in params["ContextEntries"]}
        wanted = statement.get("Condition", {}).get("StringEquals", {})
        meant = any(fnmatchcase(action, pattern) for pattern in statement["Action"])
        on_all = all(any(fnmatchcase(r, pattern) for pattern in statement["Resource"]) for r in params["ResourceArns"])
        return meant and on_all and wanted.items() <= context.items()


def findings(iam: Any, identity: Identity = SESSION, without: Iterable[str] = ()) -> dict[str, Finding]:
    wanted = by_resources(all_permissions(left_out(without)), place_of(identity, (), ()))
    return {finding.name: finding for finding in simulated(iam, identity, wanted)}


@pytest.mark.parametrize(("identity", "asked"), [(SESSION, ROLE), (USER, USER.arn)])
def test_whoever_has_the_printed_policy_may_do_all_and_a_session_is_its_role_with_the_path(
    identity: Identity, asked: str
) -> None:
    iam = Iam()
    found = findings(iam, identity)[NAME]
    assert (found.ok, found.detail.endswith("actions allowed")) == (True, True), found.detail
    assert iam.simulated == {asked}


def test_with_the_printed_policy_it_can_give_itself_nothing() -> None:
    assert findings(Iam())[OWN].ok is True


def test_a_role_that_can_give_itself_more_is_named() -> None:
    found = findings(Iam(administrator=True))[OWN]
    assert found.ok is None
    assert "iam:PutRolePolicy" in found.detail
    assert "`orgbot iam-policy` prints what denies that" in found.detail


def test_what_is_denied_is_named() -> None:
    found = findings(Iam("organizations:MoveAccount"))[NAME]
    assert (found.ok, found.detail) == (
        False,
        "not allowed: organizations:MoveAccount; attach what `orgbot iam-policy` prints",
    )


def test_what_is_left_out_need_not_be_allowed() -> None:
    slim = Iam(without=["grant-access"])
    assert findings(slim)[NAME].ok is False
    assert findings(slim, without=["grant-access"])[NAME].ok is True


@pytest.mark.parametrize("refuses", ["get_role", "simulate_principal_policy"])
def test_where_iam_does_not_tell_it_says_what_to_allow_and_on_what(refuses: str) -> None:
    found = findings(Iam(refuses=refuses))[NAME]
    assert found.ok is None
    assert "iam:GetRole and iam:SimulatePrincipalPolicy on arn:aws:iam::111111111111:role/orgbot" in found.detail
