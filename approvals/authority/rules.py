"""Who must approve what: an ordered list of rules, of which the first that matches decides; and which role sessions a rule allows.
Pure; reads no clock and no network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from operations.access.access_role import DEFAULT_ROLE
from operations.access.credentials import Credentials
from operations.access.session_length import written
from operations.core.base import Operation

ACCOUNT_ID = re.compile(r"[0-9]{12}")


@dataclass(frozen=True)
class Wish:
    """What somebody asks for, as far as rules look at it.

    `path` is the OU that is touched; `account` the account's id, where it is about one, `account_name` and `account_email` what
    else it is called; `role` the role that is wanted. `among` tells whether the requester is one of some people (user ids, user
    group ids, e-mails); None while nobody has asked Slack who they are, and then `requesters` count as met. `requester` names
    them for people.
    """

    operation: str
    path: str
    account: str = ""
    account_name: str = ""
    account_email: str = ""
    role: str = ""
    requester: str = ""
    among: Callable[[tuple[str, ...]], bool] | None = None

    def __str__(self) -> str:
        account = f" on the account {self.account}" if self.account else ""
        role = f" with the role {self.role}" if self.role else ""
        return f"{self.operation}{account}{role} in {self.path}{f' for {self.requester}' if self.requester else ''}"


@dataclass(frozen=True)
class Rule:
    """One rule. People are named by user ids, user group ids and e-mails; an empty tuple matches everything.

    It matches by `operations`, `under` (an OU path), `accounts` (ids, names, e-mails), `roles` (names) and `requesters`.
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

    def matches(self, wish: Wish) -> bool:
        """Whether this rule decides about the wish."""
        return not self.mismatch(wish)

    def mismatch(self, wish: Wish) -> str:
        """The first reason why this rule does not match, beginning with its key; empty when it matches."""
        return next(self._mismatches(wish), "")

    def people(self) -> tuple[str, ...]:
        """Everybody whom this rule names."""
        return (*self.approvers, *self.second_approvers, *self.requesters, *self.escalate_to, *self.break_glass)

    def deciders(self) -> tuple[str, ...]:
        """Those who approve, of whichever group, each named once."""
        return tuple(dict.fromkeys((*self.approvers, *self.second_approvers)))

    def _mismatches(self, wish: Wish) -> Iterator[str]:
        """The requester comes last, because only that may have to be asked of Slack."""
        if self.operations and wish.operation not in self.operations:
            yield f"operations: {wish.operation} is not one of {', '.join(self.operations)}"
        if not _is_under(wish.path, self.under):
            yield f"under: {wish.path} is not {self.under} and not below it"
        if self.accounts and not any(_names(word, wish) for word in self.accounts):
            yield f"accounts: {wish.account or 'no account'} is not one of {', '.join(self.accounts)}"
        if self.roles and wish.role not in self.roles:
            yield f"roles: {wish.role or 'no role'} is not one of {', '.join(self.roles)}"
        if self.requesters and wish.among and not wish.among(self.requesters):
            yield f"requesters: {wish.requester or 'whoever asks'} is not among {', '.join(self.requesters)}"


class NoRuleError(Exception):
    """No rule matches `wish`, so nobody may do it; the text says which rule is missing."""

    def __init__(self, wish: Wish) -> None:
        super().__init__(f"no rule allows {wish}. Whoever keeps the bot's rules can add one for it.")
        self.wish = wish


@dataclass(frozen=True)
class Rules:
    """The rules in their order."""

    rules: Sequence[Rule]

    def first(self, wish: Wish) -> Rule:
        """The first rule that matches; raises NoRuleError."""
        found = next((rule for rule in self.rules if rule.matches(wish)), None)
        if found is None:
            raise NoRuleError(wish)
        return found

    def deciding(self, wishes: Iterable[Wish]) -> Rule:
        """The rule for a request that touches several places: of each place's first rule the one that asks for the most
        approvals, the earliest of equals. So a move out of a guarded OU is as hard as one into it. Raises NoRuleError.
        """
        return max((self.first(wish) for wish in wishes), key=lambda rule: (rule.approvals, -self.rules.index(rule)))

    def named(self, name: str) -> Rule | None:
        """The rule of this name, as it is now."""
        return next((rule for rule in self.rules if rule.name == name), None)


def _is_under(path: str, top: str) -> bool:
    path, top = path.casefold().rstrip("/"), top.casefold().rstrip("/")
    return path == top or path.startswith(f"{top}/")


def _names(word: str, wish: Wish) -> bool:
    """Whether a word of `accounts` means the wish's account: what looks like an id or an e-mail address is never a name."""
    if ACCOUNT_ID.fullmatch(word):
        return word == wish.account
    called = wish.account_email if "@" in word else wish.account_name
    return bool(called) and word.casefold() == called.casefold()


def session_objection(rule: Rule | None, operation: Operation) -> tuple[str, str]:
    """The field (`role`, `duration`) and the sentence that says why not; both empty when the rule allows it.

    A rule that names no roles allows the default one alone.
    """
    if not isinstance(operation, Credentials):
        return "", ""
    if rule is None:
        return "role", "the rule under which this was asked no longer exists. Ask again under today's rules."
    allowed = rule.roles or (DEFAULT_ROLE,)
    longest = int(rule.longest_session.total_seconds())
    if operation.role not in allowed:
        sentence = f"the rule “{rule.name}” gives credentials for {', '.join(allowed)} alone, not for {operation.role}."
        return "role", f"{sentence} Whoever keeps the bot's rules can add it to the rule's `roles`."
    if operation.seconds > longest:
        sentence = f"the rule “{rule.name}” allows {written(longest)} at most, and {operation.duration} is more."
        return "duration", f"{sentence} Ask for `--duration {written(longest)}` or less."
    return "", ""
