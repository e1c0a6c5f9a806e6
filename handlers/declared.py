"""What the declarations say, in the shapes that the command line and the forms need. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache

from operations.core.base import Operation
from operations.core.fields import FieldKind, Flag, OperationField
from operations.snapshot.names import capital

Value = str | list[str]
LONGEST_REASON = 500
ACRONYMS = {"ou": "OU"}
REASON = OperationField(
    name="reason",
    flag=Flag(
        ("--reason",),
        "Reason",
        FieldKind.LONG_TEXT,
        hint="Approvers see this; it is kept in the audit log.",
        placeholder="The web team needs a place to test",
    ),
    required=False,
    default="",
    max_length=LONGEST_REASON,
)


@cache
def fields_of(operation: type[Operation]) -> tuple[OperationField, ...]:
    """The operation's fields, then the reason, which every request takes."""
    return (*operation.fields(), REASON)


@cache
def flags_of(operation: type[Operation]) -> dict[str, OperationField]:
    """The fields by each flag that gives them."""
    return {name.casefold(): field for field in fields_of(operation) for name in field.flag.names}


@cache
def field_of(operation: type[Operation], name: str) -> OperationField | None:
    """The field of this Python name."""
    return next((field for field in fields_of(operation) if field.name == name), None)


def missing(operation: type[Operation], values: dict[str, Value]) -> list[OperationField]:
    """The required fields that are not given."""
    return [field for field in fields_of(operation) if field.required and not values.get(field.name)]


def chosen(field: OperationField, text: str) -> str:
    """The value of the choice that `text` means by value or by one of its words; the text itself when it means none."""
    folded = text.strip().casefold()
    for choice in field.flag.choices:
        if folded in (choice.value.casefold(), *(word.casefold() for word in choice.words)):
            return choice.value
    return text


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that this one looks most like, or nothing."""
    return next(iter(difflib.get_close_matches(word[:60].casefold(), list(known), n=1, cutoff=0.6)), "")


def readable(operation: type[Operation] | str) -> str:
    """`create-account` as a title: Create account; `create-ou`: Create OU."""
    name = operation if isinstance(operation, str) else operation.name
    words = " ".join(ACRONYMS.get(word, word) for word in name.split("-"))
    return capital(words)
