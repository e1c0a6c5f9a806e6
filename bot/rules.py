"""The rules that the settings give: without a rules file there is one, for every operation."""

from __future__ import annotations

from datetime import timedelta

from approvals.rules import Rule, Rules
from bot.settings import Settings


def load_rules(settings: Settings) -> Rules:
    """Every operation, one approval by ORGBOT_APPROVERS."""
    expires = timedelta(hours=settings.expire_hours)
    return Rules((Rule("default", tuple(settings.approvers), approvals=1, expires=expires),))
