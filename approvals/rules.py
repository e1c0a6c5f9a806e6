"""Who must approve what: an ordered list of rules, of which the first that matches decides. Pure; reads no clock and no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Rule:
    """One rule. `approvers` are user ids, user group ids and e-mails; `under` is an OU path; an empty tuple matches everything."""

    name: str
    approvers: tuple[str, ...]
    approvals: int = 1
    expires: timedelta = timedelta(hours=72)
    operations: tuple[str, ...] = ()
    under: str = "/"

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
