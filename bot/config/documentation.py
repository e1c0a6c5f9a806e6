"""The settings written out for people, from their one declaration: the README's table and `.env.example`."""

from __future__ import annotations

from pydantic.fields import FieldInfo

from bot.config.settings import Settings, alias_of, default_of

# Not needed by themselves, but by whoever follows the README: Socket Mode, and approvers without a file of rules.
USUAL = frozenset({"SLACK_APP_TOKEN", "ORGBOT_APPROVERS"})


def settings_table() -> str:
    """The settings as a Markdown table, for the README."""
    rows = [_row(alias_of(field), info) for field, info in Settings.model_fields.items()]
    return "\n".join(["| setting | default | what it is |", "|---|---|---|", *rows])


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
