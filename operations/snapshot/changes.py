"""What is known to have changed since the organization was read, and the organization with it: what a step has done, what AWS
told about one name, and what a request would bring about, before it has. Pure.

A change says how things stand, not what was done, so that it may be taken in twice; several are taken in in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.policies import AWS_OWN, Policies, Policy

PLANNED = "ou-planned"  # The id of an organizational unit that is only to be.
PLANNED_ACCOUNT = "account-planned"
ENABLED = "ENABLED"


class _Change(BaseModel):
    model_config = ConfigDict(frozen=True)

    @property
    def of(self) -> tuple[str, ...]:
        """The id of what it is about; of an attachment both ends'."""
        fields = type(self).model_fields
        names = ("id",) if "id" in fields else ("policy", "target", "type", "principal")
        return tuple(str(getattr(self, name)) for name in names if name in fields)

    def given(self) -> dict[str, Any]:
        """What the change tells, by the names of the snapshot's own members; what it leaves open stays as it is."""
        return self.model_dump(exclude={"about"}, exclude_none=True)


class UnitIs(_Change):
    """An organizational unit is there; without a `parent` only its name is told, and only of one that is known."""

    about: Literal["unit"] = "unit"
    id: str
    name: str
    parent: str | None = None

    def taken_in(self, organization: Organization) -> Organization:
        """The organization with it; what is new has the policies that AWS gives to everything new."""
        if self.id in organization.units_by_id:
            changed = (replace(unit, **self.given()) if unit.id == self.id else unit for unit in organization.units)
            return replace(organization, units=_with_paths(changed))
        if self.parent is None:
            return organization
        return _with_defaults(with_unit(organization, self.parent, self.name, self.id), self.id)


class AccountIs(_Change):
    """An account is a member; what is None is not told. Without a `parent` one that is new is in the root."""

    about: Literal["account"] = "account"
    id: str
    name: str | None = None
    email: str | None = None
    state: str | None = None
    parent: str | None = None
    joined: str | None = None

    def taken_in(self, organization: Organization) -> Organization:
        """The organization with it; one that is new needs a name."""
        if self.id in organization.accounts_by_id:
            changed = (replace(one, **self.given()) if one.id == self.id else one for one in organization.accounts)
            return replace(organization, accounts=tuple(changed))
        if self.name is None:
            return organization
        new = Account(**{"email": "", "state": "ACTIVE", "parent": organization.root, **self.given()})
        return _with_defaults(replace(organization, accounts=(*organization.accounts, new)), self.id)


class PolicyIs(_Change):
    """A policy is there; what is None is not told."""

    about: Literal["policy"] = "policy"
    id: str
    name: str | None = None
    type: str | None = None
    description: str | None = None
    aws_managed: bool | None = None

    def taken_in(self, organization: Organization) -> Organization:
        """The organization with it; one that is new needs a name and a type, and is attached to nothing yet."""
        policies = organization.policies
        if self.id in policies.by_id:
            known = tuple(replace(one, **self.given()) if one.id == self.id else one for one in policies.known)
        elif self.name is None or self.type is None:
            return organization
        else:
            known = (*policies.known, Policy(**self.given()))
        new = {} if self.id in policies.by_id else {self.id: ()}
        targets = {**new, **policies.targets}
        return replace(organization, policies=replace(policies, known=known, targets=targets))


class Attachment(_Change):
    """A policy is attached to a root, organizational unit or account, or is not."""

    about: Literal["attachment"] = "attachment"
    policy: str
    target: str
    on: bool

    def taken_in(self, organization: Organization) -> Organization:
        """The organization with it."""
        if not organization.policies.is_told(self.policy):
            return organization
        others = tuple(one for one in organization.policies.targets[self.policy] if one != self.target)
        return _attached(organization, {self.policy: (*others, self.target) if self.on else others})


class TypeIs(_Change):
    """A policy type's status at the root; empty where it is off, and then none of its policies is attached anywhere."""

    about: Literal["type"] = "type"
    type: str
    status: str

    def taken_in(self, organization: Organization) -> Organization:
        """The organization with it. Of a type that limits permissions AWS attaches its own policy everywhere."""
        policies = organization.policies
        before, others = policies.types.get(self.type, ""), {k: v for k, v in policies.types.items() if k != self.type}
        types = {**others, self.type: self.status} if self.status else others
        switched = replace(organization, policies=replace(policies, types=types))
        if not self.status:
            return _attached(switched, {one.id: () for one in policies.known if one.type == self.type})
        own = AWS_OWN.get(self.type) if self.status == ENABLED != before else None
        if own is None:
            return switched
        known = PolicyIs(id=own.id, name=own.name, type=own.type, description=own.description, aws_managed=True)
        return _attached(known.taken_in(switched), {own.id: (*organization.units_by_id, *organization.accounts_by_id)})


class ServiceIs(_Change):
    """A service has trusted access, or has none."""

    about: Literal["service"] = "service"
    principal: str
    on: bool

    def taken_in(self, organization: Organization) -> Organization:
        """The organization with it."""
        others = {one for one in organization.services if one != self.principal}
        return replace(organization, services=tuple(sorted(others | {self.principal} if self.on else others)))


class Gone(_Change):
    """An organizational unit, an account or a policy is no longer in the organization."""

    about: Literal["gone"] = "gone"
    id: str

    def taken_in(self, organization: Organization) -> Organization:
        """The organization without it, and without what was attached to it."""
        policies = organization.policies
        unread = {name: why for name, why in policies.unread.items() if name != self.id}
        targets = {
            policy: tuple(target for target in attached if target != self.id)
            for policy, attached in policies.targets.items()
            if policy != self.id
        }
        known = tuple(policy for policy in policies.known if policy.id != self.id)
        return replace(
            organization,
            units=tuple(unit for unit in organization.units if unit.id != self.id),
            accounts=tuple(account for account in organization.accounts if account.id != self.id),
            policies=replace(policies, known=known, targets=targets, unread=unread),
        )


class OrganizationIs(_Change):
    """There is an organization; one that is new has its root and its management account, of which `email` and `name` are told."""

    about: Literal["organization"] = "organization"
    id: str
    feature_set: str
    root: str = ""
    email: str = ""
    name: str = ""

    def taken_in(self, organization: Organization) -> Organization:
        """The organization with all its features, or a new one."""
        if organization.id or not self.root:
            return replace(organization, feature_set=self.feature_set)
        management = Account(organization.management_account, self.name, self.email, "ACTIVE", self.root, "INVITED")
        root = OrganizationalUnit(self.root, "Root", "", "/")
        return replace(
            organization,
            id=self.id,
            feature_set=self.feature_set,
            root=self.root,
            units=(root,),
            accounts=(management,),
            policies=Policies(),
        )


Change = Annotated[
    UnitIs | AccountIs | PolicyIs | Attachment | TypeIs | ServiceIs | Gone | OrganizationIs,
    Field(discriminator="about"),
]
CHANGES: TypeAdapter[tuple[Change, ...]] = TypeAdapter(tuple[Change, ...])


def taken_in(organization: Organization, changes: Iterable[Change]) -> Organization:
    """The organization with all that is known to have changed, in order."""
    for change in changes:
        organization = change.taken_in(organization)
    return organization


def with_unit(organization: Organization, parent: str, name: str, unit: str = PLANNED) -> Organization:
    """With one more organizational unit, by its id."""
    new = OrganizationalUnit(unit, name, parent, _path(organization.path_of(parent), name))
    return replace(organization, units=(*organization.units, new))


def with_name(organization: Organization, unit: str, name: str) -> Organization:
    """With another name of an organizational unit, and so with other paths of what is beneath it."""
    return UnitIs(id=unit, name=name).taken_in(organization)


def with_account_in(organization: Organization, account: str, unit: str) -> Organization:
    """With an account in another organizational unit."""
    return AccountIs(id=account, parent=unit).taken_in(organization)


def _with_defaults(organization: Organization, target: str) -> Organization:
    """With what AWS attaches to everything that is new; where else that is attached stays unknown when AWS has not told it."""
    policies = organization.policies
    on = (own.id for kind, own in AWS_OWN.items() if policies.types.get(kind) == ENABLED and policies.is_told(own.id))
    return _attached(organization, {own: (*policies.targets[own], target) for own in on})


def _attached(organization: Organization, targets: Mapping[str, tuple[str, ...]]) -> Organization:
    """With all the places to which policies are attached, so that these are no longer unknown."""
    policies = organization.policies
    unread = {name: why for name, why in policies.unread.items() if name not in targets}
    return replace(organization, policies=replace(policies, targets={**policies.targets, **targets}, unread=unread))


def _with_paths(units: Iterable[OrganizationalUnit]) -> tuple[OrganizationalUnit, ...]:
    by_id = {unit.id: unit for unit in units}
    return tuple(replace(unit, path=_found(by_id, unit)) for unit in by_id.values())


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
