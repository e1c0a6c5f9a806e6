"""The form of an operation, made from its declaration, and the values in a form that was sent. Pure.

Source: Slack API, "Block Kit: Input block", "Plain-text input element", "Select menu element", "Views" (limits).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from approvals.slack.blocks import Block, ago, clean, context, escape, shorten
from handlers.declared import LONGEST_REASON, Value, chosen, fields_of, readable
from handlers.documents import FILE, file_input, given_file, too_long
from handlers.options import option, option_of
from handlers.parser import Given
from operations.aws.errors import FieldError
from operations.core.base import Operation
from operations.core.fields import FieldKind, OperationField
from operations.core.kinds import LOOK_UPS, look_up
from operations.snapshot.organization import Organization

INPUT, TITLE, LABEL, HINT, PLACEHOLDER = 3000, 24, 2000, 2000, 150
MOST_PICKED = 50
OLD = timedelta(minutes=10)
LONGEST_EMAIL = 320
LIKE_AN_EMAIL = re.compile(r"[\w.+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)


@dataclass(frozen=True)
class FormContext:
    """What a form is opened with: what was given, the snapshot of the organization, where it was asked for, and when."""

    given: Given
    organization: Organization | None
    channel: str
    now: datetime


@dataclass(frozen=True)
class Element:
    """An input's element, and what has to be said about the value that could not be put into it."""

    block: Block
    note: str = ""


def form(operation: type[Operation], scene: FormContext) -> Block:
    """The modal view, prefilled with what was given as far as it fits."""
    elements = {field.name: _element(field, scene) for field in fields_of(operation)}
    notes = [f":warning: {escape(element.note)}" for element in elements.values() if element.note]
    return {
        "type": "modal",
        "callback_id": f"request:{operation.name}",
        "title": _plain(readable(operation), TITLE),
        "submit": _plain("File request", TITLE),
        "close": _plain("Not now", TITLE),
        "private_metadata": json.dumps({"channel": scene.channel}),
        "blocks": [
            context(escape(operation.purpose()), *_age(scene), *notes),
            *(block for field in fields_of(operation) for block in _inputs(field, elements[field.name].block)),
        ],
    }


def sent(operation: type[Operation], values: Mapping[str, Mapping[str, Any]]) -> Given:
    """What a submitted form gives, in the same shapes as the command line; `values` is the view's `state.values`."""
    found: dict[str, Value] = {}
    for field in fields_of(operation):
        text = given_file(values.get(f"{field.name}{FILE}", {})) or _entered(values.get(field.name, {}))
        many = _several(values.get(field.name, {}))
        if many:
            found[field.name] = many
        elif text and field.flag.kind.many:
            found[field.name] = [line.strip() for line in text.splitlines() if line.strip()]
        elif text:
            found[field.name] = text
    reason = str(found.pop("reason", ""))
    return Given(found, reason)


def _several(block: Mapping[str, Any]) -> list[str]:
    """The values of a select that takes more than one."""
    state: Mapping[str, Any] = next(iter(block.values()), {})
    return [clean(str(picked.get("value", ""))) for picked in state.get("selected_options") or ()]


def _entered(block: Mapping[str, Any]) -> str:
    state: Mapping[str, Any] = next(iter(block.values()), {})
    chosen_option = state.get("selected_option") or {}
    return clean(str(state.get("value") or chosen_option.get("value") or "")).strip()


def channel_of(private_metadata: str) -> str:
    """The channel in which the form was asked for; nothing when the metadata is not ours."""
    try:
        found = json.loads(private_metadata or "{}")
    except ValueError:
        return ""
    return str(found.get("channel") or "") if isinstance(found, dict) else ""


def _age(scene: FormContext) -> list[str]:
    if scene.organization is None:
        return [":hourglass: The organization has not been read from AWS yet; the lists stay empty until then."]
    read_at = scene.organization.read_at
    return [f"The organization as it was {ago(read_at, scene.now)}"] if scene.now - read_at > OLD else []


def _inputs(field: OperationField, element: Block) -> list[Block]:
    if field.flag.kind is not FieldKind.DOCUMENT:
        return [_input(field, element)]
    return [_input(field, element) | {"optional": True}, file_input(field)]


def _input(field: OperationField, element: Block) -> Block:
    hint = {"hint": _plain(field.flag.hint, HINT)} if field.flag.hint else {}
    return {
        "type": "input",
        "block_id": field.name,
        "label": _plain(field.flag.label, LABEL),
        "optional": not field.required,
        "element": element,
        **hint,
    }


def _element(field: OperationField, scene: FormContext) -> Element:
    value: Any = scene.given.reason if field.name == "reason" else scene.given.values.get(field.name)
    return _ELEMENTS[field.flag.kind](field, field.default if value is None else value, scene)


def _document(field: OperationField, value: Any, scene: FormContext) -> Element:
    """A text that is too long for Slack's input is not cut, because half a document says something else."""
    text = str(value or "")
    note = too_long(field, text, INPUT)
    return Element(_text(field, "" if note else text, scene).block, note)


def _text(field: OperationField, value: Any, _: FormContext) -> Element:
    multiline = field.flag.kind in (FieldKind.LONG_TEXT, FieldKind.TAGS, FieldKind.DOCUMENT)
    most = min(INPUT, field.max_length or INPUT)
    block = {
        "type": "plain_text_input",
        "action_id": field.name,
        "multiline": multiline,
        "max_length": LONGEST_REASON if field.name == "reason" else most,
    }
    return _filled(block, field, _as_text(value), most)


def _filled(block: Block, field: OperationField, text: str, most: int) -> Element:
    block |= {"placeholder": _plain(field.flag.placeholder, PLACEHOLDER)} if field.flag.placeholder else {}
    initial = {"initial_value": text[:most]} if text else {}
    note = f"{field.flag.label} was longer than {most} characters and has been cut." if len(text) > most else ""
    return Element(block | initial, note)


def _as_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{key}={text}" for key, text in value.items())
    return "\n".join(value) if isinstance(value, list) else str(value or "")


def _email(field: OperationField, value: Any, _: FormContext) -> Element:
    """Slack's input for an e-mail address takes no other text, not even at its opening."""
    text = str(value or "")
    fits = bool(LIKE_AN_EMAIL.fullmatch(text)) if len(text) <= LONGEST_EMAIL else False
    note = f"“{shorten(text, 60)}” is no e-mail address." if text and not fits else ""
    block = {"type": "email_text_input", "action_id": field.name}
    return Element(_filled(block, field, text if fits else "", INPUT).block, note)


def _choice(field: OperationField, value: Any, _: FormContext) -> Element:
    options = {choice.value: option(choice.label, choice.value) for choice in field.flag.choices}
    picked = options.get(chosen(field, str(value or "")))
    block = {"type": "static_select", "action_id": field.name, "options": list(options.values())}
    note = f"“{shorten(str(value), 60)}” is no choice for {field.flag.label}." if value and not picked else ""
    return Element(_picked(block, picked), note)


def _one(field: OperationField, value: Any, scene: FormContext) -> Element:
    """A select of what the field's kind names; a value that means nothing there is told, and nothing is chosen."""
    block = {"type": "external_select", "action_id": _action(field), "min_query_length": 0}
    found = _found(field, [value] if value else [], scene)
    return Element(_picked(block, next(iter(found.options), None)), shorten(" ".join(found.notes), 500))


def _many(field: OperationField, value: Any, scene: FormContext) -> Element:
    """A select of several; those that are not found are told, and the others stay chosen."""
    block = {"type": "multi_external_select", "action_id": _action(field), "min_query_length": 0}
    found = _found(field, [value] if isinstance(value, str) else list(value or ()), scene)
    return Element(
        block | ({"initial_options": found.options} if found.options else {}), shorten(" ".join(found.notes), 900)
    )


@dataclass(frozen=True)
class _Found:
    """The options for what was given, and what is to be said of the rest."""

    options: list[Block]
    notes: list[str]


def _found(field: OperationField, given: list[Any], scene: FormContext) -> _Found:
    found = _Found([], [])
    if scene.organization is None:
        return found
    for text in given[:MOST_PICKED]:
        try:
            found.options.append(
                option_of(scene.organization, field.flag.kind, look_up(scene.organization, field, str(text)))
            )
        except FieldError as error:
            found.notes.append(shorten(f"{field.flag.label}: {error.message}", 300))
    return found


def _action(field: OperationField) -> str:
    return f"{field.flag.kind}:{field.name}"


def _picked(block: Block, picked: Block | None) -> Block:
    return block | ({"initial_option": picked} if picked else {})


_ELEMENTS: dict[FieldKind, Callable[[OperationField, Any, FormContext], Element]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _text,
    FieldKind.TAGS: _text,
    FieldKind.EMAIL: _email,
    FieldKind.CHOICE: _choice,
    **{kind: _many if kind.many else _one for kind in LOOK_UPS},
    FieldKind.DOCUMENT: _document,
}


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": shorten(clean(text), limit), "emoji": False}
