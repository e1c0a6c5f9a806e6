"""Who may see everybody's role sessions: the approvers of credentials."""

from __future__ import annotations

from approvals.context import Context
from operations.access.credentials import Credentials


def oversees(context: Context, user: str) -> bool:
    """Whether this person approves credentials by some rule; asks Slack, and raises people.SlackAwayError."""
    person = context.people.look(user)
    if person.objection(context.team()):
        return False
    rules = [rule for rule in context.rules().rules if not rule.operations or Credentials.name in rule.operations]
    return any(context.people.among(person, rule.approvers) for rule in rules)
