"""Whom a word names (settings and rules name people by user id, by user group id, or by e-mail address), and who is one person: Slack
users and e-mail addresses, of which either may change while a request waits. Pure.

A vote and a request keep the user and the address of their time; compared are those and today's. Whoever shares a user or an
address with somebody is the same person, over any number of steps: who shares a user with a second and the second an address
with a third, is the third.
Source: Slack API, "User object" (ids begin with U or W), "usergroups.list" (ids begin with S).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

USER = re.compile(r"[UW][A-Z0-9_][A-Za-z0-9_]{0,40}")
GROUP = re.compile(r"S[A-Z0-9]{2,40}")
ADDRESS = re.compile(r"[^@\s,<>|]{1,64}@[^@\s,<>|.]+(?:\.[^@\s,<>|.]+)+")


class Naming(StrEnum):
    """By what a word names somebody."""

    USER = "user id"
    GROUP = "user group id"
    ADDRESS = "e-mail address"


@dataclass(frozen=True)
class Named:
    """One word of a rule. What has an @ in it is an address, whatever it begins with; Slack's ids have none."""

    word: str

    @property
    def naming(self) -> Naming:
        """By what the word names somebody."""
        if "@" in self.word:
            return Naming.ADDRESS
        return Naming.GROUP if GROUP.fullmatch(self.word) else Naming.USER

    @property
    def is_group(self) -> bool:
        """Whether Slack has to say whom it names."""
        return self.naming is Naming.GROUP

    @property
    def is_address(self) -> bool:
        """Whether it is an e-mail address, in which upper and lower case are the same."""
        return self.naming is Naming.ADDRESS

    @property
    def is_well_formed(self) -> bool:
        """Whether it has the shape of what it seems to be; whether there is such a person only Slack knows."""
        if self.is_address:
            return ADDRESS.fullmatch(self.word) is not None
        return (GROUP if self.is_group else USER).fullmatch(self.word) is not None


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
