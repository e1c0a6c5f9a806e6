"""What a request hits: organizational units and accounts, by their ids. Pure.

It follows from the kinds of an operation's fields; an operation whose fields do not tell says it itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from operations.core.fields import FieldKind
from operations.snapshot.organization import Organization


@dataclass(frozen=True)
class Reach:
    """The ids of the organizational units (the root is one) and of the accounts that are hit."""

    units: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.units | other.units, self.accounts | other.accounts)


def beneath(organization: Organization, *targets: str) -> Reach:
    """Roots and organizational units with all that lies beneath them, and accounts alone; each is looked at once."""
    hit: dict[str, bool] = dict.fromkeys(targets, True)

    def is_hit(unit: str) -> bool:
        if unit not in hit:
            known = organization.units_by_id.get(unit)
            hit[unit] = known is not None and is_hit(known.parent)
        return hit[unit]

    units = frozenset(unit for unit in organization.units_by_id if is_hit(unit))
    accounts = (account.id for account in organization.accounts if account.id in hit or is_hit(account.parent))
    unknown = set(targets) - organization.units_by_id.keys()  # An account that has just left is hit as well.
    return Reach(units, frozenset(accounts) | frozenset(unknown))


def whole(organization: Organization) -> Reach:
    """Everything there is; in an account without an organization, what would be its root."""
    units = frozenset(organization.units_by_id) or frozenset({organization.root})
    return Reach(units, frozenset(organization.accounts_by_id))


def _account(_: Organization, account: str) -> Reach:
    return Reach(accounts=frozenset({account}))


def _unit(_: Organization, unit: str) -> Reach:
    return Reach(units=frozenset({unit}))


def _policy(organization: Organization, policy: str) -> Reach:
    """All that lies beneath each attachment; everything where it is unknown to what the policy is attached."""
    if not organization.policies.is_told(policy):
        return whole(organization)
    return beneath(organization, *organization.policies.targets[policy])


# What one value of a field reaches. The kinds that are not here name no place.
BY_KIND: dict[FieldKind, Callable[[Organization, str], Reach]] = {
    FieldKind.ACCOUNT: _account,
    FieldKind.ACCOUNTS: _account,
    FieldKind.OU: _unit,
    FieldKind.TARGET: beneath,
    FieldKind.POLICY: _policy,
}
