"""Who must approve what: an ordered list of rules, of which for each place the first that matches decides, and which role
sessions a rule allows. Pure; reads no clock and no network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from operations.access.access_role import DEFAULT_ROLE
from operations.access.credentials import Credentials
from operations.access.session_length import written
from operations.core.base import Operation

ACCOUNT_ID = re.compile(r"[0-9]{12}")
UNIT_ID = re.compile(r"(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})")
Among = Callable[[tuple[str, ...]], bool]


@dataclass(frozen=True)
class Ask:
    """What somebody asks for, as far as rules look at it, besides the places.

    `role` is the role that is wanted. `among` tells whether the requester is one of some people (user ids, user group ids,
    e-mails); None while nobody has asked Slack who they are, and then `requesters` count as met. `requester` names them.
    """

    operation: str
    role: str = ""
    requester: str = ""
    among: Among | None = None

    def at(self, place: Place) -> str:
        """What is asked, in words, such as `tag-account on shop in /Production for alice@example.com`."""
        role = f" with the role {self.role}" if self.role else ""
        there = f"on {place}" if place.account else f"in {place}"
        return f"{self.operation}{role} {there}{f' for {self.requester}' if self.requester else ''}"


@dataclass(frozen=True)
class Place:
    """An organizational unit or an account that is hit: `units` are the ids from the root down, `path` the names below the root.

    `account` is the account's id, where it is one, `account_name` and `account_email` what else it is called.
    """

    units: tuple[str, ...]
    path: tuple[str, ...] = ()
    account: str = ""
    account_name: str = ""
    account_email: str = ""

    def __str__(self) -> str:
        where = "/" + "/".join(self.path)
        return f"{self.account_name or self.account_email or self.account} in {where}" if self.account else where


@dataclass(frozen=True)
class Guards:
    """What the words of the rules meant when they were first seen: the ids of OUs for a word of `under`, those of
    accounts for a word of `accounts`. Names can be given to something else; these ids stay guarded.
    """

    units: Mapping[str, frozenset[str]] = field(default_factory=dict)
    accounts: Mapping[str, frozenset[str]] = field(default_factory=dict)


BY_NAME = Guards()  # Every word means what is called so at the moment.


@dataclass(frozen=True)
class Rule:
    """One rule. People are named by user ids, user group ids and e-mails; an empty tuple matches everything.

    It matches by `operations`, `under` (the path or id of an OU), `accounts` (ids, names, e-mails), `roles` and `requesters`.
    `approvers` decide, and where `second_approvers` are named the second approval must be one of theirs. `approvals` 0 grants at
    once; `approvals_if_able` asks for that many where so many people may approve the request. `longest_session` and `session_policy` (an IAM policy's ARN, or JSON) bound role sessions; `break_glass` names who may
    act at once.
    """

    name: str
    approvers: tuple[str, ...]
    approvals: int = 1
    expires: timedelta = timedelta(hours=72)
    operations: tuple[str, ...] = ()
    under: str = "/"
    accounts: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    requesters: tuple[str, ...] = ()
    second_approvers: tuple[str, ...] = ()
    longest_session: timedelta = timedelta(hours=1)
    session_policy: str = ""
    remind: timedelta = timedelta(hours=4)
    escalate_to: tuple[str, ...] = ()
    escalate_after: timedelta = timedelta(hours=24)
    break_glass: tuple[str, ...] = ()
    approvals_if_able: int = 0

    def mismatch(self, ask: Ask, place: Place, guards: Guards = BY_NAME) -> str:
        """The first reason why this rule does not decide about a place, beginning with its key; empty when it does."""
        return next(self._mismatches(ask, place, guards), "")

    def covers(self, place: Place, guards: Guards = BY_NAME) -> bool:
        """Whether the rule speaks of this place, whatever is asked for there."""
        return self._is_above(place, guards) and self._names(place, guards)

    def people(self) -> tuple[str, ...]:
        """Everybody whom this rule names."""
        return (*self.approvers, *self.second_approvers, *self.requesters, *self.escalate_to, *self.break_glass)

    def deciders(self) -> tuple[str, ...]:
        """Those who approve, of whichever group, each named once."""
        return tuple(dict.fromkeys((*self.approvers, *self.second_approvers)))

    @property
    def session_roles(self) -> tuple[str, ...]:
        """The roles of which it allows sessions."""
        return self.roles or (DEFAULT_ROLE,)

    def could_decide(self, ask: Ask, unit: Place, guards: Guards) -> bool:
        """Whether it decides about the unit or an account directly in it, unless an account or the requester speaks against it."""
        named = not self.operations or ask.operation in self.operations
        return named and self._is_for(ask.role) and self._is_above(unit, guards)

    def does_decide(self, ask: Ask, place: Place, guards: Guards) -> bool:
        """Whether neither the account nor the requester speaks against a rule that could decide."""
        if self.accounts and not self._names(place, guards):
            return False
        return not self.requesters or ask.among is None or ask.among(self.requesters)

    def _mismatches(self, ask: Ask, place: Place, guards: Guards) -> Iterator[str]:
        """The requester comes last, because only that may have to be asked of Slack."""
        if self.operations and ask.operation not in self.operations:
            yield f"operations: {ask.operation} is not one of {', '.join(self.operations)}"
        if not self._is_above(place, guards):
            yield f"under: /{'/'.join(place.path)} is not {self.under} and not below it"
        if not self._names(place, guards):
            yield f"accounts: {place.account or 'no account'} is not one of {', '.join(self.accounts)}"
        if not self._is_for(ask.role):
            yield f"roles: {ask.role or 'no role'} is not one of {', '.join(self.roles)}"
        if self.requesters and ask.among and not ask.among(self.requesters):
            yield f"requesters: {ask.requester or 'whoever asks'} is not among {', '.join(self.requesters)}"

    def _is_above(self, place: Place, guards: Guards) -> bool:
        """Ids are compared with ids and names with names, one by one: a name may hold a slash."""
        if self.under == "/":
            return True
        units = guards.units.get(self.under) or ({self.under} if UNIT_ID.fullmatch(self.under) else ())
        if units:
            return any(unit in place.units for unit in units)
        top = segments(self.under)
        return tuple(name.casefold() for name in place.path[: len(top)]) == top

    def _is_for(self, role: str) -> bool:
        """In an account no two roles have names that differ in their case alone. Source: IAM API Reference, "CreateRole"."""
        return not self.roles or role.casefold() in {known.casefold() for known in self.roles}

    def _names(self, place: Place, guards: Guards) -> bool:
        return not self.accounts or any(_means(word, place, guards) for word in self.accounts)


class NoRuleError(Exception):
    """No rule decides about a place, so nobody may do it; the text says which rule is missing."""

    def __init__(self, ask: Ask, place: Place) -> None:
        super().__init__(f"no rule allows {ask.at(place)}. Whoever keeps the bot's rules can add one for it.")


class LeftOutError(NoRuleError):
    """The installation leaves the operation out, whatever the rules say."""

    def __init__(self, operation: str) -> None:
        Exception.__init__(
            self, f"{operation} is switched off here. Whoever runs the bot has named it in ORGBOT_WITHOUT."
        )


@dataclass(frozen=True)
class Rules:
    """The rules in their order; `without` are the operations that the installation leaves out."""

    rules: Sequence[Rule]
    without: frozenset[str] = frozenset()

    def check(self, operation: str) -> None:
        """Raises LeftOutError for an operation that nobody may ask for here."""
        if operation in self.without:
            raise LeftOutError(operation)

    def may_ask(self, operation: str, among: Among) -> bool:
        """Whether somebody may ask for an operation anywhere at all; `among` says whether they are one of some people."""
        if operation in self.without:
            return False
        return any(not rule.requesters or among(rule.requesters) for rule in self._naming(operation))

    def offers(self, operation: str) -> bool:
        """Whether anybody may ask for an operation anywhere."""
        return operation not in self.without and bool(self._naming(operation))

    def about_sessions(self) -> list[Rule]:
        """The rules that may decide about credentials."""
        return self._naming(Credentials.name)

    def _naming(self, operation: str) -> list[Rule]:
        return [rule for rule in self.rules if not rule.operations or operation in rule.operations]

    def first(self, ask: Ask, place: Place, guards: Guards = BY_NAME) -> Rule:
        """The rule that decides about one place; raises NoRuleError."""
        return self.deciding(ask, [place], guards)[0][0]

    def deciding(self, ask: Ask, places: Iterable[Place], guards: Guards = BY_NAME) -> list[tuple[Rule, list[Place]]]:
        """The rules that decide, in their order, each with its places: for each place the first that matches.

        Raises NoRuleError for a place without a rule, and what `ask.among` raises. What the places in one organizational unit
        have in common is looked at once.
        """
        self.check(ask.operation)
        found: dict[str, list[Place]] = {}
        in_unit: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Rule]] = {}
        for place in places:
            unit = (place.units, place.path)
            if unit not in in_unit:
                in_unit[unit] = [rule for rule in self.rules if rule.could_decide(ask, place, guards)]
            rule = next((rule for rule in in_unit[unit] if rule.does_decide(ask, place, guards)), None)
            if rule is None:
                raise NoRuleError(ask, place)
            found.setdefault(rule.name, []).append(place)
        return [(rule, found[rule.name]) for rule in self.rules if rule.name in found]

    def covering(self, place: Place, guards: Guards = BY_NAME) -> tuple[str, ...]:
        """The names of the rules that speak of a place, whatever is asked for there."""
        return tuple(rule.name for rule in self.rules if rule.covers(place, guards))

    def named(self, name: str) -> Rule | None:
        """The rule of this name, as it is now."""
        return next((rule for rule in self.rules if rule.name == name), None)


@cache
def segments(path: str) -> tuple[str, ...]:
    """The names of a path as rules compare them: `/Workloads/Staging` is (workloads, staging)."""
    return tuple(name for name in path.casefold().split("/") if name)


def _means(word: str, place: Place, guards: Guards) -> bool:
    """Whether a word of `accounts` means the account: what looks like an id or an e-mail address is never a name."""
    if word in guards.accounts:
        return place.account in guards.accounts[word]
    if ACCOUNT_ID.fullmatch(word):
        return word == place.account
    called = place.account_email if "@" in word else place.account_name
    return bool(called) and word.casefold() == called.casefold()


def session_objection(rule: Rule | None, operation: Operation) -> tuple[str, str]:
    """The field (`role`, `duration`) and the sentence that says why not; both empty when the rule allows it.

    A rule that names no roles allows the default one alone.
    """
    if not isinstance(operation, Credentials):
        return "", ""
    if rule is None:
        return "role", "the rule under which this was asked no longer exists. Ask again under today's rules."
    allowed = rule.session_roles
    longest = int(rule.longest_session.total_seconds())
    if operation.role not in allowed:
        sentence = f"the rule “{rule.name}” gives credentials for {', '.join(allowed)} alone, not for {operation.role}."
        return "role", f"{sentence} Whoever keeps the bot's rules can add it to the rule's `roles`."
    if operation.seconds > longest:
        sentence = f"the rule “{rule.name}” allows {written(longest)} at most, and {operation.duration} is more."
        return "duration", f"{sentence} Choose {written(longest)} or less."
    return "", ""
