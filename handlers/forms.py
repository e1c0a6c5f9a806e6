"""The form of an operation, made from its declaration, and the values in a form that was sent. Pure.

Source: Slack API, "Block Kit: Input block", "Plain-text input element", "Select menu element", "Views" (limits).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from approvals.authority.rules import BY_NAME, Guards, Rules
from approvals.authority.session_choices import SessionChoices, session_choices
from approvals.slack.blocks import Block, ago, clean, context, escape, shorten
from approvals.slack.modals import INPUT, email_input, entry, many_picker, modal, picker, select, text_input
from approvals.slack.modals import Element as Shown
from handlers.caller import Caller
from handlers.carried import Carried
from handlers.declared import LONGEST_REASON, Value, chosen, fields_of, readable
from handlers.dependencies import Dependencies
from handlers.documents import FILE, file_entry, given_file, too_long
from handlers.options import option, option_of
from handlers.parser import Given
from handlers.typed import spaced
from operations.access.session_length import seconds_of, written
from operations.aws.errors import FieldError
from operations.core.base import Operation
from operations.core.fields import LOOK_UPS, FieldKind, OperationField, look_up
from operations.core.visible import BLANK
from operations.snapshot.organization import Organization

MOST_PICKED, MOST_OPTIONS = 50, 100
OLD = timedelta(minutes=10)
LONGEST_EMAIL = 320
LIKE_AN_EMAIL = re.compile(r"[\w.+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)


@dataclass(frozen=True)
class FormContext:
    """What a form is opened with: what was given, the snapshot of the organization, by whom and where, when, and the rules."""

    given: Given
    organization: Organization | None
    caller: Caller
    now: datetime
    rules: Rules = dataclasses.field(default_factory=lambda: Rules(()))
    guards: Guards = BY_NAME

    @classmethod
    def of(cls, deps: Dependencies, given: Given, caller: Caller) -> FormContext:
        """As things are now."""
        return cls(given, deps.organization(), caller, deps.clock(), deps.rules(), deps.guards())

    @cached_property
    def sessions(self) -> SessionChoices:
        """What the rules allow in the account that was given, where it is known."""
        account = str(self.given.values.get("account") or "")
        return session_choices(self.rules, self.organization, account, self.guards)


@dataclass(frozen=True)
class Element:
    """An input's element, and what has to be said about the value that could not be put into it; `needed` where something has to
    be chosen though the field has a default.
    """

    shown: Shown
    note: str = ""
    needed: bool = False


def form(operation: type[Operation], scene: FormContext) -> Block:
    """The modal view, prefilled with what was given as far as it fits."""
    elements = {field.name: _element(field, scene) for field in fields_of(operation)}
    notes = [f":warning: {escape(element.note)}" for element in elements.values() if element.note]
    return modal(
        f"request:{operation.name}",
        readable(operation),
        [
            context(escape(operation.purpose()), *_age(scene), *notes),
            *(block for field in fields_of(operation) for block in _inputs(field, elements[field.name])),
        ],
        "Submit request",
        Carried.of_caller(scene.caller, after=scene.given.after).packed(),
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
        return [":hourglass: The organization hasn't been read from AWS yet, so the lists are empty."]
    read_at = scene.organization.read_at
    return [f"The organization as it was {ago(read_at, scene.now)}"] if scene.now - read_at > OLD else []


def _inputs(field: OperationField, element: Element) -> list[Block]:
    document = field.flag.kind is FieldKind.DOCUMENT
    optional = document or not (field.required or element.needed)
    block = entry(field.name, field.flag.label, element.shown, hint=field.flag.hint, optional=optional)
    return [block, file_entry(field)] if document else [block]


def _element(field: OperationField, scene: FormContext) -> Element:
    value: Any = scene.given.reason if field.name == "reason" else scene.given.values.get(field.name)
    value = "" if field.flag.by_hand else value
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
    note = f"“{shorten(text, 60)}” is not an e-mail address." if text and not fits else ""
    return Element(email_input(field.name, initial=text if fits else "", placeholder=field.flag.placeholder), note)


def _choice(field: OperationField, value: Any, _: FormContext) -> Element:
    options = {choice.value: option(choice.label, choice.value) for choice in field.flag.choices}
    picked = options.get(chosen(field, str(value or "")))
    note = f"“{shorten(str(value), 60)}” is not a choice for {field.flag.label}." if value and not picked else ""
    return Element(select(field.name, list(options.values()), initial=picked), note)


def _role(field: OperationField, value: Any, scene: FormContext) -> Element:
    """Of several roles none is chosen for anybody."""
    roles = scene.sessions.roles
    return _allowed(field, str(value or ""), roles, roles[0] if len(roles) == 1 else "", scene)


def _duration(field: OperationField, value: Any, scene: FormContext) -> Element:
    lengths = scene.sessions.lengths(str(value or ""))
    return _allowed(field, _as_written(str(value or "")), lengths, lengths[-1] if lengths else "", scene)


def _as_written(length: str) -> str:
    try:
        return written(seconds_of(length))
    except ValueError:
        return length


def _allowed(field: OperationField, value: str, allowed: Sequence[str], other: str, scene: FormContext) -> Element:
    """A select of what the rules allow, with `value` chosen, or `other` where they don't allow it; a text where they allow nothing,
    so that the refusal says what is missing.
    """
    options = {text: option(text, text) for text in allowed[:MOST_OPTIONS]}
    if not options:
        return _text(field, value, scene)
    given = scene.given.values.get(field.name)
    note = (
        f"{field.flag.label}: the rules don't allow “{shorten(value, 60)}” here."
        if given and value not in options
        else ""
    )
    initial = options.get(value, options.get(other))
    return Element(select(field.name, list(options.values()), initial=initial), note, needed=initial is None)


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
    if len(given) > MOST_PICKED:
        found.notes.append(
            f"{field.flag.label}: the form holds the first {MOST_PICKED} of {len(given)}. Ask for the others by themselves."
        )
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
    FieldKind.ROLE: _role,
    FieldKind.DURATION: _duration,
}
