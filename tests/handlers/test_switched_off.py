"""An operation that ORGBOT_WITHOUT names is refused wherever it is asked for, and the help doesn't offer it."""

from __future__ import annotations

import pytest

from approvals.authority.rules import LeftOutError, Rule, Rules
from bot.config.rules_file import load_rules
from operations.core.registry import left_out
from tests.bot.config.test_settings import load
from tests.harness.handling import BOB, Handling

OFF = "move-account is switched off here. Whoever runs the bot has named it in ORGBOT_WITHOUT."
MOVE = "move-account --account fullback-staging --to /Workloads/Production"


@pytest.fixture
def handling(handling: Handling) -> Handling:
    handling.rules = Rules([Rule("default", (BOB,), break_glass=("S0ONCALL",))], left_out(["move"]))
    return handling


@pytest.mark.parametrize("text", [MOVE, "move", "move-account", f"{MOVE} --break-glass"])
def test_a_command_is_refused(handling: Handling, text: str) -> None:
    assert OFF in handling.types(text)
    assert (handling.requests(), handling.waiting) == ([], [])


def test_other_operations_are_as_before(handling: Handling) -> None:
    assert "received" in handling.types("tag-account --account fullback-staging --tag a=b")


def test_the_help_offers_what_there_is(handling: Handling) -> None:
    assert "`/org create-account`" in handling.types("help")
    assert "`/org move-account`" not in handling.types("help")


def test_the_setting_takes_aliases_and_what_has_no_use_without_it() -> None:
    rules = load_rules(load(ORGBOT_WITHOUT="grant, delete-ou"))
    assert rules.without == {"grant-access", "revoke-access", "delete-ou"}
    with pytest.raises(LeftOutError, match="revoke-access is switched off here"):
        rules.check("revoke-access")
