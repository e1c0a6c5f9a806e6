"""What stands before whoever types `/org` alone or takes a shortcut: the commonest wishes as buttons, all of them in a menu. Pure.

Source: Slack API, "Select menu element" (100 groups of 100 options, which Slack filters as people type), "Views".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from approvals.authority.rules import Rules
from approvals.slack.blocks import Block, actions, button, clean, grouped_menu, section, shorten
from approvals.slack.modals import window
from handlers.carried import Carried
from handlers.declared import LONGEST_REASON
from handlers.options import option
from handlers.queries.parts import asks_for
from handlers.query_names import NAMES
from handlers.typed import UnreadableError, undone
from operations.core.base import Operation
from operations.core.registry import all_operations
from operations.snapshot.organization import Organization

FIRST = ("credentials", "create-account", "move-account")
LOOK = "look:"  # Before a query's word in the value of an option.
LOOK_AROUND = "Look around"
WELCOME = "*What would you like to do?*"
REST = "Everything else: type to search"
TITLE = "AWS Organization"
LONGEST_TEXT = 2000  # Of a message; far more than a reason takes.


def offered(rules: Rules, organization: Organization | None) -> list[type[Operation]]:
    """What may be asked for here: what the rules allow anybody, and to found an organization only where there is none."""
    founded = organization is None or bool(organization.id)
    return [
        operation for operation in all_operations() if operation.founds is not founded and rules.offers(operation.name)
    ]


def launcher(operations: Iterable[type[Operation]]) -> list[Block]:
    """The blocks, in a message or in a modal."""
    known = {operation.name: operation for operation in operations}
    first = [known[name] for name in FIRST if name in known] or list(known.values())[:1]
    return [
        section(WELCOME),
        *actions(
            *(button(operation.wanted, f"form:{operation.name}", Carried().packed()) for operation in first),
            button(LOOK_AROUND, "look:ask", asks_for("tree")),
        ),
        *actions(grouped_menu("want", REST, _groups(known.values()))),
    ]


def _groups(operations: Iterable[type[Operation]]) -> dict[str, list[Block]]:
    """Everything by what one wants; the families follow each other as in the registry."""
    looks = [option(name.wanted, f"{LOOK}{name.word}") for name in NAMES if name.wanted]
    families = groupby(operations, key=lambda operation: operation.family)
    wishes = {family: [option(one.wanted, one.name) for one in members] for family, members in families}
    return {**wishes, LOOK_AROUND: looks}


def launcher_view(operations: Iterable[type[Operation]], kept: Carried) -> Block:
    """The same as a modal, which keeps where it was opened, and why."""
    return window(TITLE, launcher(operations)) | {"private_metadata": kept.packed()}


def reason_from(message: Mapping[str, Any], link: str) -> str:
    """A message as the reason of a request: its text as far as that fits, and where it stands."""
    text = str(message.get("text") or "")[:LONGEST_TEXT]
    try:
        text = undone(text)
    except UnreadableError:
        text = ""
    room = LONGEST_REASON - len(link) - 1
    return f"{shorten(' '.join(clean(text).split()), room)} {link}".strip()
