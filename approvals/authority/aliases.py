"""Who is one person: Slack users and e-mail addresses, of which either may change while a request waits. Pure.

A vote and a request keep the user and the address of their time; compared are those and today's. Whoever shares a user or an
address with somebody is the same person, over any number of steps: who shares a user with a second and the second an address
with a third, is the third.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from approvals.slack.named import Named


@dataclass(frozen=True)
class Aliases:
    """The user ids and the addresses (in lower case) under which one person has been known."""

    users: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *words: str) -> Aliases:
        """From user ids and e-mail addresses, in any order; empty words count for nothing."""
        addresses = frozenset(word.casefold() for word in words if Named(word).is_address)
        return cls(frozenset(word for word in words if word and not Named(word).is_address), addresses)

    def __or__(self, other: Aliases) -> Aliases:
        return Aliases(self.users | other.users, self.addresses | other.addresses)

    def has(self, word: str) -> bool:
        """Whether a user id or an address is one of these."""
        return word in self.users or word.casefold() in self.addresses

    def meets(self, other: Aliases) -> bool:
        """Whether both have a user or an address in common."""
        return bool(self.users & other.users or self.addresses & other.addresses)


def joined(person: Aliases, known: Iterable[Aliases] = ()) -> Aliases:
    """All under which this person is known, given all that is known of everybody."""
    others, grown = list(known), True
    while grown:
        mine = [other for other in others if other.meets(person)]
        others = [other for other in others if not other.meets(person)]
        for other in mine:
            person |= other
        grown = bool(mine)
    return person


def same(one: Aliases, other: Aliases, known: Iterable[Aliases] = ()) -> bool:
    """Whether two are one person, directly or by others of whom something is `known`."""
    return joined(one, [other, *known]).meets(other)
