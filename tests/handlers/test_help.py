"""Help comes from the declarations and fits Slack's limits."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from handlers.help import details
from handlers.query_names import WORDS
from operations.core.base import Operation
from operations.core.registry import all_operations
from sandbox.slack.limits import problems
from tests.harness.handling import Handling, organization
from tests.harness.made_up import EveryKind, NeedsNothing

every_operation = pytest.mark.parametrize("operation", all_operations(), ids=lambda operation: operation.name)


@pytest.mark.parametrize("text", ["help", "Help", "--help", "`/org help`"])
def test_the_overview_names_every_operation_once(handling: Handling, text: str) -> None:
    handling.types(text)
    shown = json.dumps(handling.blocks, ensure_ascii=False)
    for operation in all_operations():
        assert shown.count(f"`/org {operation.name}`") == (0 if operation.founds else 1)


def test_the_ten_commonest_stand_first(handling: Handling) -> None:
    handling.types("help")
    lines = handling.blocks[2]["text"]["text"].splitlines()
    assert lines[0] == "*Commonest*"
    assert [line.split("`")[1] for line in lines[1:4]] == [
        "/org credentials",
        "/org create-account",
        "/org move-account",
    ]
    assert len(lines) == 11


def test_where_there_is_no_organization_to_create_one_is_all_that_can_be_asked_for(handling: Handling) -> None:
    handling.organization = replace(organization(), id="")
    shown = handling.types("help")
    assert "`/org create-organization`" in shown
    assert "`/org create-account`" not in shown


@every_operation
def test_one_operation_in_full(handling: Handling, operation: type[Operation]) -> None:
    handling.types(f"help {operation.name}")
    shown = json.dumps(handling.blocks, ensure_ascii=False)
    for field in operation.fields():
        assert all(f"`{name}`" in shown for name in field.flag.names)
    assert "`--reason`  Reason. Approvers see this; it is kept in the audit log." in shown


@every_operation
def test_help_as_a_flag(handling: Handling, operation: type[Operation]) -> None:
    answer = handling.types(f"help {operation.name}")
    assert handling.types(f"{operation.name} --help") == answer


@pytest.mark.parametrize("word", ["help", "requests", "request", "sessions", *WORDS])
def test_a_look_is_explained_in_a_sentence(handling: Handling, word: str) -> None:
    told = handling.types(f"help {word}")
    assert told.startswith(f"`/org {word}")
    assert told.endswith("Only you see the answer.")


def test_policy_types_are_named_by_the_words_that_people_type(handling: Handling) -> None:
    told = handling.types("help create-policy")
    assert "Policy type: scp (SERVICE_CONTROL_POLICY), rcp (RESOURCE_CONTROL_POLICY), tag (TAG_POLICY)" in told
    assert "ALLOW, DENY" in handling.types("help create-account")


@pytest.mark.parametrize("text", ["help create account", "help Create Account now"])
def test_help_for_a_name_in_two_words(handling: Handling, text: str) -> None:
    assert "Did you mean `create-account`?" in handling.types(text)


def test_help_for_what_does_not_exist(handling: Handling) -> None:
    assert "Did you mean `create-account`?" in handling.types("help create-acount")


@pytest.mark.parametrize("operation", [EveryKind, NeedsNothing])
def test_it_fits_however_much_is_declared(operation: type[Operation]) -> None:
    assert problems(details(operation), "message") == []
