"""The settings and the keys of the rules written out for people, from their one declaration: the reference's tables and `.env.example`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.fields import FieldInfo

from bot.config.rules_file import LEFT_OUT, RuleEntry
from bot.config.settings import Settings, alias_of, default_of
from operations.access.session_length import written

# Not needed by themselves, but by whoever follows the guide: Socket Mode, and approvers without a file of rules.
USUAL = frozenset({"SLACK_APP_TOKEN", "ORGBOT_APPROVERS"})


def settings_table() -> str:
    """The settings as a Markdown table."""
    rows = [_row(alias_of(field), info) for field, info in Settings.model_fields.items()]
    return "\n".join(["| setting | default | what it is |", "|---|---|---|", *rows])


def rule_keys_table() -> str:
    """The keys of a rule as a Markdown table."""
    rows = [f"| `{key}` | {info.description} | {_left_out(info)} |" for key, info in RuleEntry.model_fields.items()]
    return "\n".join(["| key | what it says | left out |", "|---|---|---|", *rows])


def _left_out(info: FieldInfo) -> str:
    """What a key means that isn't there: what its declaration says of it, or else its default."""
    told: Any = info.json_schema_extra or {}
    if info.is_required():
        return "needed"
    if isinstance(info.default, timedelta):
        return f"`{written(int(info.default.total_seconds()))}`"
    return told.get(LEFT_OUT) or (f"`{info.default}`" if info.default else "")


def env_example() -> str:
    """The settings as a `.env` file: the needed and usual ones to be filled in, the others commented out with their defaults."""
    entries = [_entry(alias_of(field), info) for field, info in Settings.model_fields.items()]
    return "\n".join(["# Copy to .env and fill in. The AWS_ variables of the AWS CLI may stand here too.\n", *entries])


def _row(name: str, info: FieldInfo) -> str:
    default = default_of(info)
    shown = "needed" if info.is_required() else f"`{default}`" if default else ""
    return f"| `{name}` | {shown} | {info.description} |"


def _entry(name: str, info: FieldInfo) -> str:
    to_fill_in = info.is_required() or name in USUAL
    return f"# {info.description}\n{'' if to_fill_in else '# '}{name}={default_of(info)}\n"
