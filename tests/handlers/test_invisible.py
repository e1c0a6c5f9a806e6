"""Nothing that would be sent is invisible on the card: every operation, every field, by command and by form (`approvals/slack/test_files.py`: by file)."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from handlers.caller import Caller
from handlers.declared import fields_of
from handlers.forms import FormContext, form
from handlers.parser import Given, parse
from operations.core.base import Operation
from operations.core.fields import FieldKind, OperationField
from operations.core.registry import all_operations
from tests.harness.handling import ALICE, GENERAL, TEAM, Handling
from tests.harness.tables import each_of
from tests.harness.unseen import UNSEEN

FIELDS = [
    pytest.param(operation, field, id=f"{operation.name}-{field.name}")
    for operation in all_operations()
    for field in fields_of(operation)
]
every_field = pytest.mark.parametrize(("operation", "field"), FIELDS)


def text(field: OperationField, unseen: str) -> str:
    """A value with the character in it."""
    return f"a=b{unseen}c" if field.flag.kind is FieldKind.TAGS else f"a{unseen}b"


def complete(operation: type[Operation]) -> dict[str, Any]:
    """The values of the operation's example."""
    return dict(parse(f"{operation.name} {operation.example}").given.values)


def typed(operation: type[Operation], field: OperationField, value: str) -> str:
    """The example as a command, but for one field."""
    values = {field.name: [value]} | {
        other.name: given if isinstance(given, list) else [given]
        for other in fields_of(operation)
        if other is not field and (given := complete(operation).get(other.name))
    }
    flags = {known.name: known.flag.names[0] for known in fields_of(operation)}
    words = [f"{flags[name]} '{one}'" for name, given in values.items() for one in given]
    return " ".join([operation.name, *words])


@each_of("operation", all_operations(), ids=lambda operation: operation.name)
def test_every_class_refuses_each_in_every_field(operation: type[Operation]) -> None:
    for field in operation.fields():
        for name, unseen in UNSEEN.items():
            value = [text(field, unseen)] if field.flag.kind.many else text(field, unseen)
            with pytest.raises(ValidationError) as raised:
                operation.model_validate(complete(operation) | {field.name: value})
            told = {str(finding["loc"][0]): finding["msg"] for finding in raised.value.errors()}
            assert f"invisible character, U+{ord(unseen):04X}" in told[field.name], (field.name, name)


@every_field
def test_by_command(handling: Handling, operation: type[Operation], field: OperationField) -> None:
    for unseen in ("\u00ad", "\u202e", "\u200b"):
        told = handling.types(typed(operation, field, text(field, unseen)))
        assert field.flag.names[0] in told
        assert f"invisible character, U+{ord(unseen):04X}" in told
    assert handling.requests() == []


@every_field
def test_by_form(handling: Handling, operation: type[Operation], field: OperationField) -> None:
    view = form(
        operation,
        FormContext(Given(complete(operation)), handling.organization, Caller(ALICE, TEAM, GENERAL), handling.now),
    )
    for unseen in ("\u00ad", "\u202e", "\u2028"):
        errors = handling.submits(view, {field.name: text(field, unseen)})
        assert f"invisible character, U+{ord(unseen):04X}" in errors[field.name]
    assert handling.requests() == []


@pytest.mark.parametrize("by", ["command", "form"])
def test_a_reason_has_its_lines_and_nothing_unseen(handling: Handling, by: str) -> None:
    move = "move-account --account fullback-staging --to /Workloads/Production"
    if by == "command":
        assert "U+202E" in handling.types(f'{move} --reason "why\u202e"')
        handling.types(f'{move} --reason "why\nand\thow"')
    else:
        operation = parse(move).operation
        view = form(
            operation, FormContext(parse(move).given, handling.organization, Caller(ALICE, TEAM, GENERAL), handling.now)
        )
        assert "U+202E" in handling.submits(view, {"reason": "why\u202e"})["reason"]
        handling.submits(view, {"reason": "why\nand\thow"})
    assert [request.reason for request in handling.requests()] == ["why\nand\thow"]
