"""What follows from a field's kind: how the id behind the name that somebody gave is found, and what it reaches: organizational
units and accounts, by their ids. An operation whose fields do not tell what it reaches says it itself. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.aws.errors import FieldError
from operations.core.fields import FieldKind, OperationField
from operations.snapshot.organization import Organization
from operations.snapshot.places import find_target
from operations.snapshot.services import resolve

LookUp = Callable[[Organization, str, str], str]
"""The id that a text means, by the organization, the text and the field's name; raises FieldError with the candidates."""


def _account(organization: Organization, text: str, field: str) -> str:
    return organization.find_account(text, field).id


def _unit(organization: Organization, text: str, field: str) -> str:
    return organization.find_unit(text, field).id


def _policy(organization: Organization, text: str, field: str) -> str:
    return organization.policies.find(text, field).id


def _service(_: Organization, text: str, field: str) -> str:
    return resolve(text, field)


LOOK_UPS: Mapping[FieldKind, LookUp] = {
    FieldKind.ACCOUNT: _account,
    FieldKind.ACCOUNTS: _account,
    FieldKind.OU: _unit,
    FieldKind.TARGET: find_target,
    FieldKind.POLICY: _policy,
    FieldKind.SERVICE: _service,
}
"""The kinds whose values are names of something; every other value is what it is."""


def look_up(organization: Organization, field: OperationField, text: str) -> str:
    """The id of what `text` means in this field; raises FieldError for what is not found, or cannot be given here."""
    found = LOOK_UPS[field.flag.kind](organization, text, field.name)
    if field.excepted and found == organization.management_account:
        label = organization.account_label(found)
        raise FieldError(field.name, f"{label} is the management account, {field.excepted}.")
    if field.excepted and found == organization.root:
        raise FieldError(field.name, f"/ is the root, {field.excepted}.")
    return found


def settled_value(organization: Organization, field: OperationField, value: Any) -> Any:
    """A field's value with ids in place of names, each id once and in order where there may be several; raises FieldError."""
    if field.flag.kind not in LOOK_UPS or value is None:
        return value
    if field.flag.kind.many:
        return tuple(sorted({look_up(organization, field, text) for text in value}))
    return look_up(organization, field, value)


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


def _one_account(_: Organization, account: str) -> Reach:
    return Reach(accounts=frozenset({account}))


def _one_unit(_: Organization, unit: str) -> Reach:
    return Reach(units=frozenset({unit}))


def _of_policy(organization: Organization, policy: str) -> Reach:
    """All that lies beneath each attachment; everything where it is unknown to what the policy is attached."""
    if not organization.policies.is_told(policy):
        return whole(organization)
    return beneath(organization, *organization.policies.targets[policy])


# What one value of a field reaches. The kinds that are not here name no place.
BY_KIND: dict[FieldKind, Callable[[Organization, str], Reach]] = {
    FieldKind.ACCOUNT: _one_account,
    FieldKind.ACCOUNTS: _one_account,
    FieldKind.OU: _one_unit,
    FieldKind.TARGET: beneath,
    FieldKind.POLICY: _of_policy,
}
