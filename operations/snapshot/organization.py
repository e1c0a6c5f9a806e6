"""The organization as it was at one moment: accounts and organizational units, found by whatever name people use.

Source: AWS Organizations User Guide, "AWS Organizations terminology and concepts".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from operations.aws.errors import FieldError, Near, UnknownError
from operations.snapshot.names import did_you_mean, listed, nearest
from operations.snapshot.policies import Policies

OPEN = ("", "ACTIVE", "PENDING_ACTIVATION")


@dataclass(frozen=True)
class OrganizationalUnit:
    """An OU, or the root: `path` is `/Workloads/Staging` (the root's is `/`), `parent` the id above it ("" for the root)."""

    id: str
    name: str
    parent: str
    path: str


def state_of(account: Mapping[str, object]) -> str:
    """The State of an account in an answer of AWS, or its Status where that has none: there a closed account is SUSPENDED."""
    return str(account.get("State") or account.get("Status") or "")


@dataclass(frozen=True)
class Account:
    """A management or member account; `parent` is the id of its OU or root, `state` AWS's State (ACTIVE, SUSPENDED, …).

    `joined` is AWS's JoinedMethod (CREATED, INVITED), empty where it is not told.
    """

    id: str
    name: str
    email: str
    state: str
    parent: str
    joined: str = ""
    joined_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is neither closed, nor being closed, nor suspended by AWS."""
        return self.state in OPEN


@dataclass(frozen=True)
class Organization:
    """One immutable snapshot of the organization; `read_at` is when the reading began.

    `services` are the service principals with trusted access; `services_unread` says why AWS did not tell them. An account that is in no organization has a snapshot too: its
    `id` and `root` are empty.
    """

    id: str
    management_account: str
    root: str
    feature_set: str
    units: tuple[OrganizationalUnit, ...]
    accounts: tuple[Account, ...]
    read_at: datetime
    policies: Policies = field(default_factory=Policies)
    services: tuple[str, ...] = ()
    services_unread: str = ""

    @cached_property
    def units_by_id(self) -> dict[str, OrganizationalUnit]:
        return {unit.id: unit for unit in self.units}

    @cached_property
    def accounts_by_id(self) -> dict[str, Account]:
        return {account.id: account for account in self.accounts}

    @cached_property
    def _units_by_path(self) -> dict[str, list[OrganizationalUnit]]:
        """Several can have one path: names may hold a slash, and AWS tells them apart by their case."""
        found: dict[str, list[OrganizationalUnit]] = defaultdict(list)
        for unit in self.units:
            found[unit.path.casefold()].append(unit)
        return found

    def path_of(self, unit_id: str) -> str:
        """The path of an OU or the root; the id itself when this snapshot doesn't know it."""
        unit = self.units_by_id.get(unit_id)
        return unit.path if unit else unit_id

    def account_label(self, account_id: str) -> str:
        """Name and id of an account, for people; the id alone when this snapshot doesn't know it."""
        account = self.accounts_by_id.get(account_id)
        return f"{account.name} ({account.id})" if account else account_id

    def account_path(self, account_id: str) -> str:
        """The path of the OU in which an account is."""
        account = self.accounts_by_id.get(account_id)
        return self.path_of(account.parent) if account else ""

    def find_unit(self, text: str, field_name: str) -> OrganizationalUnit:
        """The OU or root that `text` (path, id or unique name) means; raises FieldError with the candidates."""
        wanted = text.strip()
        if wanted in self.units_by_id:
            return self.units_by_id[wanted]
        at_path = self._units_by_path.get(_normal_path(wanted), [])
        exact = [unit for unit in at_path if unit.path.strip("/") == wanted.strip("/")] or at_path
        if len(exact) == 1:
            return exact[0]
        if exact:
            near = [Near(unit.id, f"{unit.id} ({unit.path})") for unit in exact]
            ids = listed([one.label for one in near])
            told = f"“{wanted}” is the path of {len(exact)} organizational units: {ids}. Give the id."
            raise FieldError(field_name, told, near, wanted)
        named = [unit for unit in self.units if unit.name.casefold() == wanted.strip("/").casefold() and unit.parent]
        if len(named) == 1 and not wanted.startswith("/"):
            return named[0]
        if len(named) > 1 and not wanted.startswith("/"):
            near = [Near(unit.id, unit.path) for unit in named]
            paths = listed([unit.path for unit in named])
            told = f"“{wanted}” names {len(named)} organizational units: {paths}. Give the path."
            raise FieldError(field_name, told, near, wanted)
        near = self._near_units(wanted)
        way_out = did_you_mean([one.label for one in near]) or "`/org tree` shows them."
        raise UnknownError(field_name, f"no OU named “{wanted}”. {way_out}", "unit", wanted, near)

    def find_account(self, text: str, field_name: str) -> Account:
        """The account that `text` (id, e-mail or unique name) means, of several the only one that is open; raises FieldError with
        the candidates.
        """
        wanted = text.strip()
        if wanted in self.accounts_by_id:
            return self.accounts_by_id[wanted]
        folded = wanted.casefold()
        found = [a for a in self.accounts if folded in (a.email.casefold(), a.name.casefold())]
        meant = found if len(found) == 1 else [account for account in found if account.is_open]
        if len(meant) == 1:
            return meant[0]
        if found:
            near = [Near(account.id, self._which(account)) for account in found]
            told = f"“{wanted}” names {len(found)} accounts: {listed([one.label for one in near])}. Give the id."
            raise FieldError(field_name, told, near, wanted)
        near = self._near_accounts(wanted)
        way_out = did_you_mean([one.label for one in near]) or "Give its id, name or e-mail."
        raise UnknownError(field_name, f"no account named “{wanted}”. {way_out}", "account", wanted, near)

    def _which(self, account: Account) -> str:
        """An account among others of its name: its id, its place, and its state where it is not open."""
        state = "" if account.is_open else f", {account.state}"
        return f"{account.id} ({self.path_of(account.parent)}{state})"

    def _near_units(self, wanted: str) -> list[Near]:
        word = wanted.strip("/")
        known = ((unit.path.strip("/") if "/" in word else unit.name, unit) for unit in self.units)
        return [Near(unit.id, unit.path) for unit in nearest(word, known)]

    def _near_accounts(self, wanted: str) -> list[Near]:
        """By name; with the id where two of them have the same one."""
        found = nearest(wanted, ((a.email if "@" in wanted else a.name, a) for a in self.accounts))
        names = [account.name for account in found]
        return [Near(a.id, a.name if names.count(a.name) == 1 else f"{a.name} ({a.id})") for a in found]


def _normal_path(text: str) -> str:
    return "/" + text.strip().strip("/").casefold()
