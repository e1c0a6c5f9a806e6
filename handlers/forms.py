"""The form of an operation, made from its declaration, and the values in a form that was sent. Pure.

Source: Slack API, "Block Kit: Input block", "Plain-text input element", "Select menu element", "Views" (limits).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from approvals.slack.blocks import Block, ago, clean, context, escape, shorten
from approvals.slack.modals import INPUT, email_input, entry, many_picker, modal, picker, select, text_input
from approvals.slack.modals import Element as Shown
from handlers.caller import Caller
from handlers.carried import Carried
from handlers.declared import LONGEST_REASON, Value, chosen, fields_of, readable
from handlers.documents import FILE, file_entry, given_file, too_long
from handlers.options import option, option_of
from handlers.parser import Given
from handlers.typed import spaced
from operations.aws.errors import FieldError
from operations.core.base import Operation
from operations.core.fields import FieldKind, OperationField
from operations.core.kinds import LOOK_UPS, look_up
from operations.core.visible import BLANK
from operations.snapshot.organization import Organization

MOST_PICKED = 50
OLD = timedelta(minutes=10)
LONGEST_EMAIL = 320
LIKE_AN_EMAIL = re.compile(r"[\w.+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)


@dataclass(frozen=True)
class FormContext:
    """What a form is opened with: what was given, the snapshot of the organization, by whom and where, and when."""

    given: Given
    organization: Organization | None
    caller: Caller
    now: datetime


@dataclass(frozen=True)
class Element:
    """An input's element, and what has to be said about the value that could not be put into it."""

    shown: Shown
    note: str = ""


def form(operation: type[Operation], scene: FormContext) -> Block:
    """The modal view, prefilled with what was given as far as it fits."""
    elements = {field.name: _element(field, scene) for field in fields_of(operation)}
    notes = [f":warning: {escape(element.note)}" for element in elements.values() if element.note]
    return modal(
        f"request:{operation.name}",
        readable(operation),
        [
            context(escape(operation.purpose()), *_age(scene), *notes),
            *(block for field in fields_of(operation) for block in _inputs(field, elements[field.name].shown)),
        ],
        "Submit request",
        Carried.of_caller(scene.caller).packed(),
    )


def sent(operation: type[Operation], values: Mapping[str, Mapping[str, Any]]) -> Given:
    """What a submitted form gives, in the same shapes as the command line; `values` is the view's `state.values`."""
    found: dict[str, Value] = {}
    for field in fields_of(operation):
        text = given_file(values.get(f"{field.name}{FILE}", {})) or _entered(values.get(field.name, {}))
        many = _several(values.get(field.name, {}))
        if many:
            found[field.name] = many
        elif text and field.flag.kind.many:
            found[field.name] = [line.strip(BLANK) for line in spaced(text).split("\n") if line.strip(BLANK)]
        elif text:
            found[field.name] = text if field.flag.kind is FieldKind.DOCUMENT else spaced(text)
    reason = str(found.pop("reason", ""))
    return Given(found, reason)


def _several(block: Mapping[str, Any]) -> list[str]:
    """The values of a select that takes more than one."""
    state: Mapping[str, Any] = next(iter(block.values()), {})
    return [str(picked.get("value", "")) for picked in state.get("selected_options") or ()]


def _entered(block: Mapping[str, Any]) -> str:
    state: Mapping[str, Any] = next(iter(block.values()), {})
    chosen_option = state.get("selected_option") or {}
    return str(state.get("value") or chosen_option.get("value") or "").strip(BLANK)


def _age(scene: FormContext) -> list[str]:
    if scene.organization is None:
        return [":hourglass: The organization has not been read from AWS yet; the lists stay empty until then."]
    read_at = scene.organization.read_at
    return [f"The organization as it was {ago(read_at, scene.now)}"] if scene.now - read_at > OLD else []


def _inputs(field: OperationField, element: Shown) -> list[Block]:
    document = field.flag.kind is FieldKind.DOCUMENT
    optional = document or not field.required
    block = entry(field.name, field.flag.label, element, hint=field.flag.hint, optional=optional)
    return [block, file_entry(field)] if document else [block]


def _element(field: OperationField, scene: FormContext) -> Element:
    value: Any = scene.given.reason if field.name == "reason" else scene.given.values.get(field.name)
    return _ELEMENTS[field.flag.kind](field, field.default if value is None else value, scene)


def _document(field: OperationField, value: Any, scene: FormContext) -> Element:
    """A text that is too long for Slack's input is not cut, because half a document says something else."""
    text = str(value or "")
    note = too_long(field, text, INPUT)
    return Element(_text(field, "" if note else text, scene).shown, note)


def _text(field: OperationField, value: Any, _: FormContext) -> Element:
    text = clean(_as_text(value))  # Whoever reads the form sees all that it holds.
    most = min(INPUT, field.max_length or INPUT)
    shown = text_input(
        field.name,
        initial=text[:most],
        multiline=field.flag.kind in (FieldKind.LONG_TEXT, FieldKind.TAGS, FieldKind.DOCUMENT),
        most=LONGEST_REASON if field.name == "reason" else most,
        placeholder=field.flag.placeholder,
    )
    note = f"{field.flag.label} was longer than {most} characters and has been cut." if len(text) > most else ""
    return Element(shown, note)


def _as_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{key}={text}" for key, text in value.items())
    return "\n".join(value) if isinstance(value, list) else str(value or "")


def _email(field: OperationField, value: Any, _: FormContext) -> Element:
    """Slack's input for an e-mail address takes no other text, not even at its opening."""
    text = str(value or "")
    fits = bool(LIKE_AN_EMAIL.fullmatch(text)) if len(text) <= LONGEST_EMAIL else False
    note = f"“{shorten(text, 60)}” is no e-mail address." if text and not fits else ""
    return Element(email_input(field.name, initial=text if fits else "", placeholder=field.flag.placeholder), note)


def _choice(field: OperationField, value: Any, _: FormContext) -> Element:
    options = {choice.value: option(choice.label, choice.value) for choice in field.flag.choices}
    picked = options.get(chosen(field, str(value or "")))
    note = f"“{shorten(str(value), 60)}” is no choice for {field.flag.label}." if value and not picked else ""
    return Element(select(field.name, list(options.values()), initial=picked), note)


def _one(field: OperationField, value: Any, scene: FormContext) -> Element:
    """A select of what the field's kind names; a value that means nothing there is told, and nothing is chosen."""
    found = _found(field, [value] if value else [], scene)
    shown = picker(_action(field), initial=next(iter(found.options), None))
    return Element(shown, shorten(" ".join(found.notes), 500))


def _many(field: OperationField, value: Any, scene: FormContext) -> Element:
    """A select of several; those that are not found are told, and the others stay chosen."""
    found = _found(field, [value] if isinstance(value, str) else list(value or ()), scene)
    return Element(many_picker(_action(field), initial=found.options), shorten(" ".join(found.notes), 900))


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


_ELEMENTS: dict[FieldKind, Callable[[OperationField, Any, FormContext], Element]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _text,
    FieldKind.TAGS: _text,
    FieldKind.EMAIL: _email,
    FieldKind.CHOICE: _choice,
    **{kind: _many if kind.many else _one for kind in LOOK_UPS},
    FieldKind.DOCUMENT: _document,
}
