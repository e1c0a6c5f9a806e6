"""Who must approve what: an ordered list of rules, of which the first that matches decides. Pure; reads no clock and no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Rule:
    """One rule. People are named by user ids, user group ids and e-mails; an empty tuple matches everything.

    It matches by `operations`, `under` (an OU path), `accounts` (ids), `roles` (names) and `requesters`. `approvers` decide, and
    where `second_approvers` are named the second approval must be one of theirs. `approvals` 0 grants at once. `longest_session` and
    `session_policy` (an IAM policy's ARN, or JSON) bound role sessions; `break_glass` names who may act at once.
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

    def matches(self, operation: str, path: str) -> bool:
        """Whether this rule decides about `operation` at the OU `path`."""
        return (not self.operations or operation in self.operations) and _is_under(path, self.under)


@dataclass(frozen=True)
class Rules:
    """The rules in their order."""

    rules: Sequence[Rule]

    def deciding(self, operation: str, path: str) -> Rule | None:
        """The first rule that matches, or None: then nobody may do it."""
        return next((rule for rule in self.rules if rule.matches(operation, path)), None)

    def named(self, name: str) -> Rule | None:
        """The rule of this name, as it is now."""
        return next((rule for rule in self.rules if rule.name == name), None)


def _is_under(path: str, top: str) -> bool:
    path, top = path.casefold().rstrip("/"), top.casefold().rstrip("/")
    return path == top or path.startswith(f"{top}/")
