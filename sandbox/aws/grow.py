"""A large organization at once, for benchmarks: the state is written, no call is made."""

from __future__ import annotations

from collections import deque

from moto.organizations.models import FakeOrganizationalUnit
from moto.organizations.utils import make_random_account_id

from sandbox.aws.backend import Backend
from sandbox.aws.models import DEFAULT_ROLE, Account
from sandbox.aws.tree import DEEPEST, add_unit

CHILDREN = 10


def grow(org: Backend, accounts: int, ous: int) -> None:
    """Add OUs, ten under each down to the fifth level, and accounts spread evenly over them."""
    units = _add_units(org, ous) or [org.root]
    taken = {account.id for account in org.accounts}
    joined = org.now()
    for number in range(accounts):
        account_id = _free_id(taken)
        email = f"grown-{number:05}@example.com"
        account = Account(
            org.organization,
            name=f"grown-{number:05}",
            email=email,
            joined=joined,
            account_id=account_id,
            roles=[DEFAULT_ROLE],
        )
        # Their roles are made when somebody assumes one: 10,000 at once take seconds.
        org.accounts.append(account)
        org.attach_defaults(account)
        account.parent_id = units[number % len(units)].id


def _add_units(org: Backend, count: int) -> list[FakeOrganizationalUnit]:
    added: list[FakeOrganizationalUnit] = []
    parents: deque[tuple[FakeOrganizationalUnit, int]] = deque([(org.root, 1)])
    while len(added) < count:
        parent, depth = parents.popleft()
        for _ in range(min(CHILDREN, count - len(added))):
            unit = add_unit(org, f"grown-{len(added):04}", parent.id)
            added.append(unit)
            if depth < DEEPEST:
                parents.append((unit, depth + 1))
    return added


def _free_id(taken: set[str]) -> str:
    account_id = make_random_account_id()
    while account_id in taken:
        account_id = make_random_account_id()
    taken.add(account_id)
    return str(account_id)
