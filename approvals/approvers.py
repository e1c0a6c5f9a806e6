"""Who may approve a request now, and how they are called. Pure.

Source: Slack API, "Formatting text for app surfaces" (Mentioning users, Mentioning groups).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from approvals.models import Request
from approvals.rules import Rule
from approvals.text import escape

MOST_MENTIONED = 20


def approvers_now(request: Request, rule: Rule) -> tuple[str, ...]:
    """User ids, user group ids and e-mails of those who may decide; `escalate_to` counts once the request was escalated."""
    escalated = rule.escalate_to if request.escalated_at else ()
    return tuple(dict.fromkeys((*rule.approvers, *rule.second_approvers, *escalated)))


def mentions(named: Iterable[str], without: Collection[str] = ()) -> str:
    """The people and groups as mrkdwn that notifies them, e-mails as text; empty when nobody is left."""
    called = [_mention(name) for name in named if name not in without]
    more = len(called) - MOST_MENTIONED
    return ", ".join(called[:MOST_MENTIONED]) + (f" and {more} more" if more > 0 else "")


def _mention(name: str) -> str:
    if "@" in name:
        return escape(name)
    return f"<!subteam^{name}>" if name.startswith("S") else f"<@{name}>"
