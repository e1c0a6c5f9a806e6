"""The tree: root, organizational units, and where accounts are.

Source: AWS Organizations API Reference, "ListAccounts" (Paths), "MoveAccount", "CreateOrganizationalUnit"; Quotas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.organizations.models import FakeAccount, FakeOrganizationalUnit

from sandbox.aws.backend import Backend, attach, detach
from sandbox.aws.models import Account, is_root, tag_map
from sandbox.aws.refusals import Refusal, constraint, invalid, not_found
from sandbox.aws.registry import Answer, Listing, Params, listing, operation
from sandbox.aws.tags import check_tags

MOST_UNITS = 2_000
DEEPEST = 5


@listing("ListRoots", "Roots")
def list_roots(org: Backend, _: Params) -> Listing:
    return Listing([org.root.describe()])


@listing("ListAccounts", "Accounts")
def list_accounts(org: Backend, _: Params) -> Listing:
    return Listing(_shown(org), describe_accounts(org))


@listing("ListAccountsForParent", "Accounts")
def list_accounts_for_parent(org: Backend, params: Params) -> Listing:
    parent = _parent(org, params["ParentId"])
    return Listing([a for a in _shown(org) if a.parent_id == parent.id], describe_accounts(org))


@listing("ListOrganizationalUnitsForParent", "OrganizationalUnits")
def list_organizational_units_for_parent(org: Backend, params: Params) -> Listing:
    parent = _parent(org, params["ParentId"])
    above = unit_path(org, parent)
    return Listing([u for u in org.ou if u.parent_id == parent.id], lambda unit: _unit(org, unit, f"{above}{unit.id}/"))


@listing("ListChildren", "Children")
def list_children(org: Backend, params: Params) -> Listing:
    parent = _parent(org, params["ParentId"])
    of_type: list[Any] = list(org.accounts if params["ChildType"] == "ACCOUNT" else org.ou)
    children = [child for child in of_type if child.parent_id == parent.id]
    return Listing(children, lambda child: {"Id": child.id, "Type": params["ChildType"]})


@listing("ListParents", "Parents")
def list_parents(org: Backend, params: Params) -> Listing:
    child = next((child for child in org.targets() if child.id == params["ChildId"]), None)
    if child is None or child.parent_id is None:
        raise not_found("Child", "an organizational unit (OU) or account")
    return Listing([org.unit(child.parent_id)], lambda unit: {"Id": unit.id, "Type": unit.type})


@operation("DescribeAccount")
def describe_account(org: Backend, params: Params) -> Answer:
    return {"Account": describe_accounts(org)(org.account(params["AccountId"]))}


@operation("DescribeOrganizationalUnit")
def describe_organizational_unit(org: Backend, params: Params) -> Answer:
    return {"OrganizationalUnit": describe_unit(org, org.unit(params["OrganizationalUnitId"]))}


@operation("MoveAccount")
def move_account(org: Backend, params: Params) -> Answer:
    account = org.account(params["AccountId"])
    source = org.unit(params["SourceParentId"], "SourceParent")
    destination = org.unit(params["DestinationParentId"], "DestinationParent")
    if account.parent_id == destination.id:
        raise Refusal("DuplicateAccountException", "That account is already present in the specified destination.")
    if account.parent_id != source.id:
        raise not_found("SourceParent", "a source root or OU")
    account.parent_id = destination.id
    return {}


@operation("CreateOrganizationalUnit")
def create_organizational_unit(org: Backend, params: Params) -> Answer:
    parent = _parent(org, params["ParentId"])
    _check_name(org, params["Name"], parent.id)
    check_tags({}, params.get("Tags") or [])
    if len(chain(org, parent)) > DEEPEST:
        raise constraint("OU_DEPTH_LIMIT_EXCEEDED", "You exceeded the OU tree depth of five levels.")
    if len(org.ou) > MOST_UNITS:
        raise constraint("OU_NUMBER_LIMIT_EXCEEDED", "You exceeded the number of OUs in an organization.")
    unit = add_unit(org, params["Name"], parent.id)
    unit.tags = tag_map(params.get("Tags") or [])
    return {"OrganizationalUnit": describe_unit(org, unit)}


@operation("UpdateOrganizationalUnit")
def update_organizational_unit(org: Backend, params: Params) -> Answer:
    unit = org.unit(params["OrganizationalUnitId"])
    name = params.get("Name")
    if name and name != unit.name:
        _check_name(org, name, str(unit.parent_id))
        unit.name = name
    return {"OrganizationalUnit": describe_unit(org, unit)}


@operation("DeleteOrganizationalUnit")
def delete_organizational_unit(org: Backend, params: Params) -> Answer:
    unit = org.unit(params["OrganizationalUnitId"])
    if any(child.parent_id == unit.id for child in org.targets()):
        raise Refusal(
            "OrganizationalUnitNotEmptyException",
            "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs.",
        )
    for policy in list(unit.attached_policies):
        detach(policy, unit)
    org.ou.remove(unit)
    return {}


def add_unit(org: Backend, name: str, parent_id: str) -> FakeOrganizationalUnit:
    """An OU without any check, with the policies that every target has."""
    unit = FakeOrganizationalUnit(org.organization, Name=name, ParentId=parent_id)
    org.ou.append(unit)
    org.attach_defaults(unit)
    return unit


def place(account: Account, unit: FakeOrganizationalUnit, *policies: Any) -> None:
    """Put an account under a unit and attach policies, without any check."""
    account.parent_id = unit.id
    for policy in policies:
        attach(policy, account)


def chain(org: Backend, unit: FakeOrganizationalUnit) -> list[FakeOrganizationalUnit]:
    """The units from the root down to `unit`, both included."""
    return _chain({u.id: u for u in org.ou}, unit)


def _chain(units: dict[str, FakeOrganizationalUnit], unit: FakeOrganizationalUnit) -> list[FakeOrganizationalUnit]:
    links = [unit]
    while links[0].parent_id is not None:
        links.insert(0, units[links[0].parent_id])
    return links


def describe_accounts(org: Backend) -> Callable[[Account], Answer]:
    """A function that gives the Account structure with `Paths`, looking every chain up once."""
    paths: dict[str, str] = {}
    units = {unit.id: unit for unit in org.ou}

    def describe(account: Account) -> Answer:
        if not org.conditions.paths:
            return account.describe()
        if account.parent_id not in paths:
            paths[account.parent_id] = _path(org, _chain(units, units[account.parent_id]))
        return account.describe() | {"Paths": [f"{paths[account.parent_id]}{account.id}/"]}

    return describe


def describe_unit(org: Backend, unit: FakeOrganizationalUnit) -> Answer:
    """The OrganizationalUnit structure with `Path`."""
    return _unit(org, unit, unit_path(org, unit))


def _unit(org: Backend, unit: FakeOrganizationalUnit, path: str) -> Answer:
    shown = {"Path": path} if org.conditions.paths else {}
    return {"Id": unit.id, "Arn": unit.arn, "Name": unit.name, **shown}


def unit_path(org: Backend, unit: FakeOrganizationalUnit) -> str:
    """`o-…/r-…/ou-…/`, as in `aws:PrincipalOrgPaths`."""
    return _path(org, chain(org, unit))


def _path(org: Backend, links: list[FakeOrganizationalUnit]) -> str:
    return "/".join([org.organization.id, *(link.id for link in links), ""])


def _shown(org: Backend) -> list[FakeAccount]:
    if not org.conditions.lag_seconds:
        return org.accounts
    return [account for account in org.accounts if org.shown(account.create_time)]


def _parent(org: Backend, parent_id: str) -> FakeOrganizationalUnit:
    return org.unit(parent_id, "Parent")


def _check_name(org: Backend, name: str, parent_id: str) -> None:
    if not name.strip():
        raise invalid("INVALID_PATTERN", "You specified an organizational unit name of spaces only.")
    if any(unit.name == name and unit.parent_id == parent_id for unit in org.ou if not is_root(unit)):
        raise Refusal("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")
