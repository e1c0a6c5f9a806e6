"""What is wrong with a value is said as it is: the character, the length or the form."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from operations.core.values import AccountName, Email, RoleName


class Given(BaseModel):
    account_name: AccountName = ""
    role_name: RoleName = ""
    email: Email = ""


def said(field: str, value: str) -> str:
    with pytest.raises(ValidationError) as raised:
        Given.model_validate({field: value})
    return str(raised.value.errors()[0]["ctx"]["error"])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("café", "“é” is not allowed in “café”; an account name takes the characters from space to ~ (ASCII)"),
        ("naïve café é", "“ï”, “é” are not allowed in “naïve café é”"),
        ("a\tb", "the character u+0009 is not allowed"),
        ("a\u200bb", "zero width space is not allowed"),
        ("x" * 51, "an account name has 1 to 50 characters; this one has 51"),
        ("", "an account name has 1 to 50 characters; this one has 0"),
    ],
)
def test_an_account_name_is_too_long_or_has_a_character_that_is_named(name: str, told: str) -> None:
    assert told in said("account_name", name)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("my role", "space is not allowed"),
        ("rôle", "“ô” is not allowed"),
        ("x" * 65, "1 to 64 characters; this one has 65"),
    ],
)
def test_so_is_a_role_name(name: str, told: str) -> None:
    assert told in said("role_name", name)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("bad", "“bad” is no e-mail address"),
        ("x" * 100, "” is no e-mail address"),
        ("a@b.c", "has 6 to 64 characters; this one has 5"),
        ("a" * 60 + "@example.com", "has 6 to 64 characters; this one has 72"),
    ],
)
def test_an_address_is_judged_by_its_form_before_its_length(address: str, told: str) -> None:
    assert told in said("email", address)
