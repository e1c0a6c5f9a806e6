"""An operation's form, made from its declaration. Pure.

Source: Slack API, "Block Kit: Input block", "Modals" (title, submit and close have 24 characters).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from approvals.text import context, shorten
from handlers.parser import LONGEST_REASON, Asked
from operations.base import Operation
from operations.errors import FieldError
from operations.fields import Kind, OperationField
from operations.organization import Organization

TITLE, LABEL, OPTION, LONGEST_INPUT, HINT, PLACEHOLDER = 24, 2000, 75, 3000, 2000, 150
REASON = "reason"
LONGEST_PREFILL = 3000
View = dict[str, Any]


def form(asked: Asked, channel: str, organization: Organization | None) -> View:
    """The modal for an operation, prefilled with what was given."""
    operation = asked.operation
    inputs = [_input(field, _given(asked, field), organization) for field in operation.fields()]
    return {
        "type": "modal",
        "callback_id": f"request:{operation.name}",
        "private_metadata": json.dumps({"channel": channel}),
        "title": plain(operation.name.replace("-", " ").capitalize(), TITLE),
        "submit": plain("Ask for it", TITLE),
        "close": plain("Close", TITLE),
        "blocks": [context(operation.purpose()), *inputs, _reason(asked.reason)],
    }


def _given(asked: Asked, field: OperationField) -> Any:
    return asked.values.get(field.name, None if field.required else field.default)


def _input(field: OperationField, given: Any, organization: Organization | None) -> View:
    made: View = {
        "type": "input",
        "block_id": field.name,
        "label": plain(field.flag.label, LABEL),
        "element": {"action_id": field.name, **_ELEMENTS[field.flag.kind](field, given, organization)},
        "optional": not field.required,
    }
    return made | ({"hint": plain(field.flag.hint, HINT)} if field.flag.hint else {})


def _text(field: OperationField, given: Any, _: Organization | None) -> View:
    limit = min(LONGEST_INPUT, field.max_length or LONGEST_INPUT)
    multiline = field.flag.kind is Kind.LONG_TEXT
    element: View = {"type": "plain_text_input", "max_length": limit, "multiline": multiline}
    return element | _placeholder(field) | _initial(str(given or "")[:limit])


def _email(field: OperationField, given: Any, _: Organization | None) -> View:
    likely = (
        str(given or "") if "@" in str(given or "") else ""
    )  # Slack refuses a form whose prefilled address is none.
    return {"type": "email_text_input"} | _placeholder(field) | _initial(likely)


def _tags(field: OperationField, given: Any, _: Organization | None) -> View:
    lines = [f"{key}={value}" for key, value in given.items()] if isinstance(given, Mapping) else list(given or ())
    element: View = {"type": "plain_text_input", "multiline": True, "max_length": LONGEST_INPUT}
    return element | _placeholder(field) | _initial("\n".join(lines)[:LONGEST_INPUT])


def _choice(field: OperationField, given: Any, _: Organization | None) -> View:
    options = [option(choice.label, choice.value) for choice in field.flag.choices]
    chosen = [made for made in options if made["value"] == given]
    return {"type": "static_select", "options": options} | ({"initial_option": chosen[0]} if chosen else {})


def _picker(field: OperationField, given: Any, organization: Organization | None) -> View:
    element: View = {"type": "external_select", "min_query_length": 0, **_placeholder(field)}
    chosen = _chosen(field, given, organization)
    return element | ({"initial_option": chosen} if chosen else {})


def _chosen(field: OperationField, given: Any, organization: Organization | None) -> View | None:
    """The option of what was given, when the picture knows it; otherwise the person picks."""
    if not given or organization is None:
        return None
    try:
        if field.flag.kind is Kind.OU:
            unit = organization.find_unit(str(given), field.name)
            return option(unit.path, unit.id)
        account = organization.find_account(str(given), field.name)
        return option(organization.account_label(account.id), account.id)
    except FieldError:
        return None


_ELEMENTS = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.EMAIL: _email,
    Kind.CHOICE: _choice,
    Kind.TAGS: _tags,
    Kind.ACCOUNT: _picker,
    Kind.OU: _picker,
}


def _reason(given: str) -> View:
    element: View = {"type": "plain_text_input", "action_id": REASON, "multiline": True, "max_length": LONGEST_REASON}
    return {
        "type": "input",
        "block_id": REASON,
        "label": plain("Reason", LABEL),
        "hint": plain("What approvers need to know to decide", HINT),
        "element": element | _initial(given),
    }


def option(text: str, value: str) -> View:
    """An option of a select; the middle of a long text is left out, because both ends tell it apart."""
    short = text if len(text) <= OPTION else f"{text[:36]}…{text[-38:]}"
    return {"text": plain(short, OPTION), "value": value}


def plain(text: str, limit: int) -> View:
    """A plain text object."""
    return {"type": "plain_text", "text": shorten(text, limit), "emoji": False}


def _placeholder(field: OperationField) -> View:
    return {"placeholder": plain(field.flag.placeholder, PLACEHOLDER)} if field.flag.placeholder else {}


def _initial(value: str) -> View:
    return {"initial_value": value} if value else {}


def submitted(operation: type[Operation], state: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], str]:
    """The raw values of a submitted form, and the reason; what was left empty is not among them."""
    values = {field.name: _value(state.get(field.name, {}).get(field.name, {})) for field in operation.fields()}
    reason = _value(state.get(REASON, {}).get(REASON, {})) or ""
    return {name: value for name, value in values.items() if value}, reason.strip()


def _value(element: Mapping[str, Any]) -> str | None:
    chosen = element.get("selected_option")
    return str(chosen["value"]) if chosen else element.get("value")
