"""Which rule decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from approvals.authority.rules import NoRuleError, Rule, Rules, Wish

WISH = Wish(
    "move-account",
    "/Production/EU",
    account="222222222222",
    account_name="fullback-staging",
    account_email="aws-staging@example.com",
    role="ReadOnly",
    requester="alice@example.com",
    among=lambda names: "U0ALICE" in names or "S0PLATFORM" in names,
)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, ""),
        ({"operations": ("move-account", "create-account")}, ""),
        ({"operations": ("create-account",)}, "operations: move-account is not one of create-account"),
        ({"under": "/production"}, ""),
        ({"under": "/Production/EU/"}, ""),
        ({"under": "/Prod"}, "under: /Production/EU is not /Prod and not below it"),
        ({"accounts": ("222222222222",)}, ""),
        ({"accounts": ("x", "Fullback-Staging")}, ""),
        ({"accounts": ("AWS-staging@example.com",)}, ""),
        ({"accounts": ("333333333333",)}, "accounts: 222222222222 is not one of 333333333333"),
        ({"roles": ("ReadOnly",)}, ""),
        ({"roles": ("readonly",)}, "roles: ReadOnly is not one of readonly"),
        ({"requesters": ("S0PLATFORM",)}, ""),
        ({"requesters": ("U0BOB",)}, "requesters: alice@example.com is not among U0BOB"),
    ],
)
def test_a_rule_matches_or_says_by_which_key_it_does_not(said: dict[str, tuple[str, ...]], reason: str) -> None:
    rule = Rule("a", ("U0BOB",), **said)  # type: ignore[arg-type]
    assert rule.mismatch(WISH) == reason
    assert rule.matches(WISH) == (not reason)


ANOTHER = replace(WISH, account="333333333333", account_name="fullback-production", account_email="aws@example.com")
UNKNOWN = replace(WISH, account="444444444444", account_name="", account_email="")


@pytest.mark.parametrize(
    "word",
    ["222222222222", "fullback-staging", "FULLBACK-Staging", "aws-staging@example.com", "AWS-Staging@Example.com"],
)
def test_an_account_is_named_by_id_name_or_address_whatever_the_case_and_is_no_other(word: str) -> None:
    rule = Rule("a", (), accounts=(word,))
    assert rule.matches(WISH)
    for wish in (ANOTHER, UNKNOWN):
        assert rule.mismatch(wish) == f"accounts: {wish.account} is not one of {word}"


@pytest.mark.parametrize(
    "word",
    [
        *("22222222222", "2222222222222", "22222222222x", "222222222222 "),
        *("fullback", "fullback-staging-web", "staging", "fullback-staging "),
        *("staging@example.com", "aws-staging@example.co", "aws-staging@example.com.org", "aws-staging", "@"),
    ],
)
def test_nothing_but_the_whole_id_name_or_address_names_an_account(word: str) -> None:
    assert not Rule("a", (), accounts=(word,)).matches(WISH)


def test_a_name_may_begin_as_an_id_does() -> None:
    wish = replace(WISH, account_name="202601150000-lab")
    assert Rule("a", (), accounts=("202601150000-Lab",)).matches(wish)


def test_one_of_several_accounts_is_enough_and_none_of_them_is_not() -> None:
    rule = Rule("a", (), accounts=("333333333333", "fullback-sandbox", "AWS-Staging@example.com"))
    assert rule.matches(WISH)
    assert rule.matches(ANOTHER)
    assert not rule.matches(UNKNOWN)


def test_an_account_whose_name_looks_like_another_ones_address_is_not_that_account() -> None:
    sly = replace(ANOTHER, account_name=WISH.account_email)
    assert not Rule("a", (), accounts=(WISH.account_email,)).matches(sly)


def test_an_account_whose_name_looks_like_another_ones_id_is_not_that_account() -> None:
    sly = replace(WISH, account="333333333333", account_name="222222222222", account_email="x")
    assert not Rule("a", (), accounts=("222222222222",)).matches(sly)


@pytest.mark.parametrize(("key", "word"), [("accounts", "fullback-staging"), ("roles", "ReadOnly")])
def test_what_is_about_no_account_and_no_role_does_not_match_a_rule_that_names_some(key: str, word: str) -> None:
    rule = Rule("a", (), **{key: (word,)})  # type: ignore[arg-type]
    assert f"{key}: no {key.removesuffix('s')} is not one of" in rule.mismatch(Wish("create-ou", "/"))


def test_slack_is_asked_only_when_all_else_matches() -> None:
    asked: list[tuple[str, ...]] = []

    def nobody(names: tuple[str, ...]) -> bool:
        asked.append(names)
        return False

    wish = replace(WISH, among=nobody)
    rules = Rules([Rule("other", (), under="/Else", requesters=("S1",)), Rule("a", (), requesters=("S2",))])
    with pytest.raises(NoRuleError):
        rules.first(wish)
    assert asked == [("S2",)]


def test_before_anybody_has_asked_slack_requesters_count_as_met() -> None:
    assert Rule("a", (), requesters=("U0BOB",)).matches(replace(WISH, among=None))


def test_the_first_rule_that_matches_decides() -> None:
    rules = Rules([Rule("a", (), under="/Security"), Rule("b", (), under="/Production"), Rule("c", ())])
    assert rules.first(WISH).name == "b"


def test_of_several_places_the_one_that_asks_for_most_decides() -> None:
    """Whoever moves an account out of a guarded place takes its guards away: that is as hard as moving one into it."""
    rules = Rules([Rule("sandbox", (), approvals=0, under="/Sandbox"), Rule("production", (), approvals=2)])
    into_sandbox, from_production = replace(WISH, path="/Sandbox"), WISH
    for wishes in ([into_sandbox, from_production], [from_production, into_sandbox]):
        assert rules.deciding(wishes).name == "production"
    assert rules.deciding([into_sandbox]).name == "sandbox"


def test_of_equals_the_earliest_decides() -> None:
    rules = Rules([Rule("a", (), under="/A"), Rule("b", (), under="/B")])
    assert rules.deciding([replace(WISH, path="/B"), replace(WISH, path="/A")]).name == "a"


def test_a_place_without_a_rule_refuses_the_whole_and_says_which_rule_is_missing() -> None:
    rules = Rules([Rule("a", (), under="/A")])
    with pytest.raises(NoRuleError) as caught:
        rules.deciding([replace(WISH, path="/A"), WISH])
    assert str(caught.value).startswith(
        "no rule allows move-account on the account 222222222222 with the role ReadOnly in /Production/EU for alice@example.com."
    )
