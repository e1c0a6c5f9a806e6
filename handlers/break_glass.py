"""The form that asks whether somebody really wants to act at once: they type the operation's name, and why. Pure.

Source: Slack API, "Views" (private_metadata, 3,000 characters), "Block Kit: Input block".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from approvals.slack.blocks import Block, clean, escape, section, shorten
from handlers.declared import LONGEST_REASON, Value, fields_of, missing
from handlers.filing import reason_problems
from handlers.parser import Given
from handlers.problems import Problem
from operations.core.base import Operation

LONGEST_METADATA = 3000
WARNING = (
    ":rotating_light: *{title}*\n"
    "This is carried out at once, without anybody's approval, and recorded under your name. The approval channel is told "
    "loudly, and one of the approvers has to review it afterwards."
)


def confirmation(operation: type[Operation], given: Given, title: str, channel: str) -> Block:
    """The modal view; what was asked for and where ride along."""
    return {
        "type": "modal",
        "callback_id": f"break-glass:{operation.name}",
        "title": _plain("Break glass"),
        "submit": _plain("Act at once"),
        "close": _plain("Not now"),
        "private_metadata": _metadata(given, channel),
        "blocks": [
            section(WARNING.format(title=escape(shorten(title, 500)))),
            _input("confirm", f"Type {operation.name} to confirm", {"placeholder": _plain(operation.name)}),
            _input(
                "reason",
                "Reason",
                {"multiline": True, "max_length": LONGEST_REASON}
                | ({"initial_value": given.reason} if given.reason else {}),
            ),
        ],
    }


def obstacles(operation: type[Operation], given: Given, channel: str) -> tuple[Problem, ...]:
    """Why the confirmation cannot be asked for yet."""
    lacking = missing(operation, given.values)
    if lacking:
        return tuple(Problem(field.name, "with `--break-glass`, give everything in the command.") for field in lacking)
    if len(_metadata(given, channel)) > LONGEST_METADATA:
        return (Problem("", "this is too long for `--break-glass`; give shorter values."),)
    return ()


def entered(operation: type[Operation], view: Mapping[str, Any]) -> tuple[Given, dict[str, str]]:
    """What a submitted confirmation asks for, and the errors by block; with errors nothing is done."""
    values = view["state"]["values"]
    reason = _text(values, "reason")[:LONGEST_REASON]
    errors = {}
    if clean(_text(values, "confirm")).casefold() != operation.name:
        errors["confirm"] = f"Type {operation.name} to confirm that it is carried out at once."
    wrong = reason_problems(reason)
    if wrong:
        errors["reason"] = wrong[0][:1].upper() + wrong[0][1:]
    if not clean(reason).strip():
        errors["reason"] = "Say why it cannot wait: the approval channel and the audit get it."
    return Given(_carried(operation, str(view.get("private_metadata", ""))), reason, break_glass=True), errors


def _metadata(given: Given, channel: str) -> str:
    return json.dumps({"values": given.values, "channel": channel}, ensure_ascii=False)


def _carried(operation: type[Operation], private_metadata: str) -> dict[str, Value]:
    """The values of the command; nothing when the metadata is not ours, which filing then refuses as incomplete."""
    try:
        found = json.loads(private_metadata or "{}")
    except ValueError:
        return {}
    values = found.get("values") if isinstance(found, dict) else None
    known = {field.name for field in fields_of(operation)} - {"reason"}
    return {name: value for name, value in values.items() if name in known} if isinstance(values, dict) else {}


def _text(values: Mapping[str, Mapping[str, Any]], block: str) -> str:
    state: Mapping[str, Any] = values.get(block, {}).get(block, {})
    return str(state.get("value") or "").strip()


def _input(block: str, label: str, more: Block) -> Block:
    element = {"type": "plain_text_input", "action_id": block, **more}
    return {"type": "input", "block_id": block, "label": _plain(label), "element": element}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
