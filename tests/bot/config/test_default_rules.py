"""Without a rules file: what is irreversible is a rule of its own, and everything else needs one approval."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from approvals.authority.rules import Ask
from bot.config.rules_file import load_rules
from bot.config.settings import load_settings
from operations.core.registry import all_operations
from tests.harness.rules import place

NEEDED = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "ORGBOT_APPROVAL_CHANNEL": "C0APPROVALS"}


@pytest.mark.parametrize("operation", all_operations(), ids=lambda operation: operation.name)
def test_each_operation_has_its_rule(operation: type, tmp_path: Path) -> None:
    settings = load_settings({**NEEDED, "ORGBOT_APPROVERS": "U0BOB", "ORGBOT_EXPIRE_HOURS": "5"}, tmp_path / "none")
    rule = load_rules(settings).first(Ask(operation.name), place("/"))  # type: ignore[attr-defined]
    irreversible = operation.irreversible  # type: ignore[attr-defined]
    assert rule.name == ("irreversible" if irreversible else "default")
    assert (rule.approvers, rule.approvals, rule.expires) == (("U0BOB",), 1, timedelta(hours=5))
    assert rule.approvals_if_able == (2 if irreversible else 0)
