"""Help comes from the declarations and fits Slack's limits."""

from __future__ import annotations

import json

import pytest

from handlers.help import details
from operations.base import Operation
from operations.registry import all_operations
from sandbox.slack.limits import problems
from tests.handlers.made_up import EveryKind, NeedsNothing
from tests.handlers.reception import Reception

every_operation = pytest.mark.parametrize("operation", all_operations(), ids=lambda operation: operation.name)


@pytest.mark.parametrize("text", ["", "help", "Help", "  "])
def test_the_overview_names_every_operation(reception: Reception, text: str) -> None:
    reception.types(text)
    shown = json.dumps(reception.blocks, ensure_ascii=False)
    for operation in all_operations():
        assert f"`/org {operation.name}`" in shown


@every_operation
def test_one_operation_in_full(reception: Reception, operation: type[Operation]) -> None:
    reception.types(f"help {operation.name}")
    shown = json.dumps(reception.blocks, ensure_ascii=False)
    for field in operation.fields():
        assert all(f"`{name}`" in shown for name in field.flag.names)
    assert "`--reason`" in shown


@every_operation
def test_help_as_a_flag(reception: Reception, operation: type[Operation]) -> None:
    answer = reception.types(f"help {operation.name}")
    assert reception.types(f"{operation.name} --help") == answer


def test_help_for_what_does_not_exist(reception: Reception) -> None:
    assert "Did you mean `create-account`?" in reception.types("help create-acount")


@pytest.mark.parametrize("operation", [EveryKind, NeedsNothing])
def test_it_fits_however_much_is_declared(operation: type[Operation]) -> None:
    assert problems(details(operation), "message") == []
