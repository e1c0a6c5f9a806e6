"""Which sessions a rule allows: roles by an allow-list, durations up to a limit. Pure."""

from __future__ import annotations

from approvals.authority.rules import Rule
from operations.access.credentials import Credentials
from operations.access.session_length import written
from operations.accounts.create_account import DEFAULT_ROLE
from operations.core.base import Operation


def objection(rule: Rule | None, operation: Operation) -> tuple[str, str]:
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
