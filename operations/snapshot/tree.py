"""The tree of one snapshot, walked once: what is directly in an OU, what is beneath it, and whom a policy reaches. Pure.

Accounts stand in the order of the walk, so that those beneath an OU are one span of them, and the reach of a policy is a
union of spans: quick for a policy that AWS has attached to every OU and account, such as FullAWSAccess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.places import unbound

Span = tuple[int, int]
NOWHERE: Span = (0, 0)


class Tree:
    """One snapshot as a tree. Children and accounts are in the order of their names."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self._below: dict[str, list[OrganizationalUnit]] = defaultdict(list)
        self._in: dict[str, list[Account]] = defaultdict(list)
        for unit in sorted(organization.units, key=lambda unit: (unit.name.casefold(), unit.id)):
            self._below[unit.parent].append(unit)
        for account in sorted(organization.accounts, key=lambda account: (account.name.casefold(), account.id)):
            self._in[account.parent].append(account)
        self._spans: dict[str, Span] = {}
        self._inside: dict[str, int] = {}
        self.accounts: tuple[Account, ...] = self._walked()
        self._at = {account.id: number for number, account in enumerate(self.accounts)}

    def _walked(self) -> tuple[Account, ...]:
        """Every account in order. The root has those too whose OU appeared while the snapshot was taken."""
        found: list[Account] = []
        self._walk(self.organization.root, found)
        known = self.organization.units_by_id
        found += [account for account in self.organization.accounts if account.parent not in known]
        self._spans[self.organization.root] = (0, len(found))
        return tuple(found)

    def _walk(self, unit: str, found: list[Account]) -> None:
        """Adds what is beneath an OU, and notes its span; OUs are five deep at most."""
        began = len(found)
        found += self._in[unit]
        inside = len(self._below[unit])
        for below in self._below[unit]:
            self._walk(below.id, found)
            inside += self._inside[below.id]
        self._spans[unit], self._inside[unit] = (began, len(found)), inside

    @property
    def root(self) -> OrganizationalUnit:
        """The root."""
        return self.organization.units_by_id[self.organization.root]

    def units_in(self, unit: str) -> Sequence[OrganizationalUnit]:
        """The OUs directly in an OU or the root."""
        return self._below.get(unit, ())

    def accounts_in(self, unit: str) -> Sequence[Account]:
        """The accounts directly in an OU or the root."""
        return self._in.get(unit, ())

    def units_beneath(self, unit: str) -> int:
        """How many OUs there are beneath an OU or the root, however deep."""
        return self._inside.get(unit, 0)

    def accounts_beneath(self, target: str) -> Sequence[Account]:
        """The accounts beneath an OU or the root, however deep, or the account itself."""
        start, end = self._span(target)
        return self.accounts[start:end]

    def count_beneath(self, target: str) -> int:
        """How many accounts there are beneath an OU or the root."""
        start, end = self._span(target)
        return end - start

    def reached(self, policy: str) -> Sequence[Account]:
        """The accounts that a policy reaches through all its attachments, without the one that it does not bind."""
        return [account for start, end in self._reach(policy) for account in self.accounts[start:end]]

    def count_reached(self, policy: str) -> int:
        """How many accounts a policy reaches."""
        return sum(end - start for start, end in self._reach(policy))

    def _span(self, target: str) -> Span:
        at = self._at.get(target)
        return self._spans.get(target, NOWHERE) if at is None else (at, at + 1)

    def _reach(self, policy: str) -> Iterator[Span]:
        """Spans that do not overlap, without the account that the policy does not bind."""
        known = self.organization.policies.by_id.get(policy)
        free = self._at.get(unbound(self.organization, known.type), -1) if known else -1
        for start, end in self._covered(policy):
            if start <= free < end:
                yield start, free
                yield free + 1, end
            else:
                yield start, end

    def _covered(self, policy: str) -> Iterator[Span]:
        """Spans that do not overlap; of two that do, one lies within the other, as in every tree."""
        reached = 0
        for start, end in sorted(map(self._span, self.organization.policies.targets.get(policy, ()))):
            if end > max(start, reached):
                yield max(start, reached), end
                reached = end
