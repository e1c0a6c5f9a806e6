"""What a field says of itself, at the command line and in a form, and what it names is found by its kind; the management account and
the root are kept out where a field says so.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from operations.access.credentials import Credentials
from operations.aws.errors import FieldError
from operations.core.base import Operation
from operations.core.fields import LOOK_UPS, Except, FieldKind, Flag, OperationField, by_labels, look_up, settled_value
from operations.core.registry import all_operations
from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.policies import Policies, Policy

HERE = Path(__file__).parents[3]
SOURCES = [path for room in ("operations", "approvals") for path in (HERE / room).rglob("*.py")]
TYPED = re.compile(r"`(--[^`]*)`")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ask again with `--duration 1h`.", "Ask again with Duration “1h”."),
        ("`--account` is missing.", "Account is missing."),
        ("`--role-name a b` and `--role`", "Role “a b” and Role"),
        ("`/org requests` shows it; `--foo` is none.", "/org requests shows it; --foo is none."),
        ("1 -- 2", "1 -- 2"),
    ],
)
def test_in_a_form_a_sentence_names_labels(typed: str, shown: str) -> None:
    assert by_labels(Credentials.fields(), typed) == shown


def test_every_flag_in_a_sentence_is_written_so_that_a_form_can_name_its_label() -> None:
    flags = {name for operation in all_operations() for field in operation.fields() for name in field.flag.names}
    named = {
        (path.name, found.split()[0]) for path in SOURCES for found in TYPED.findall(path.read_text(encoding="utf-8"))
    }
    assert named, "there are such sentences"
    assert {(file, flag) for file, flag in named if flag not in flags} == set()


UNITS = (OrganizationalUnit("r-1", "Root", "", "/"), OrganizationalUnit("ou-w", "Workloads", "r-1", "/Workloads"))
ACCOUNTS = (
    Account("111111111111", "management", "management@example.com", "ACTIVE", "r-1"),
    Account("222222222222", "web", "web@example.com", "ACTIVE", "ou-w"),
    Account("333333333333", "data", "data@example.com", "ACTIVE", "ou-w"),
)
ORGANIZATION = Organization(
    "o-1",
    "111111111111",
    "r-1",
    "ALL",
    UNITS,
    ACCOUNTS,
    datetime(2026, 1, 1, tzinfo=UTC),
    Policies((Policy("p-1", "DenyLeaving", "SERVICE_CONTROL_POLICY"),)),
)
GIVEN = {
    FieldKind.ACCOUNT: ("web@example.com", "222222222222"),
    FieldKind.ACCOUNTS: ("web", "222222222222"),
    FieldKind.OU: ("/workloads", "ou-w"),
    FieldKind.TARGET: ("web", "222222222222"),
    FieldKind.POLICY: ("DenyLeaving", "p-1"),
    FieldKind.SERVICE: ("GuardDuty", "guardduty.amazonaws.com"),
}
every_operation = pytest.mark.parametrize("operation", all_operations(), ids=lambda operation: operation.name)


def field(kind: FieldKind, excepted: str = "") -> OperationField:
    return OperationField(
        "it", Flag(("--it",), "It", kind), required=True, default=None, max_length=None, excepted=excepted
    )


@pytest.mark.parametrize("kind", LOOK_UPS)
def test_every_kind_that_names_something_finds_its_id(kind: FieldKind) -> None:
    given, found = GIVEN[kind]
    assert look_up(ORGANIZATION, field(kind), given) == found


@pytest.mark.parametrize("kind", LOOK_UPS)
def test_an_id_stays_what_it_is(kind: FieldKind) -> None:
    """A request is settled more than once: when it is filed, and when its files have been read."""
    _, found = GIVEN[kind]
    assert look_up(ORGANIZATION, field(kind), found) == found


@pytest.mark.parametrize("kind", [kind for kind in LOOK_UPS if kind is not FieldKind.SERVICE])
def test_what_is_not_found_is_told_at_its_field(kind: FieldKind) -> None:
    with pytest.raises(FieldError) as caught:
        look_up(ORGANIZATION, field(kind), "nothing of this name")
    assert caught.value.field == "it"


def test_several_are_each_named_once_and_in_order() -> None:
    value = settled_value(ORGANIZATION, field(FieldKind.ACCOUNTS), ("data", "web", "222222222222"))
    assert value == ("222222222222", "333333333333")


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        (
            FieldKind.ACCOUNT,
            "management",
            "management (111111111111) is the management account, which has no such role.",
        ),
        (FieldKind.OU, "/", "/ is the root, which has no such role."),
    ],
)
def test_what_a_field_excepts_is_refused_with_the_reason(kind: FieldKind, given: str, told: str) -> None:
    with pytest.raises(FieldError) as caught:
        look_up(ORGANIZATION, field(kind, "which has no such role"), given)
    assert caught.value.message == told


@every_operation
def test_an_exception_stands_at_a_field_that_names_something(operation: type[Operation]) -> None:
    assert all(found.flag.kind in LOOK_UPS for found in operation.fields() if found.excepted)


def test_the_reason_is_taken_from_beside_the_flag() -> None:
    assert Except("which has no such role").why in {
        found.excepted for operation in all_operations() for found in operation.fields()
    }
