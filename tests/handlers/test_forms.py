"""The form of each operation, and what comes back from it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from approvals.authority.rules import Rule, Rules
from handlers.caller import Caller
from handlers.carried import Carried
from handlers.declared import fields_of
from handlers.documents import FILE
from handlers.forms import FormContext, form, sent
from handlers.parser import Given, parse
from operations.access.credentials import Credentials
from operations.accounts.create_account import CreateAccount
from operations.accounts.move_account import MoveAccount
from operations.core.base import Operation
from operations.core.fields import FieldKind
from operations.core.registry import all_operations, by_name
from operations.policies.create_policy import CreatePolicy
from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.policies import Policies, Policy
from sandbox.slack.limits import view_problems
from tests.harness.handling import ALICE, GENERAL, NOW, TEAM, organization, state
from tests.harness.made_up import EveryKind, NeedsNothing
from tests.harness.tables import each_of

DOCUMENT = FieldKind.DOCUMENT
every_operation = each_of("operation", all_operations(), ids=lambda operation: operation.name)
and_made_up_ones = each_of(
    "operation", [*all_operations(), NeedsNothing, EveryKind], ids=lambda operation: operation.name
)


def opened(
    operation: type[Operation], picture: Organization | None = None, reason: str = "", **values: Any
) -> dict[str, Any]:
    view = form(operation, FormContext(Given(values, reason), picture, Caller(ALICE, TEAM, GENERAL), NOW))
    assert view_problems(view) == []
    return view


def elements(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}


def notes(view: dict[str, Any]) -> str:
    return " ".join(piece["text"] for piece in view["blocks"][0]["elements"])


@and_made_up_ones
@each_of("picture", [None, organization()], ids=["unread", "read"])
def test_every_form_fits_whatever_was_given(operation: type[Operation], picture: Organization | None) -> None:
    opened(operation, picture)
    for text in ("x" * 5000, "é" * 70, "<&>" * 1000, "a@b", "@", " ", "/" * 600):
        values = {field.name: [text] * 3 if field.flag.kind.many else text for field in operation.fields()}
        opened(operation, picture, reason=text, **values)


@every_operation
def test_the_form_gives_what_the_command_line_gives(operation: type[Operation]) -> None:
    """The example as typed, and the example in a form that is sent as it was opened, but for what is typed by hand each time."""
    typed = parse(f"{operation.name} {operation.example} --reason why").given
    picture = knowing(operation, typed)
    view = opened(operation, picture, typed.reason, **typed.values)
    by_hand = {field.name: typed.values[field.name] for field in operation.fields() if field.flag.by_hand}
    entered = sent(operation, state(view, by_hand))
    one = operation.model_validate(typed.values).settled(picture)
    other = operation.model_validate(entered.values).settled(picture)
    assert one.model_dump(mode="json") == other.model_dump(mode="json")
    assert entered.reason == typed.reason


def knowing(operation: type[Operation], given: Given) -> Organization:
    """The organization, with the accounts and OUs that an example speaks of."""
    known = replace(organization(), id="" if operation.founds else "o-1")
    for field in operation.fields():
        raw = given.values.get(field.name, "")
        value = raw[0] if isinstance(raw, list) else str(raw)
        if field.flag.kind in (FieldKind.ACCOUNT, FieldKind.ACCOUNTS) and value not in (
            account.name for account in known.accounts
        ):
            account = Account("999999999999", value, f"{value}@example.com", "ACTIVE", "r-1")
            known = replace(known, accounts=(*known.accounts, account))
        if field.flag.kind in (FieldKind.OU, FieldKind.TARGET) and value not in (unit.path for unit in known.units):
            unit = OrganizationalUnit("ou-1-exam", value.rsplit("/", 1)[-1], "r-1", value)
            known = replace(known, units=(*known.units, unit))
        if field.flag.kind is FieldKind.POLICY:
            known = replace(known, policies=Policies((Policy("p-example1", value, "SERVICE_CONTROL_POLICY"),)))
    return known


@and_made_up_ones
def test_what_is_needed_is_needed_there_too(operation: type[Operation]) -> None:
    optional = {
        block["block_id"]: block["optional"] for block in opened(operation)["blocks"] if block["type"] == "input"
    }
    either = {
        f"{field.name}{end}" for field in fields_of(operation) if field.flag.kind is DOCUMENT for end in ("", FILE)
    }
    assert optional == {
        **{field.name: not field.required for field in fields_of(operation)},
        **dict.fromkeys(either, True),  # As a text or as a file.
    }


def test_a_document_says_in_both_its_fields_that_one_of_them_is_needed() -> None:
    hints = {block["block_id"]: block["hint"]["text"] for block in opened(CreatePolicy)["blocks"] if "hint" in block}
    assert "as text or as a file" in hints["content"]
    assert hints[f"content{FILE}"] == "Instead of the text above; one of the two is needed"


def test_defaults_are_filled_in() -> None:
    shown = elements(opened(CreateAccount, organization()))
    assert shown["role_name"]["initial_value"] == "OrganizationAccountAccessRole"
    assert shown["billing"]["initial_option"]["value"] == "ALLOW"
    assert shown["ou"]["initial_option"]["value"] == "r-1"


def test_what_cannot_be_filled_in_is_said() -> None:
    view = opened(
        CreateAccount, organization(), account_name="x" * 60, email="nobody", billing="<maybe>", ou="/Workloads/Stging"
    )
    shown = elements(view)
    assert len(shown["account_name"]["initial_value"]) == 50
    assert "initial_value" not in shown["email"]
    assert "initial_option" not in shown["billing"]
    assert "initial_option" not in shown["ou"]
    for said in (
        "longer than 50 characters",
        "“nobody” is not an e-mail address",
        "“&lt;maybe&gt;” is not a choice",
        "Stging",
    ):
        assert said in notes(view)


def test_pickers_show_what_was_named() -> None:
    shown = elements(opened(MoveAccount, organization(), account="aws-old@example.com", to="ou-1-stag"))
    assert (
        shown["account"]["initial_option"]["text"]["text"]
        == "fullback-old (333333333333) SUSPENDED /Workloads/Production"
    )
    assert shown["to"]["initial_option"]["text"]["text"] == "/Workloads/Staging"


def test_an_old_picture_is_dated() -> None:
    assert "as it was 30 min ago" in notes(opened(MoveAccount, organization(NOW - timedelta(minutes=30))))
    assert "as it was" not in notes(opened(MoveAccount, organization(NOW - timedelta(minutes=9))))
    assert "hasn't been read" in notes(opened(MoveAccount, None))


def test_what_is_empty_is_left_out_and_blanks_at_the_ends_go() -> None:
    view = opened(CreateAccount, organization())
    entered = sent(
        CreateAccount,
        state(view, {"account_name": " web ", "email": None, "tags": "a=b\n\n c=d ", "ou": None, "reason": " why "}),
    )
    assert entered.values == {
        "account_name": "web",
        "tags": ["a=b", "c=d"],
        "billing": "ALLOW",
        "role_name": "OrganizationAccountAccessRole",
    }
    assert entered.reason == "why"


@pytest.mark.parametrize(
    ("metadata", "channel"), [('{"channel": "C1"}', "C1"), ("", ""), ("{", ""), ("[1]", ""), ("{}", "")]
)
def test_the_channel_of_origin(metadata: str, channel: str) -> None:
    assert Carried.unpacked(metadata).channel == channel


def test_long_values_are_cut_to_what_an_input_holds() -> None:
    shown = elements(opened(EveryKind, None, long_text="x" * 4000))
    assert shown["long_text"]["multiline"]
    assert len(shown["long_text"]["initial_value"]) == 3000


def test_a_document_is_given_as_text_or_as_a_file() -> None:
    view = opened(EveryKind, None, document="{}")
    as_text = sent(EveryKind, state(view, {}))
    assert as_text.values["document"] == "{}"
    values = state(view, {})
    values["document:file"] = {"file": {"type": "file_input", "files": [{"id": "F0123456789"}]}}
    assert sent(EveryKind, values).values["document"] == "slack-file:F0123456789"


@pytest.mark.parametrize(
    ("document", "said"), [("x" * 3001, "has 3,001 characters"), ("slack-file:F0123456789", "is in a file")]
)
def test_a_document_is_never_cut(document: str, said: str) -> None:
    view = opened(EveryKind, None, document=document)
    assert "initial_value" not in elements(view)["document"]
    assert said in notes(view)


def chosen(view: dict[str, Any], block: str) -> tuple[list[str], str | None, bool]:
    """The options of a select, the one that is chosen, and whether it may be left."""
    (found,) = [one for one in view["blocks"] if one.get("block_id") == block]
    element = found["element"]
    initial = element.get("initial_option")
    return [one["value"] for one in element["options"]], initial and initial["value"], found.get("optional", False)


def credentials(rules: Rules, **given: str) -> dict[str, Any]:
    return form(Credentials, FormContext(Given(dict(given)), organization(), Caller(ALICE, TEAM, GENERAL), NOW, rules))


ADMIN = "OrganizationAccountAccessRole"


def rule(name: str, *roles: str, hours: float = 1, under: str = "/") -> Rule:
    return Rule(name, ("U0BOB",), roles=roles, longest_session=timedelta(hours=hours), under=under)


def test_roles_and_lengths_are_chosen_among_what_the_rules_allow() -> None:
    rules = Rules([rule("read", "ReadOnly", hours=8), rule("default")])
    view = credentials(rules)
    assert chosen(view, "role") == (["ReadOnly", ADMIN], ADMIN, True)
    assert chosen(view, "duration") == (["15m", "30m", "1h", "2h", "4h", "8h"], "1h", True)


def test_for_an_account_that_is_given_the_rules_of_its_place_count() -> None:
    rules = Rules([rule("production", "ReadOnly", hours=0.5, under="/Workloads/Production"), rule("default")])
    assert chosen(credentials(rules, account="fullback-old"), "role") == (["ReadOnly", ADMIN], ADMIN, True)
    assert chosen(credentials(rules, account="fullback-staging"), "role") == ([ADMIN], ADMIN, True)
    alone = Rules([rule("production", "ReadOnly", "Deployer", hours=0.5, under="/Workloads/Production")])
    view = credentials(alone, account="fullback-old")
    assert chosen(view, "role") == (["ReadOnly", "Deployer"], None, False)
    assert chosen(view, "duration") == (["15m", "30m"], "30m", True)


@pytest.mark.parametrize(
    ("given", "shown", "note"),
    [
        ("45m", "45m", ""),
        ("3600", "1h", ""),
        ("9h", "2h", "Duration: the rules don't allow “9h” here."),
        ("soon", "2h", "Duration: the rules don't allow “soon” here."),
    ],
)
def test_a_length_that_was_given_is_chosen_where_it_is_allowed(given: str, shown: str, note: str) -> None:
    view = credentials(Rules([rule("default", hours=2)]), duration=given)
    assert chosen(view, "duration")[1] == shown
    assert note in str(view["blocks"][0])
    assert ("don't allow" in str(view["blocks"][0])) == bool(note)


def test_a_role_that_is_not_allowed_is_said() -> None:
    view = credentials(Rules([rule("default")]), role="Admin")
    assert chosen(view, "role") == ([ADMIN], ADMIN, True)
    assert "Role: the rules don't allow “Admin” here." in str(view["blocks"][0])


def test_where_the_rules_allow_none_it_is_typed_and_refused_with_the_reason() -> None:
    view = credentials(Rules(()))
    assert {one["element"]["type"] for one in view["blocks"] if one.get("block_id") in ("role", "duration")} == {
        "plain_text_input"
    }


def test_a_form_that_holds_fewer_than_were_given_says_so() -> None:
    many = ["222222222222", *(f"{number:012}" for number in range(59))]
    shown = json.dumps(opened(by_name()["grant-access"], organization(), account=many))
    assert "holds the first 50 of 60" in shown
