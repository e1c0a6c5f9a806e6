"""Names that are easily taken for another are pointed out, whichever operation gives them or means them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from operations.core.lookalikes import pointed_out, scripts, skeleton
from operations.core.registry import by_name
from operations.snapshot.organization import Account, OrganizationalUnit
from tests.approvals.authority.test_reach import ORGANIZATION
from tests.harness.tables import each_of

ALIKE = [
    "Pr\u043eduction",
    "PRODUCTION",
    "Produ\u0441tion",
    "Production ",
    "Pro-duction",
    "Productíon",
    "\uff30roduction",
    "Pr0duction",
]
UNSEEN = "Prod\u200buction"  # Nobody can give such a name here, but elsewhere.
OTHERS = ["Production2", "Productions", "Products", "Staging", "生产", "Продакшн"]


def said(name: str, **params: Any) -> tuple[str, ...]:
    operation = by_name()[name].model_validate(params).settled(ORGANIZATION)
    return pointed_out(operation, ORGANIZATION)


@each_of("name", [*ALIKE, UNSEEN])
def test_what_looks_the_same_has_the_same_skeleton(name: str) -> None:
    assert skeleton(name) == skeleton("Production")


@pytest.mark.parametrize("name", OTHERS)
def test_what_looks_otherwise_has_another(name: str) -> None:
    assert skeleton(name) != skeleton("Production")


@pytest.mark.parametrize(
    ("one", "other"), [("prod-l", "prod-1"), ("team1", "teaml"), ("modern", "modem"), ("vvest", "west")]
)
def test_letters_and_digits_that_look_alike(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize("name", [name for name in ALIKE if name.strip() != "Production"])
def test_a_new_ou_that_resembles_one_is_pointed_out(name: str) -> None:
    told = said("create-ou", unit_name=name)
    assert any("looks almost like /Production (ou-1-prod)" in sentence for sentence in told)


def test_the_letters_that_deceive_are_named() -> None:
    mixed, alike = said("create-ou", unit_name="Pr\u043eduction")
    assert "mixes letters of Cyrillic and Latin (\u043e is CYRILLIC SMALL LETTER O)" in mixed
    assert "(\u043e is CYRILLIC SMALL LETTER O)" in alike


@each_of("name", [*OTHERS, "Zürich", "Ärzte", "日本 Tokyo"])
def test_other_names_are_not(name: str) -> None:
    assert said("create-ou", unit_name=name) == ()


def test_the_same_name_beneath_another_ou_is_no_look_alike() -> None:
    assert said("create-ou", unit_name="Production", parent="/Sandbox") == ()


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("rename-ou", {"ou": "/Sandbox", "unit_name": "PRODUCTION"}),
        ("create-account", {"account_name": "Sh0p", "email": "it@example.com"}),
        ("rename-account", {"account": "lab", "account_name": "SHOP"}),
    ],
)
def test_every_operation_that_gives_a_name(name: str, params: dict[str, Any]) -> None:
    assert "looks almost like" in said(name, **params)[0]


@pytest.mark.parametrize("name", ["tag-account", "move-account", "credentials"])
def test_what_has_a_twin_is_pointed_out_whatever_is_done_to_it(name: str) -> None:
    twin = Account("444444444444", "sh0p", "twin@example.com", "ACTIVE", "r-1")
    unit = OrganizationalUnit("ou-1-twin", "SANDBOX", "r-1", "/SANDBOX")
    organization = replace(ORGANIZATION, accounts=(*ORGANIZATION.accounts, twin), units=(*ORGANIZATION.units, unit))
    rest: dict[str, dict[str, Any]] = {"tag-account": {"tags": ["a=b"]}, "move-account": {"to": "ou-1-sand"}}
    params = rest.get(name, {})
    operation = by_name()[name].model_validate({"account": "shop", **params}).settled(organization)
    told = pointed_out(operation, organization)
    assert "shop (222222222222) looks almost like sh0p (444444444444)." in told
    assert ("/Sandbox (ou-1-sand) looks almost like /SANDBOX (ou-1-twin)." in told) is (name == "move-account")


def test_scripts_that_are_not_taken_for_each_other_may_be_mixed() -> None:
    assert scripts("日本 Tokyo") == ["Latin"]
    assert scripts("\u041ao\u043d\u0442\u043e") == ["Cyrillic", "Latin"]


DECEIVING = {
    "D\u0435leteBucket": "\u0435 is CYRILLIC SMALL LETTER IE",
    "\u0441\u043e\u0440\u0443": "letters that look like Latin ones and are not",
    "Delete\u200aBucket": "a blank of another kind: HAIR SPACE",
    "a\u00a0b": "a blank of another kind: NO-BREAK SPACE",
    "\u05d0bc": "written from right to left",
}
HONEST = ["DeleteBucket", "Straße 12", "Владелец", "東京 shop"]


def documents(text: str) -> list[str]:
    """A policy in which the text stands as a value, as a key, and as an escape."""
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": f"arn:aws:s3:::{text}"}
    by_key = statement | {"Resource": "*", "Condition": {"StringEquals": {f"aws:PrincipalTag/{text}": "x"}}}
    found = [{"Version": "2012-10-17", "Statement": [one]} for one in (statement, by_key)]
    return [json.dumps(one, ensure_ascii=escaped) for one in found for escaped in (True, False)]


@pytest.mark.parametrize("text", DECEIVING)
def test_a_document_that_is_read_otherwise_than_it_is_sent_is_pointed_out(text: str) -> None:
    for document in documents(text):
        told = said("create-policy", kind="scp", policy_name="Deny", content=document)
        assert any(DECEIVING[text] in sentence and "(Document)" in sentence for sentence in told), document


@pytest.mark.parametrize("text", HONEST)
def test_what_is_read_as_it_is_sent_is_not_pointed_out(text: str) -> None:
    for document in documents(text):
        assert said("create-policy", kind="scp", policy_name="Deny", content=document) == ()
    assert said("tag-account", account="222222222222", tags=[f"team={text}"]) == ()


@pytest.mark.parametrize("text", DECEIVING)
def test_so_is_every_other_text_that_is_sent(text: str) -> None:
    assert DECEIVING[text] in str(said("tag-account", account="222222222222", tags=[f"team={text}"]))
    assert DECEIVING[text] in str(said("tag-account", account="222222222222", tags=[f"{text}=x"]))
    content = documents("x")[0]
    described = said("create-policy", kind="scp", policy_name="Deny", description=text, content=content)
    assert DECEIVING[text] in str(described)


def test_what_is_called_in_aws_with_something_that_nobody_sees_is_pointed_out() -> None:
    """AWS lets an OU's name hold anything, and cards show two such names alike."""
    hidden = replace(ORGANIZATION.units_by_id["ou-1-sand"], name="Sand\u202ebox")
    there = replace(ORGANIZATION, units=tuple(hidden if one.id == hidden.id else one for one in ORGANIZATION.units))
    operation = by_name()["delete-ou"].model_validate({"ou": "ou-1-sand"}).settled(there)
    (told,) = pointed_out(operation, there)
    assert "holds what nobody sees (U+202E RIGHT-TO-LEFT OVERRIDE, which nobody sees)" in told
