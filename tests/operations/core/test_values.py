"""What is wrong with a value is said as it is: the character, the length or the form."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from operations.aws.model import text_of
from operations.core.values import AccountName, ContactEmail, Email, NewAccountName, NewRoleName, Tags, any_email
from tests.harness.tables import each_of


class Given(BaseModel):
    account_name: AccountName = ""
    new_name: NewAccountName = ""
    role_name: NewRoleName = ""
    email: Email = ""
    contact: ContactEmail = ""
    tags: Tags = Field(default_factory=dict)


def said(field: str, value: object) -> str:
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
        ("AWSServiceRoleForX", "is kept for AWS's services"),
    ],
)
def test_so_is_a_role_name(name: str, told: str) -> None:
    assert told in said("role_name", name)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("bad", "“bad” is not an e-mail address"),
        ("x" * 100, "” is not an e-mail address"),
        ("a@b.c", "has 6 to 64 characters; this one has 5"),
        ("a" * 60 + "@example.com", "has 6 to 64 characters; this one has 72"),
    ],
)
def test_an_address_is_judged_by_its_form_before_its_length(address: str, told: str) -> None:
    assert told in said("email", address)


# AWS's written rules for the e-mail address of a new account, in the order of the API Reference ("CreateAccount").
@each_of(
    ("address", "told"),
    [
        ("jörg@example.com", "it takes ASCII characters only"),
        ("a@b@example.com", "it has to have one @"),
        ("web.example.com", "it has to have one @"),
        ("we b@example.com", "cannot stand before the @"),
        *((f"we{sign}b@example.com", "cannot stand before the @") for sign in "\"'()<>[]:;,\\|%&"),
        (".web@example.com", "it cannot begin with a dot"),
        ("web@exam_ple.com", "only letters, digits, hyphens and dots can stand behind the @"),
        ("web@-example.com", "cannot begin or end with a hyphen or a dot"),
        ("web@.example.com", "cannot begin or end with a hyphen or a dot"),
        ("web@example.com-", "cannot begin or end with a hyphen or a dot"),
        ("web@example.com.", "cannot begin or end with a hyphen or a dot"),
        ("web@example", "what stands behind the @ needs a dot"),
        ("web@example..com", "no two dots stand together behind the @"),
    ],
)
def test_an_address_that_aws_does_not_accept_says_which_rule_it_breaks(address: str, told: str) -> None:
    assert f"“{address}” is not an e-mail address that AWS accepts" in said("email", address)
    assert told in said("email", address)


@pytest.mark.parametrize(
    "address", ["a@b.de", "aws+staging@example.com", "o_o-x=!#$*/?^`{}~@ex-ample.co.uk", "web.@example.com"]
)
def test_an_address_that_keeps_the_rules_is_taken(address: str) -> None:
    assert Given(email=address).email == address


def test_an_account_that_is_there_already_may_have_an_address_by_older_rules() -> None:
    assert any_email("jörg@example.com") == "jörg@example.com"
    for wrong in ("jörg@example", "x" * 60 + "@example.com"):
        with pytest.raises(ValueError, match="e-mail address"):
            any_email(wrong)


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        (
            "wiki=a?b%20c",
            "“?”, “%” are not allowed in “a?b%20c”; a tag's value takes letters, digits, blanks and _ . : / = + - @",
        ),
        ("wi;ki=a", "“;” is not allowed in “wi;ki”; a tag's key takes letters"),
    ],
)
def test_a_tag_names_the_characters_that_aws_does_not_take(tag: str, told: str) -> None:
    assert told in said("tags", [tag])


def test_tags_are_of_every_script() -> None:
    assert Given(tags=["Größe=日本 語_.:/=+-@"]).tags == {"Größe": "日本 語_.:/=+-@"}


@given(st.text(max_size=20))
def test_what_is_taken_for_a_tag_the_model_takes_and_the_other_way_round(text: str) -> None:
    """The model's classes, by Unicode's general categories (`\\p{L}`, `\\p{N}`, `\\p{Z}`)."""
    takes = all(unicodedata.category(one)[0] in "LNZ" or one in "_.:/=+-@" for one in text)
    assert bool(text_of("organizations", "TagValue").pattern.fullmatch(text)) == takes


@given(st.emails())
def test_what_is_taken_for_an_address_the_model_takes(address: str) -> None:
    try:
        taken = Given(email=address).email
    except ValidationError:
        return
    rule = text_of("organizations", "Email")
    assert rule.pattern.fullmatch(taken)
    assert rule.least <= len(taken) <= (rule.most or 0)


def test_a_contact_and_a_new_name_go_by_account_managements_own_rules() -> None:
    assert Given(contact="a" * 70 + "@example.com").contact.startswith("aaa")
    assert "is not an e-mail address that AWS takes for a contact" in said("contact", "jörg@example.com")
    assert "“<” is not allowed in “a<b”" in said("new_name", "a<b")
    assert Given(account_name="a<b").account_name == "a<b"


def test_aws_has_written_no_other_rule_for_an_address_since() -> None:
    """The rules above are those of the API Reference, which botocore carries along."""
    shape: Any = get_session().get_service_model("organizations").operation_model("CreateAccount").input_shape
    written = re.findall(r"<li> <p>(.*?)</p>", shape.members["Email"].documentation, re.DOTALL)
    assert [" ".join(rule.split()) for rule in written] == [
        "The address must be a minimum of 6 and a maximum of 64 characters long.",
        "All characters must be 7-bit ASCII characters.",
        "There must be one and only one @ symbol, which separates the local name from the domain name.",
        "The local name can't contain any of the following characters:",
        "The local name can't begin with a dot (.)",
        "The domain name can consist of only the characters [a-z],[A-Z],[0-9], hyphen (-), or dot (.)",
        "The domain name can't begin or end with a hyphen (-) or dot (.)",
        "The domain name must contain at least one dot",
    ]
