"""Slack's mrkdwn as a terminal shows it: names instead of ids, no marks, and no emoji, which many terminals lack.

Source: Slack's "Formatting text for app surfaces".
"""

from __future__ import annotations

import re

from sandbox.slack.workspace import Workspace

REFERENCE = re.compile(r"<([^<>\n|]+)(?:\|([^<>\n]*))?>")
SHORTCODE = re.compile(r"(?<![\w:]):[a-z][a-z0-9_+-]*:(?![\w:]) ?")
MARKED = re.compile(r"(?<![A-Za-z0-9])([*_~])(?=\S)(.+?)(?<=\S)\1(?![A-Za-z0-9])")
CODE = re.compile(r"(`[^`\n]+`)")


def plainly(text: str, workspace: Workspace) -> str:
    """The words that a person reads; what nobody knows keeps its label or its id."""
    pieces = [piece if CODE.fullmatch(piece) else _unmarked(piece) for piece in CODE.split(text)]
    named = REFERENCE.sub(lambda found: _named(found[1], found[2], workspace), "".join(pieces))
    return named.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _unmarked(text: str) -> str:
    return MARKED.sub(r"\2", SHORTCODE.sub("", text))


def _named(target: str, label: str | None, workspace: Workspace) -> str:
    """A mention's name; a link's label; of a date the text for those who cannot format it."""
    kind, key = target[0], target[1:].removeprefix("subteam^")
    if kind == "@" and key in workspace.users:
        return f"@{workspace.users[key].real_name}"
    if kind == "#" and key in workspace.channels:
        return f"#{workspace.channels[key].name}"
    if kind == "!" and key in workspace.groups:
        return f"@{workspace.groups[key].handle}"
    return label or (f"@{key}" if kind == "!" else target)
