"""Which rule decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.authority.rules import Ask, Guards, NoRuleError, Place, Rule, Rules, session_objection
from operations.access.credentials import Credentials
from operations.core.registry import by_name
from tests.harness.rules import place
from tests.harness.tables import each_of

ASK = Ask(
    "move-account",
    role="ReadOnly",
    requester="alice@example.com",
    among=lambda names: "U0ALICE" in names or "S0PLATFORM" in names,
)
HERE = place("/Production/EU", "222222222222", "fullback-staging", "aws-staging@example.com")


def matches(rule: Rule, here: Place) -> bool:
    return not rule.mismatch(ASK, here)


@each_of(
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
        ({"roles": ("Admin", "readonly")}, ""),
        ({"roles": ("Admin",)}, "roles: ReadOnly is not one of Admin"),
        ({"requesters": ("S0PLATFORM",)}, ""),
        ({"requesters": ("U0BOB",)}, "requesters: alice@example.com is not among U0BOB"),
    ],
)
def test_a_rule_matches_or_says_by_which_key_it_does_not(said: dict[str, tuple[str, ...]], reason: str) -> None:
    rule = Rule("a", ("U0BOB",), **said)  # type: ignore[arg-type]
    assert rule.mismatch(ASK, HERE) == reason


ANOTHER = replace(HERE, account="333333333333", account_name="fullback-production", account_email="aws@example.com")
UNKNOWN = replace(HERE, account="444444444444", account_name="", account_email="")


@pytest.mark.parametrize(
    "word",
    ["222222222222", "fullback-staging", "FULLBACK-Staging", "aws-staging@example.com", "AWS-Staging@Example.com"],
)
def test_an_account_is_named_by_id_name_or_address_whatever_the_case_and_is_no_other(word: str) -> None:
    rule = Rule("a", (), accounts=(word,))
    assert matches(rule, HERE)
    for other in (ANOTHER, UNKNOWN):
        assert rule.mismatch(ASK, other) == f"accounts: {other.account} is not one of {word}"


@each_of(
    "word",
    [
        *("22222222222", "2222222222222", "22222222222x", "222222222222 "),
        *("fullback", "fullback-staging-web", "staging", "fullback-staging "),
        *("staging@example.com", "aws-staging@example.co", "aws-staging@example.com.org", "aws-staging", "@"),
    ],
)
def test_nothing_but_the_whole_id_name_or_address_names_an_account(word: str) -> None:
    assert not matches(Rule("a", (), accounts=(word,)), HERE)


def test_a_name_may_begin_as_an_id_does() -> None:
    here = replace(HERE, account_name="202601150000-lab")
    assert matches(Rule("a", (), accounts=("202601150000-Lab",)), here)


def test_one_of_several_accounts_is_enough_and_none_of_them_is_not() -> None:
    rule = Rule("a", (), accounts=("333333333333", "fullback-sandbox", "AWS-Staging@example.com"))
    assert matches(rule, HERE)
    assert matches(rule, ANOTHER)
    assert not matches(rule, UNKNOWN)


def test_an_account_whose_name_looks_like_another_ones_address_is_not_that_account() -> None:
    sly = replace(ANOTHER, account_name=HERE.account_email)
    assert not matches(Rule("a", (), accounts=(HERE.account_email,)), sly)


def test_an_account_whose_name_looks_like_another_ones_id_is_not_that_account() -> None:
    sly = replace(HERE, account="333333333333", account_name="222222222222", account_email="x")
    assert not matches(Rule("a", (), accounts=("222222222222",)), sly)


@pytest.mark.parametrize(("key", "word"), [("accounts", "fullback-staging"), ("roles", "ReadOnly")])
def test_what_is_about_no_account_and_no_role_does_not_match_a_rule_that_names_some(key: str, word: str) -> None:
    rule = Rule("a", (), **{key: (word,)})  # type: ignore[arg-type]
    assert f"{key}: no {key.removesuffix('s')} is not one of" in rule.mismatch(Ask("create-ou"), place("/"))


def test_slack_is_asked_only_when_all_else_matches() -> None:
    asked: list[tuple[str, ...]] = []

    def nobody(names: tuple[str, ...]) -> bool:
        asked.append(names)
        return False

    ask = replace(ASK, among=nobody)
    rules = Rules([Rule("other", (), under="/Else", requesters=("S1",)), Rule("a", (), requesters=("S2",))])
    with pytest.raises(NoRuleError):
        rules.first(ask, HERE)
    assert asked == [("S2",)]


def test_before_anybody_has_asked_slack_requesters_count_as_met() -> None:
    rule = Rule("a", (), requesters=("U0BOB",))
    assert not rule.mismatch(replace(ASK, among=None), HERE)
    assert Rules([rule]).first(replace(ASK, among=None), HERE) == rule


def test_the_first_rule_that_matches_decides() -> None:
    rules = Rules([Rule("a", (), under="/Security"), Rule("b", (), under="/Production"), Rule("c", ())])
    assert rules.first(ASK, HERE).name == "b"


@each_of(
    "said",
    [
        {"operations": ("move-account",)},
        {"operations": ("create-account",)},
        {"under": "/production"},
        {"under": "/Prod"},
        {"accounts": ("222222222222",)},
        {"accounts": ("333333333333",)},
        {"roles": ("ReadOnly",)},
        {"roles": ("Admin",)},
        {"requesters": ("U0ALICE",)},
        {"requesters": ("U0BOB",)},
        {"operations": ("move-account",), "roles": ("Admin",)},
        {"operations": ("create-account",), "roles": ("ReadOnly",)},
        {"accounts": ("222222222222",), "requesters": ("U0BOB",)},
        {"accounts": ("333333333333",), "requesters": ("U0ALICE",)},
    ],
)
def test_what_decides_is_what_has_no_mismatch(said: dict[str, tuple[str, ...]]) -> None:
    """Two ways to one answer: `deciding` for very many places, `mismatch` for a sentence of each key."""
    rule = Rule("a", (), **said)  # type: ignore[arg-type]
    assert (Rules([rule, Rule("rest", ())]).first(ASK, HERE) == rule) == matches(rule, HERE)


def test_in_one_organizational_unit_each_account_has_its_own_rule() -> None:
    rules = Rules([Rule("staging", (), accounts=("fullback-staging",)), Rule("rest", ())])
    assert rules.deciding(ASK, [ANOTHER, HERE]) == [(rules.rules[0], [HERE]), (rules.rules[1], [ANOTHER])]


def test_units_that_are_called_the_same_are_told_apart_by_their_ids() -> None:
    rules = Rules([Rule("one", (), under="ou-1abc-11112222"), Rule("rest", ())])
    one, other = (Place(("r-1", unit), ("Web",)) for unit in ("ou-1abc-11112222", "ou-1abc-33334444"))
    assert [rule.name for rule, _ in rules.deciding(ASK, [one, other])] == ["one", "rest"]


def test_the_rules_that_speak_of_a_place_do_so_whatever_is_asked_there() -> None:
    rules = Rules(
        [
            Rule("elsewhere", (), under="/Sandbox"),
            Rule("other account", (), accounts=("333333333333",)),
            Rule("other role", (), roles=("Admin",), operations=("credentials",)),
            Rule("this one", (), under="/Production", accounts=("222222222222",)),
        ]
    )
    assert rules.covering(HERE) == ("other role", "this one")


def test_each_place_is_decided_by_its_own_rule() -> None:
    """Whoever moves an account out of a guarded place takes its guards away: both ends have to agree."""
    rules = Rules([Rule("sandbox", (), approvals=0, under="/Sandbox"), Rule("production", (), approvals=2)])
    sandbox = place("/Sandbox")
    for there in ([sandbox, HERE], [HERE, sandbox]):
        assert [(rule.name, its) for rule, its in rules.deciding(ASK, there)] == [
            ("sandbox", [sandbox]),
            ("production", [HERE]),
        ]
    assert [rule.name for rule, _ in rules.deciding(ASK, [sandbox])] == ["sandbox"]


def test_a_place_without_a_rule_refuses_the_whole_and_says_which_rule_is_missing() -> None:
    rules = Rules([Rule("a", (), under="/A")])
    with pytest.raises(NoRuleError) as caught:
        rules.deciding(ASK, [place("/A"), HERE])
    assert str(caught.value).startswith(
        "no rule allows move-account with the role ReadOnly on fullback-staging in /Production/EU for alice@example.com."
    )


def test_a_name_with_a_slash_is_one_name() -> None:
    """An OU beneath the root that is called `Sandbox/own` is not beneath /Sandbox."""
    sly = Place(("r-1", "ou-1-sly0000"), ("Sandbox/own",))
    assert not matches(Rule("sandbox", (), under="/Sandbox"), sly)
    assert matches(Rule("sandbox", (), under="/Sandbox"), place("/Sandbox/own"))


def test_an_ou_may_be_named_by_its_id() -> None:
    here = Place(("r-1abc", "ou-1abc-11112222", "ou-1abc-33334444"), ("Production", "EU"))
    for unit in here.units:
        assert matches(Rule("a", (), under=unit), here)
    assert not matches(Rule("a", (), under="ou-1abc-55556666"), here)


def test_what_a_word_was_bound_to_stays_guarded_whatever_it_is_called_now() -> None:
    guarded = Guards({"/Production": frozenset({"ou-1-old00000"})}, {"web": frozenset({"222222222222"})})
    renamed = Place(("r-1", "ou-1-old00000"), ("Prod",), "222222222222", "web-old", "x@example.com")
    namesake = Place(("r-1", "ou-1-new00000"), ("Production",), "333333333333", "web", "y@example.com")
    for rule in (Rule("ou", (), under="/Production"), Rule("account", (), accounts=("web",))):
        assert not rule.mismatch(ASK, renamed, guarded)
        assert rule.mismatch(ASK, namesake, guarded)
        assert not rule.mismatch(ASK, namesake)


def test_what_a_rule_means_where_it_says_nothing() -> None:
    """As docs/reference/rules.md has it in its column "Left out"."""
    rule = Rule("a", ("U0BOB",))
    assert (rule.approvals, rule.expires, rule.longest_session) == (1, timedelta(hours=72), timedelta(hours=1))
    assert (rule.remind, rule.escalate_after) == (timedelta(hours=4), timedelta(hours=24))
    assert (rule.under, rule.session_policy, rule.approvals_if_able) == ("/", "", 0)
    assert rule.people() == rule.deciders() == ("U0BOB",)


def test_whom_a_rule_names_and_who_of_them_approves() -> None:
    rule = Rule(
        "a",
        approvers=("U0BOB", "S0PLATFORM"),
        second_approvers=("S0SECURITY", "U0BOB"),
        requesters=("S0WEB",),
        escalate_to=("U0CAROL",),
        break_glass=("S0ONCALL",),
    )
    assert rule.deciders() == ("U0BOB", "S0PLATFORM", "S0SECURITY")
    assert set(rule.people()) == {*rule.deciders(), "S0WEB", "U0CAROL", "S0ONCALL"}


def test_a_request_finds_its_rule_again_by_name_as_it_is_now() -> None:
    rules = Rules([Rule("a", ()), Rule("b", ("U0BOB",))])
    assert rules.named("b") == Rule("b", ("U0BOB",))
    assert rules.named("c") is None


def test_what_is_asked_is_described_by_what_is_known_of_it() -> None:
    assert Ask("create-ou").at(place("/")) == "create-ou in /"
    assert Ask("create-ou", requester="alice@example.com").at(place("/")) == "create-ou in / for alice@example.com"


def test_what_is_about_no_account_is_about_none_that_has_no_name() -> None:
    for word in ("", "XX", "@"):
        assert not matches(Rule("a", (), accounts=(word,)), place("/"))


def test_how_aws_writes_a_name_in_capitals_makes_no_difference() -> None:
    rule = Rule("a", (), accounts=("fullback-staging",))
    assert matches(rule, replace(HERE, account_name="Fullback-Staging"))


def test_what_nobody_in_particular_asks_is_refused_as_whoevers() -> None:
    ask = replace(ASK, requester="", among=lambda _: False)
    told = Rule("a", (), requesters=("U0BOB",)).mismatch(ask, HERE)
    assert told == "requesters: whoever asks is not among U0BOB"


@each_of("under", ["/Production/EU", "/production/eu/", "/"])
@each_of("path", ["/Production/EU", "/PRODUCTION/eu/", "/Production/EU/Web"])
def test_a_place_is_under_itself_and_what_is_above_it(path: str, under: str) -> None:
    assert matches(Rule("a", (), under=under), place(path))


def test_an_account_without_a_name_is_called_by_its_id() -> None:
    assert str(UNKNOWN) == "444444444444 in /Production/EU"
    assert (str(HERE), str(place("/"))) == ("fullback-staging in /Production/EU", "/")


def test_a_word_that_meant_several_units_guards_each_of_them() -> None:
    guards = Guards({"/Production": frozenset({"ou-1-old00000", "ou-1-new00000"})})
    for unit in ("ou-1-old00000", "ou-1-new00000"):
        assert not Rule("a", (), under="/Production").mismatch(ASK, Place(("r-1", unit), ("X",)), guards)


def test_which_sessions_a_rule_allows_and_which_field_of_the_form_it_objects_to() -> None:
    rule = Rule("a", (), longest_session=timedelta(hours=2))

    def objection(rule: Rule | None, **params: str) -> tuple[str, str]:
        return session_objection(rule, Credentials.model_validate({"account": "shop", **params}))

    assert objection(rule) == objection(rule, duration="2h") == ("", "")
    assert objection(replace(rule, roles=("Admin",)), role="Admin") == ("", "")
    field, sentence = objection(rule, role="Admin")
    assert field == "role"
    assert "not for Admin. Whoever keeps the bot's rules can add it" in sentence
    field, sentence = objection(rule, duration="3h")
    assert field == "duration"
    assert "allows 2h at most" in sentence
    field, sentence = objection(None)
    assert field == "role"
    assert "no longer exists" in sentence
    assert session_objection(None, by_name()["create-ou"].model_validate({"unit_name": "X", "parent": "/"})) == ("", "")


@pytest.mark.parametrize(
    ("operation", "who", "may"),
    [
        ("move-account", "bob", True),
        ("move-account", "dave", False),
        ("credentials", "dave", True),
        ("close-account", "bob", False),
        ("create-ou", "bob", False),
    ],
)
def test_who_may_ask_for_what_anywhere_at_all(operation: str, who: str, may: bool) -> None:  # noqa: FBT001
    rules = Rules(
        [
            Rule("theirs", (), operations=("move-account", "close-account"), requesters=("bob",)),
            Rule("all", (), operations=("credentials",), under="/Staging"),
        ],
        without=frozenset({"close-account"}),
    )
    assert rules.may_ask(operation, lambda named: who in named) is may
