"""From words to an operation's values: every flag is the operation's own declaration. Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from handlers.typed import ParseError, undo_rewriting, words
from operations.base import Operation
from operations.fields import Kind, OperationField
from operations.registry import by_name

REASON, FORM = "--reason", "--form"
LONGEST_REASON = 500
READS = ("help", "requests", "request")


@dataclass(frozen=True)
class Typed:
    """A command as it was typed: its first word and the words after it."""

    verb: str
    rest: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """An operation with the raw values that were given for it; `form` says that its form was asked for."""

    operation: type[Operation]
    values: dict[str, Any]
    reason: str = ""
    form: bool = False

    def missing(self) -> list[OperationField]:
        """The required fields that have no value yet."""
        return [field for field in self.operation.fields() if field.required and field.name not in self.values]


def read(text: str) -> Typed:
    """The command's words; raises ParseError."""
    found = words(undo_rewriting(text))
    return Typed(found[0].lower(), tuple(found[1:])) if found else Typed("help", ())


def operation_named(verb: str) -> type[Operation]:
    """The operation of a name or alias; raises ParseError with the nearest one."""
    known = by_name()
    if verb in known:
        return known[verb]
    near = difflib.get_close_matches(verb, [*known, *READS], 1)
    way_out = f"Did you mean `/org {near[0]}`?" if near else "`/org help` lists what there is."
    raise ParseError(f"there is no “{verb[:60]}”. {way_out}")


def asked(typed: Typed) -> Asked:
    """The operation and its values; raises ParseError for an unknown word, flag, or a flag without a value."""
    operation = operation_named(typed.verb)
    flags = {name: field for field in operation.fields() for name in field.flag.names}
    values: dict[str, Any] = {}
    reason, form, rest = "", False, list(typed.rest)
    while rest:
        flag, value = _flag(rest, operation, flags)
        if flag == FORM:
            form = True
        elif flag == REASON:
            reason = _reason(value)
        else:
            _put(values, flags[flag], flag, value)
    return Asked(operation, values, reason, form)


def _flag(rest: list[str], operation: type[Operation], flags: dict[str, OperationField]) -> tuple[str, str]:
    """Takes the next flag and its value off `rest`."""
    word = rest.pop(0)
    name, sign, value = word.partition("=")
    name = name.lower()
    if name not in (*flags, REASON, FORM):
        raise ParseError(_unknown(word, name, operation, list(flags)))
    if name == FORM or sign:
        return name, value
    if not rest or rest[0].partition("=")[0].lower() in (*flags, REASON, FORM):
        raise ParseError(f"{name} has no value. Write {name} followed by one; several words go into quotes.")
    return name, rest.pop(0)


def _unknown(word: str, name: str, operation: type[Operation], flags: list[str]) -> str:
    known = [*flags, REASON]
    near = difflib.get_close_matches(name if name.startswith("--") else f"--{name}", known, 1)
    if not name.startswith("--"):
        hint = f"Did you mean {near[0]}? " if near else ""
        return f'“{word[:60]}” belongs to no flag. {hint}Values of several words go into quotes: {REASON} "like this".'
    way_out = f"Did you mean {near[0]}?" if near else f"It has {', '.join(known)}."
    return f"{operation.name} has no flag {name[:60]}. {way_out}"


def _put(values: dict[str, Any], field: OperationField, flag: str, value: str) -> None:
    if field.flag.kind is Kind.TAGS:
        values.setdefault(field.name, []).append(value)
        return
    if field.name in values:
        raise ParseError(f"{flag} is given twice. Give it once.")
    values[field.name] = choice_value(field, value)


def choice_value(field: OperationField, value: str) -> str:
    """The value behind one of the spellings of a choice; anything else is left for the operation to refuse."""
    for choice in field.flag.choices:
        if value.casefold() in (choice.value.casefold(), *(word.casefold() for word in choice.words)):
            return choice.value
    return value


def _reason(value: str) -> str:
    if len(value) > LONGEST_REASON:
        raise ParseError(f"--reason has {len(value)} characters; {LONGEST_REASON} is the most.")
    return value.strip()
