"""The organization as AWS has it now, which the bot may not know yet."""

from __future__ import annotations

from typing import Any

from moto.organizations.models import FakeOrganizationalUnit

from sandbox.aws import consent, responses
from sandbox.aws.backend import LOCK, Backend
from sandbox.aws.handshakes import INVITE
from sandbox.aws.models import DEFAULT_ROLE, Target, is_root
from sandbox.aws.roles import default_trust, iam_of, make_role

Json = dict[str, Any]
STANDARD = ("FullAWSAccess", "RCPFullAWSAccess")
"""Policies that AWS attaches everywhere by itself: they would stand on every line."""


def tree() -> Json | None:
    """Root, OUs and accounts, each with the policies attached to it; None without an organization."""
    with LOCK:
        org = responses.management()
        org.settle()
        return _unit(org, org.root) if org.org else None


def _unit(org: Backend, unit: Any) -> Json:
    return {
        "id": unit.id,
        "name": "Root" if is_root(unit) else unit.name,
        "policies": _policies(unit),
        "accounts": [_account(account) for account in org.accounts if account.parent_id == unit.id],
        "units": [_unit(org, below) for below in org.ou if below.parent_id == unit.id],
    }


def _account(account: Any) -> Json:
    return {"id": account.id, "name": account.name, "state": account.state, "policies": _policies(account)}


def _policies(target: Target) -> list[str]:
    return sorted(str(policy.name) for policy in target.attached_policies if policy.name not in STANDARD)


def invitations() -> list[Json]:
    """Those that wait for an answer: id, and whom they ask."""
    with LOCK:
        found = responses.management().handshakes.values()
        open_ones = [one for one in found if one.action == INVITE and one.is_open_invitation]
        return [{"id": one.id, "whom": one.account or one.email} for one in open_ones]


def accept(invitation: str) -> None:
    """Accepts as the invited account's administrator does who reads on: with the access role that the bot waits for."""
    with LOCK:
        org = responses.management()
        handshake = org.handshakes[invitation]
        consent.accept(org, handshake)
        if all(role.name != DEFAULT_ROLE for role in iam_of(handshake.account).roles.values()):
            make_role(handshake.account, DEFAULT_ROLE, default_trust())


def move(account_id: str, home: str, away: str) -> str:
    """Moves an account without the bot: to `away`, or to `home` when it is there already. Paths; gives the new one."""
    with LOCK:
        org = responses.management()
        account = org.account(account_id)
        target = home if account.parent_id == _at(org, away) else away
        account.parent_id = _at(org, target)
        return target


def _at(org: Backend, path: str) -> str:
    """The id of the OU at a path; raises LookupError when it is gone."""
    unit: FakeOrganizationalUnit = org.root
    for name in path.strip("/").split("/"):
        unit = next(below for below in org.ou if below.parent_id == unit.id and below.name == name)
    return str(unit.id)
