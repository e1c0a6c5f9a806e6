"""pydantic's findings in people's words."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from approvals.slack.blocks import ago
from handlers.parser import Given
from handlers.problems import Problem, at_field, listed, problems, ways_on
from operations.accounts.create_account import CreateAccount
from operations.accounts.move_account import MoveAccount
from operations.aws.prefilled import Prefilled
from operations.core.base import Operation
from operations.core.registry import all_operations
from operations.policies.create_policy import CreatePolicy
from tests.harness.tables import each_of

GOOD = {"account_name": "web", "email": "web@example.com"}


def said(operation: type[Operation], **values: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as raised:
        operation.model_validate(values)
    return {problem.field: problem.sentence for problem in problems(operation, raised.value)}


def test_each_finding_names_its_field_its_value_and_the_way_out() -> None:
    found = said(CreateAccount, account_name="wéb", email="nobody", billing="maybe", tags="owner", role_name="a b")
    assert found["account_name"].startswith(
        "“é” is not allowed in “wéb”; an account name takes the characters from space"
    )
    assert "“nobody” is not an e-mail address" in found["email"]
    assert found["billing"] == "“MAYBE” is not one of ALLOW, DENY."
    assert "write key=value" in found["tags"]
    assert found["role_name"] == "space is not allowed in “a b”; a role name takes letters, digits and +=,.@-_."


def test_too_long_and_too_short() -> None:
    assert "has 201 characters; 200 is the most" in said(MoveAccount, account="x" * 201, to="/")["account"]
    assert "at least 1 character" in said(MoveAccount, account="", to="/")["account"]


@pytest.mark.parametrize("field", ["account", "to"])
def test_what_has_an_id_is_named_by_it_when_its_name_is_too_long(field: str) -> None:
    """The path of the deepest organizational unit has 645 characters, and nobody can shorten it."""
    told = said(MoveAccount, **{"account": "web", "to": "/", field: "/" + "x" * 600})[field]
    assert told.endswith("is the most. Give its id.")


def test_missing_and_unknown() -> None:
    assert said(CreateAccount, email="web@example.com")["account_name"].startswith("this is required")
    assert said(CreatePolicy, policy_name="x", kind="scp")["content"] == "type the document, or choose a file."
    assert "cannot be used" in said(CreateAccount, colour="red", **GOOD)["colour"]


@each_of("operation", all_operations(), ids=lambda operation: str(operation.name))
def test_no_librarys_words_are_told(operation: type[Operation]) -> None:
    """Whatever a command or a form may give: a text, or several."""
    for value in ("", " ", "x" * 20_000, "\x00", "-1", "{", [], ["", "x"], ["x" * 300] * 99, ["a=b"] * 99):
        try:
            operation.model_validate(dict.fromkeys(operation.model_fields, value))
        except ValidationError as error:
            told = " ".join(problem.sentence for problem in problems(operation, error))
            assert not re.search("[Ii]nput should|[Vv]alue error|should be|should have", told), told


def test_a_list_for_the_command_line_is_escaped() -> None:
    with pytest.raises(ValidationError) as raised:
        CreateAccount.model_validate(GOOD | {"email": "<!channel>"})
    text = listed(CreateAccount, problems(CreateAccount, raised.value))
    assert text.startswith(":x: *E-mail* (`--email`): ")
    assert "<!channel>" not in text


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=5), "5 days ago"),
    ],
)
def test_ago(age: timedelta, words: str) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert ago(now - age, now) == words


TURN_ON = Prefilled(operation="enable-policy-type", label="Turn on the policy type", values={"kind": "TAG_POLICY"})


def test_what_would_help_is_a_button_with_it_filled_in() -> None:
    (row,) = ways_on(MoveAccount, Given(), (Problem("account", "no.", opens=(TURN_ON,)),))
    first = row["elements"][0]
    assert (first["text"]["text"], first["action_id"]) == ("Turn on the policy type", "form:enable-policy-type:0")
    assert json.loads(first["value"]) == {"values": {"kind": "TAG_POLICY"}}


def test_beneath_a_field_of_a_form_it_is_told_as_it_is_typed() -> None:
    """A form's errors are plain text, without buttons."""
    told = at_field(MoveAccount, Problem("account", "it is not enabled.", opens=(TURN_ON,)))
    assert told == "It is not enabled. Type: /org enable-policy-type --type TAG_POLICY"
