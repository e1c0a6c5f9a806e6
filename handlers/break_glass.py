"""The form that asks whether somebody really wants to act at once: they type the operation's name, and why. Pure.

Source: Slack API, "Views" (private_metadata, 3,000 characters), "Block Kit: Input block".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from approvals.slack.blocks import Block, clean, escape, section, shorten
from approvals.slack.modals import METADATA, entry, modal, text_input
from handlers.caller import Caller
from handlers.carried import Carried
from handlers.declared import LONGEST_REASON, missing
from handlers.filing import reason_problems
from handlers.parser import Given
from handlers.problems import Problem
from operations.core.base import Operation
from operations.snapshot.names import capital

WARNING = (
    ":rotating_light: *{title}*\n"
    "This runs at once, without approval, and is recorded under your name. The approval channel is told, and an approver has to "
    "review it afterwards."
)


def confirmation(operation: type[Operation], given: Given, title: str, caller: Caller) -> Block:
    """The modal view; what was asked for and where ride along."""
    confirm = text_input("confirm", placeholder=operation.name)
    why = text_input("reason", initial=given.reason, multiline=True, most=LONGEST_REASON)
    return modal(
        f"break-glass:{operation.name}",
        "Break glass",
        [
            section(WARNING.format(title=escape(shorten(title, 500)))),
            entry("confirm", f"Type {operation.name} to confirm", confirm),
            entry("reason", "Reason", why),
        ],
        "Act at once",
        _metadata(given, caller),
    )


def obstacles(operation: type[Operation], given: Given, caller: Caller) -> tuple[Problem, ...]:
    """Why the confirmation cannot be asked for yet."""
    lacking = missing(operation, given.values)
    if lacking:
        return tuple(Problem(field.name, "with `--break-glass`, give everything in the command.") for field in lacking)
    if len(_metadata(given, caller)) > METADATA:
        return (Problem("", "this is too long for `--break-glass`; give shorter values."),)
    return ()


def entered(operation: type[Operation], view: Mapping[str, Any]) -> tuple[Given, dict[str, str]]:
    """What a submitted confirmation asks for, and the errors by block; with errors nothing is done."""
    values = view["state"]["values"]
    reason = _text(values, "reason")[:LONGEST_REASON]
    errors = {}
    if clean(_text(values, "confirm")).casefold() != operation.name:
        errors["confirm"] = f"Type {operation.name} to confirm that it runs at once."
    wrong = reason_problems(reason)
    if wrong:
        errors["reason"] = capital(wrong[0])
    if not clean(reason).strip():
        errors["reason"] = "Say why it can't wait. The approval channel sees this; it is kept in the audit log."
    return Given(Carried.unpacked(view.get("private_metadata")).of(operation), reason, break_glass=True), errors


def _metadata(given: Given, caller: Caller) -> str:
    return Carried.of_caller(caller, values=given.values).packed()


def _text(values: Mapping[str, Mapping[str, Any]], block: str) -> str:
    state: Mapping[str, Any] = values.get(block, {}).get(block, {})
    return str(state.get("value") or "").strip()
