"""The organization as it would be after one change: what a request brings about, before it has. Pure."""

from __future__ import annotations

from dataclasses import replace

from operations.snapshot.organization import Account, Organization, OrganizationalUnit

PLANNED = "ou-planned"  # The id of an organizational unit that is only to be.
PLANNED_ACCOUNT = "account-planned"


def with_unit(organization: Organization, parent: str, name: str) -> Organization:
    """With one more organizational unit, whose id is PLANNED."""
    new = OrganizationalUnit(PLANNED, name, parent, _path(organization.path_of(parent), name))
    return replace(organization, units=(*organization.units, new))


def with_name(organization: Organization, unit: str, name: str) -> Organization:
    """With another name of an organizational unit, and so with other paths of what is beneath it."""
    renamed = {known.id: replace(known, name=name) if known.id == unit else known for known in organization.units}
    return replace(organization, units=tuple(replace(one, path=_found(renamed, one)) for one in renamed.values()))


def with_account_in(organization: Organization, account: str, unit: str) -> Organization:
    """With an account in another organizational unit."""
    moved = (replace(known, parent=unit) if known.id == account else known for known in organization.accounts)
    return replace(organization, accounts=tuple(moved))


def with_account_named(organization: Organization, account: str, name: str) -> Organization:
    """With another name of an account."""
    renamed = (replace(known, name=name) if known.id == account else known for known in organization.accounts)
    return replace(organization, accounts=tuple(renamed))


def with_new_account(
    organization: Organization, unit: str, name: str = "", email: str = "", account: str = PLANNED_ACCOUNT
) -> Organization:
    """With one more account, as far as it is known already what it will be called."""
    return replace(organization, accounts=(*organization.accounts, Account(account, name, email, "", unit)))


def _found(units: dict[str, OrganizationalUnit], unit: OrganizationalUnit) -> str:
    above = units.get(unit.parent)
    return _path(_found(units, above), unit.name) if above else "/"


def _path(above: str, name: str) -> str:
    return f"{above.rstrip('/')}/{name}"
