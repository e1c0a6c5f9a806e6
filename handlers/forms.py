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
from handlers.options import account_text, option, policy_text
from handlers.parser import Given
from operations.aws.errors import FieldError
from operations.core.base import Operation
from operations.core.fields import FieldKind, OperationField
from operations.core.visible import BLANK
from operations.organization.services import resolve, service_label
from operations.snapshot.organization import Organization
from operations.snapshot.places import find_target

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
            found[field.name] = [line.strip(BLANK) for line in text.split("\n") if line.strip(BLANK)]
        elif text:
            found[field.name] = text
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
    text = clean(text)  # Whoever reads the form sees all that it holds.
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


def _account(field: OperationField, value: Any, scene: FormContext) -> Element:
    def find(organization: Organization) -> Block:
        account = organization.find_account(str(value), field.name)
        return option(account_text(organization, account), account.id)

    return _picker("account", field, value, scene, find)


def _unit(field: OperationField, value: Any, scene: FormContext) -> Element:
    def find(organization: Organization) -> Block:
        unit = organization.find_unit(str(value), field.name)
        return option(unit.path, unit.id)

    return _picker("ou", field, value, scene, find)


def _target(field: OperationField, value: Any, scene: FormContext) -> Element:
    def find(organization: Organization) -> Block:
        target = find_target(organization, str(value), field.name)
        account = organization.accounts_by_id.get(target)
        return option(account_text(organization, account) if account else organization.path_of(target), target)

    return _picker("target", field, value, scene, find)


def _policy(field: OperationField, value: Any, scene: FormContext) -> Element:
    def find(organization: Organization) -> Block:
        policy = organization.policies.find(str(value), field.name)
        return option(policy_text(policy), policy.id)

    return _picker("policy", field, value, scene, find)


def _service(field: OperationField, value: Any, scene: FormContext) -> Element:
    def find(_: Organization) -> Block:
        principal = resolve(str(value), field.name)
        return option(service_label(principal), principal)

    return _picker("service", field, value, scene, find)


def _accounts(field: OperationField, value: Any, scene: FormContext) -> Element:
    """Several accounts; those that are not found are told, and the others stay chosen."""
    block = {"type": "multi_external_select", "action_id": f"accounts:{field.name}", "min_query_length": 0}
    given = [value] if isinstance(value, str) else list(value or ())
    if scene.organization is None or not given:
        return Element(block)
    picked, notes = [], []
    for text in given[:MOST_PICKED]:
        try:
            account = scene.organization.find_account(str(text), field.name)
        except FieldError as error:
            notes.append(shorten(f"{field.flag.label}: {error.message}", 300))
        else:
            picked.append(option(account_text(scene.organization, account), account.id))
    return Element(block | ({"initial_options": picked} if picked else {}), shorten(" ".join(notes), 900))


def _picker(
    prefix: str, field: OperationField, value: Any, scene: FormContext, find: Callable[[Organization], Block]
) -> Element:
    block = {"type": "external_select", "action_id": f"{prefix}:{field.name}", "min_query_length": 0}
    if not value or scene.organization is None:
        return Element(block)
    try:
        return Element(_picked(block, find(scene.organization)))
    except FieldError as error:
        return Element(block, shorten(f"{field.flag.label}: {error.message}", 500))


def _picked(block: Block, picked: Block | None) -> Block:
    return block | ({"initial_option": picked} if picked else {})


_ELEMENTS: dict[FieldKind, Callable[[OperationField, Any, FormContext], Element]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _text,
    FieldKind.TAGS: _text,
    FieldKind.EMAIL: _email,
    FieldKind.CHOICE: _choice,
    FieldKind.ACCOUNT: _account,
    FieldKind.OU: _unit,
    FieldKind.TARGET: _target,
    FieldKind.POLICY: _policy,
    FieldKind.SERVICE: _service,
    FieldKind.ACCOUNTS: _accounts,
    FieldKind.DOCUMENT: _document,
}


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": shorten(clean(text), limit), "emoji": False}
