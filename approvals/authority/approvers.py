"""Who may approve a request now, and how they are called. Pure.

Source: Slack API, "Formatting text for app surfaces" (Mentioning users, Mentioning groups).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from approvals.authority.rules import Rule
from approvals.models import Request, Vote
from approvals.slack.blocks import escape

MOST_MENTIONED = 20


def rule_now(request: Request, rule: Rule) -> Rule:
    """The rule as it is for this request: once it was escalated, `escalate_to` counts in each of the rule's groups."""
    if not request.escalated_at:
        return rule
    second = (*rule.second_approvers, *rule.escalate_to) if rule.second_approvers else ()
    return replace(rule, approvers=(*rule.approvers, *rule.escalate_to), second_approvers=second)


def called_upon(request: Request, rule: Rule) -> tuple[str, ...]:
    """User ids, user group ids and e-mails of all who may decide this request now."""
    return rule_now(request, rule).deciders()


def cannot_decide(request: Request, approved: Iterable[Vote]) -> frozenset[str]:
    """User ids and e-mails of the requester and of those who approved already: nobody waits for them."""
    votes = list(approved)
    return frozenset({request.requester, request.person, *(v.user for v in votes), *(v.person for v in votes)})


def mentions(named: Iterable[str], without: Collection[str] = ()) -> str:
    """The people and groups as mrkdwn that notifies them, e-mails as text; empty when nobody is left."""
    called = [_mention(name) for name in named if name not in without]
    more = len(called) - MOST_MENTIONED
    return ", ".join(called[:MOST_MENTIONED]) + (f" and {more} more" if more > 0 else "")


def _mention(name: str) -> str:
    if "@" in name:
        return escape(name)
    return f"<!subteam^{name}>" if name.startswith("S") else f"<@{name}>"
