"""The state of the organization: moto's backend, with what has yet to happen and what moto doesn't keep.

The operations are functions in the families beside this file (`creation`, `tree`, …), registered in `registry`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar

import moto.organizations.urls
from moto.organizations.models import FakeOrganization, FakeOrganizationalUnit, FakeRoot, OrganizationsBackend

from sandbox.aws.conditions import Conditions
from sandbox.aws.models import Account, Policy, Target
from sandbox.aws.refusals import Refusal, not_found
from sandbox.aws.roles import make_roles

if TYPE_CHECKING:
    from sandbox.aws.creation import Creation
    from sandbox.aws.handshakes import Handshake

LOCK = RLock()


@dataclass
class Later:
    """Something that AWS does in the background: `act` runs when `at` has come. `kind` groups, such as `creation`."""

    at: datetime
    kind: str
    act: Callable[[], None]


class Backend(OrganizationsBackend):
    """One organization, as moto keeps it, and its history and future.

    moto makes one per account and resets it; the conditions are the process's, because moto's backends are too.
    """

    conditions: ClassVar[Conditions] = Conditions()

    def _reset(self) -> None:
        super()._reset()
        self.creations: dict[str, Creation] = {}
        self.handshakes: dict[str, Handshake] = {}
        self.closed_at: list[datetime] = []
        self.agenda: list[Later] = []
        self.caller = self.account_id

    def begin_anew(self) -> None:
        """Forget everything, as when the organization is deleted."""
        self._reset()

    @property
    def _url_module(self) -> Any:
        # moto looks for a `urls` module beside the class; ours is a guest in moto's.
        return moto.organizations.urls

    @property
    def organization(self) -> FakeOrganization:
        """The organization; raises AWSOrganizationsNotInUseException before CreateOrganization."""
        if self.org is None:
            raise Refusal("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
        return self.org

    @property
    def root(self) -> FakeRoot:
        """The organization's one root."""
        return next(unit for unit in self.ou if isinstance(unit, FakeRoot))

    def now(self) -> datetime:
        """The time as AWS sees it."""
        return self.conditions.clock.now()

    def shown(self, since: datetime) -> bool:
        """Whether lists show what came at `since`: AWS's are eventually consistent."""
        return since + timedelta(seconds=self.conditions.lag_seconds) <= self.now()

    def later(self, seconds: float, kind: str, act: Callable[[], None]) -> None:
        """Do `act` when `seconds` have passed."""
        self.agenda.append(Later(self.now() + timedelta(seconds=seconds), kind, act))

    def settle(self, kind: str = "") -> None:
        """Do what is due; with a kind, everything of that kind, due or not."""
        now = self.now()
        due = [item for item in self.agenda if item.at <= now or item.kind == kind]
        self.agenda = [item for item in self.agenda if item not in due]
        for item in sorted(due, key=lambda item: item.at):
            item.act()

    def account(self, account_id: str) -> Account:
        """The account of that id; raises AccountNotFoundException."""
        for account in self.accounts:
            if account.id == account_id and isinstance(account, Account):
                return account
        raise not_found("Account", "an account")

    def unit(self, unit_id: str, kind: str = "OrganizationalUnit") -> FakeOrganizationalUnit:
        """The OU or root of that id; raises `<kind>NotFoundException`."""
        unit = next((unit for unit in self.ou if unit.id == unit_id), None)
        if unit is None:
            raise not_found(kind, "a parent" if kind.endswith("Parent") else "an organizational unit")
        return unit

    def target(self, target_id: str) -> Target:
        """The root, OU or account of that id; raises TargetNotFoundException."""
        for target in self.targets():
            if target.id == target_id:
                return target
        raise not_found("Target", "a root, OU, account, or policy")

    def targets(self) -> list[Target]:
        """Everything that policies can be attached to: the root, the OUs, the accounts."""
        return [*self.ou, *self.accounts]

    def policy(self, policy_id: str) -> Policy:
        """The policy of that id; raises PolicyNotFoundException."""
        for policy in self.policies:
            if policy.id == policy_id and isinstance(policy, Policy):
                return policy
        raise not_found("Policy", "a policy")

    def add_account(self, account: Account) -> None:
        """Let an account in, as AWS does: into the root, with the policies that every target has."""
        self.accounts.append(account)
        self.attach_defaults(account)
        make_roles(account)

    def attach_defaults(self, target: Target) -> None:
        """Attach FullAWSAccess and RCPFullAWSAccess where their types are enabled."""
        enabled = {item["Type"] for item in self.root.policy_types}
        for policy in self.policies:
            if policy.aws_managed and policy.type in enabled and policy not in target.attached_policies:
                attach(policy, target)


def attach(policy: Any, target: Target) -> None:
    """Attach without any check; moto's own way looks the target up in a list, which is slow at 10,000 accounts."""
    target.attached_policies.append(policy)
    policy.attachments.append(target)


def detach(policy: Any, target: Target) -> None:
    """Detach without any check."""
    target.attached_policies.remove(policy)
    policy.attachments.remove(target)
