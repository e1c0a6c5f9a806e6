"""Organizations to look at: a small one with policies, a large one, and one with the longest names that AWS allows."""

from __future__ import annotations

from dataclasses import replace

from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.policies import Policies, Policy
from operations.snapshot.policy_types import SCP, policy_types
from tests.harness.handling import NOW, organization

STAGING = "222222222222"
DENY = Policy("p-deny0001", "DenyLeave", SCP, description="No account leaves the organization")
FULL = Policy("p-FullAWSAccess", "FullAWSAccess", SCP, aws_managed=True)
OWNER = Policy("p-owner001", "OwnerTag", "TAG_POLICY")
IDLE = Policy("p-idle0001", "Idle", SCP)


def with_policies() -> Organization:
    """The small organization with four policies and two services."""
    small = organization()
    everywhere = (*small.units_by_id, *small.accounts_by_id)
    targets = {DENY.id: ("ou-1-work", STAGING), FULL.id: everywhere, OWNER.id: ("r-1",), IDLE.id: ()}
    types = {SCP: "ENABLED", "TAG_POLICY": "ENABLED", "BACKUP_POLICY": "PENDING_ENABLE"}
    policies = Policies((DENY, FULL, OWNER, IDLE), targets, types)
    return replace(small, policies=policies, services=("account.amazonaws.com", "cloudtrail.amazonaws.com"))


def grown(accounts: int = 10_000, units: int = 1_000) -> Organization:
    """A large organization: OUs ten beneath each, accounts spread evenly over them, one policy attached everywhere."""
    made = [OrganizationalUnit("r-1", "Root", "", "/")]
    for number in range(units):
        above = made[number // 10]
        made.append(
            OrganizationalUnit(
                f"ou-1-{number:08}", f"unit-{number:04}", above.id, f"{above.path.rstrip('/')}/unit-{number:04}"
            )
        )
    members = tuple(
        Account(
            f"{100000000000 + n}", f"account-{n:05}", f"account-{n:05}@example.com", "ACTIVE", made[1 + n % units].id
        )
        for n in range(accounts)
    )
    targets = {FULL.id: (*(unit.id for unit in made), *(account.id for account in members))}
    return Organization(
        "o-1", "111111111111", "r-1", "ALL", tuple(made), members, NOW, Policies((FULL,), targets, {SCP: "ENABLED"})
    )


def longest(letter: str, accounts: int = 120) -> Organization:
    """The longest names of one character that AWS allows: `&` takes five when it is escaped, a backtick breaks code."""
    units = [OrganizationalUnit(f"r-{'a' * 32}", "Root", "", "/")]
    for level in range(5):
        above = units[-1]
        units.append(
            OrganizationalUnit(
                f"ou-{'a' * 30}{level}", letter * 128, above.id, f"{above.path.rstrip('/')}/{letter * 128}"
            )
        )
    for number in range(accounts):
        units.append(
            OrganizationalUnit(f"ou-{number:032}", letter * 128, units[4].id, f"{units[4].path}/{letter * 128}")
        )
    members = tuple(
        Account(
            f"{number:012}",
            letter * 50,
            f"{letter.replace('&', '+') * 52}@example.com",
            "PENDING_ACTIVATION",
            units[5 + number].id,
            "INVITED",
            NOW,
        )
        for number in range(accounts)
    )
    known = tuple(
        Policy(f"p-{kind}{number:04}".ljust(130, "a"), letter * 128, kind, description=letter * 512)
        for kind in policy_types()
        for number in range(12)
    )
    chain = (*(unit.id for unit in units[:6]), members[0].id)
    targets = {policy.id: chain for policy in known}
    types = dict.fromkeys(policy_types(), "ENABLED")
    services = tuple(f"{number:03}{letter * 125}" for number in range(100))
    policies = Policies(known, targets, types)
    return Organization(f"o-{'a' * 32}", "1" * 12, units[0].id, "ALL", tuple(units), members, NOW, policies, services)
