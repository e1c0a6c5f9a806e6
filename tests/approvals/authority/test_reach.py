"""Whoever is guarded by a rule is asked about whatever reaches it, by whichever operation and from wherever."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from approvals.authority.directory import Person
from approvals.authority.reach import (
    GoneError,
    _check_there,
    _is_as_read,
    _lists,
    ask_of,
    hits,
    judged,
    other_rules,
)
from approvals.authority.rules import Ask, Guards, Place, Rule, Rules
from approvals.context import Context
from approvals.states import Status
from operations.aws.client import Aws
from operations.aws.errors import RefusedError
from operations.core.base import Operation
from operations.core.fields import Reach
from operations.core.registry import all_operations, by_name
from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.policies import Policies, Policy
from operations.snapshot.policy_types import SCP
from tests.approvals.views.test_card import longest
from tests.harness.people import ALICE, BOB, KnownPeople
from tests.harness.tables import each_of

SHOP, LAB = "222222222222", "333333333333"
ORGANIZATION = Organization(
    "o-1",
    "111111111111",
    "r-1",
    "ALL",
    (
        OrganizationalUnit("r-1", "Root", "", "/"),
        OrganizationalUnit("ou-1-prod", "Production", "r-1", "/Production"),
        OrganizationalUnit("ou-1-eu", "EU", "ou-1-prod", "/Production/EU"),
        OrganizationalUnit("ou-1-sand", "Sandbox", "r-1", "/Sandbox"),
    ),
    (
        Account("111111111111", "management", "aws@example.com", "ACTIVE", "r-1"),
        Account(SHOP, "shop", "shop@example.com", "ACTIVE", "ou-1-eu"),
        Account(LAB, "lab", "lab@example.com", "ACTIVE", "ou-1-sand"),
    ),
    datetime(2030, 1, 1, tzinfo=UTC),
    Policies(
        (Policy("p-prod0001", "Guard", SCP), Policy("p-idle0001", "Idle", SCP)),
        {"p-prod0001": ("ou-1-prod",), "p-idle0001": ()},
        {},
    ),
)
SCP_TEXT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}'
CONTACT = {"contact_name": "Team", "job_title": "CSIRT", "email": "csirt@example.com", "phone": "+49 1"}
EVERYTHING = {"r-1", "ou-1-prod", "ou-1-eu", "ou-1-sand", "111111111111", SHOP, LAB}
PRODUCTION = {"ou-1-prod", "ou-1-eu", SHOP}

# Each operation, asked so that it hits something in /Production, and the ids that it hits.
CASES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("create-account", {"account_name": "new", "email": "new@example.com", "ou": "/Production/EU"}, {"ou-1-eu"}),
    ("invite-account", {"who": "444444444444", "ou": "/Production"}, {"ou-1-prod"}),
    ("move-account", {"account": "shop", "to": "/Sandbox"}, {SHOP, "ou-1-sand"}),
    ("close-account", {"account": "shop", "confirm": "shop"}, {SHOP}),
    ("remove-account", {"account": "shop", "confirm": "shop"}, {SHOP}),
    ("rename-account", {"account": "shop", "account_name": "store"}, {SHOP}),
    ("tag-account", {"account": "shop", "tags": ["a=b"]}, {SHOP}),
    ("untag-account", {"account": "shop", "keys": ["a"]}, {SHOP}),
    ("put-alternate-contact", {"account": "shop", "contact": "SECURITY", **CONTACT}, {SHOP}),
    ("delete-alternate-contact", {"account": "shop", "contact": "SECURITY"}, {SHOP}),
    ("create-ou", {"unit_name": "New", "parent": "/Production"}, {"ou-1-prod"}),
    ("rename-ou", {"ou": "/Production", "unit_name": "Prod"}, PRODUCTION),
    ("delete-ou", {"ou": "/Production/EU"}, {"ou-1-eu"}),
    ("create-policy", {"kind": "scp", "policy_name": "New", "content": SCP_TEXT}, {"r-1"}),
    ("update-policy", {"policy": "Guard", "content": SCP_TEXT}, PRODUCTION),
    ("delete-policy", {"policy": "Guard"}, PRODUCTION),
    ("attach-policy", {"policy": "Idle", "place": "/Production"}, PRODUCTION),
    ("delete-policy", {"policy": "Idle"}, {"r-1"}),
    ("detach-policy", {"policy": "Guard", "place": "/Production"}, PRODUCTION),
    ("enable-policy-type", {"kind": "backup"}, EVERYTHING),
    ("disable-policy-type", {"kind": "backup"}, EVERYTHING),
    ("enable-service-access", {"service": "guardduty"}, EVERYTHING),
    ("disable-service-access", {"service": "guardduty"}, EVERYTHING),
    ("register-delegated-administrator", {"account": "shop", "service": "guardduty"}, {SHOP}),
    ("deregister-delegated-administrator", {"account": "shop", "service": "guardduty"}, {SHOP}),
    ("grant-access", {"principal": "group/developers", "account": ["shop", "lab"]}, {SHOP, LAB}),
    ("revoke-access", {"principal": "group/developers", "account": ["shop"]}, {SHOP}),
    ("credentials", {"account": "shop"}, {SHOP}),
    ("create-organization", {}, EVERYTHING),
    ("enable-all-features", {}, EVERYTHING),
]
NAMES = [case[0] for case in CASES]
REST = Rule("rest", ("U2",))


def settled(name: str, params: dict[str, Any], organization: Organization = ORGANIZATION) -> Operation:
    asked = by_name()[name].model_validate(params)
    return asked if name == "create-organization" else asked.settled(organization)


def ids(places: Iterable[Place]) -> set[str]:
    return {place.account or place.units[-1] for place in places}


def required(rules: Rules, operation: Operation, organization: Organization = ORGANIZATION, **how: Any) -> list[str]:
    return list(judged(rules, ask_of(operation), hits(operation, organization), **how).names)


def test_every_operation_is_in_the_sweep() -> None:
    assert {operation.name for operation in all_operations()} == set(NAMES)


@each_of(("name", "params", "reached"), CASES, ids=NAMES)
def test_each_operation_says_what_it_reaches_by_ids(name: str, params: dict[str, Any], reached: set[str]) -> None:
    found = hits(settled(name, params), ORGANIZATION)
    assert ids(found.now) == reached
    assert ids(found.then) >= reached


@each_of(("name", "params", "reached"), CASES, ids=NAMES)
def test_the_rule_of_what_is_hit_has_to_be_satisfied(name: str, params: dict[str, Any], reached: set[str]) -> None:
    """Guarded by its OU, by its OU's id, or the account by itself: whichever way it is reached, its rule is asked."""
    guarded = [Rule("ou", ("U1",), under="/Production"), Rule("account", ("U1",), accounts=("shop@example.com",))]
    for rule in guarded:
        named = required(Rules([rule, Rule("rest", ("U2",))]), settled(name, params))
        hit = reached & ({SHOP} if rule.accounts else PRODUCTION)
        assert (rule.name in named) == bool(hit), named


def test_both_ends_of_a_move_have_to_agree() -> None:
    rules = Rules([Rule("production", ("UA",), under="/Production"), Rule("sandbox", ("UB",), under="/Sandbox")])
    assert required(rules, settled("move-account", {"account": "shop", "to": "/Sandbox"})) == ["production", "sandbox"]
    assert required(rules, settled("move-account", {"account": "lab", "to": "/Production"})) == [
        "production",
        "sandbox",
    ]


def test_a_guarded_ou_cannot_be_renamed_under_the_rule_of_its_new_name() -> None:
    rules = Rules([Rule("open", (), approvals=0, under="/Open"), Rule("guard", ("U1",), under="/Production"), REST])
    operation = settled("rename-ou", {"ou": "/Production", "unit_name": "Open"})
    assert required(rules, operation) == ["open", "guard"]
    said = list(other_rules(rules, hits(operation, ORGANIZATION)))
    assert "Afterwards other rules apply to shop in /Open/EU: “open” instead of “guard”." in said


def test_a_new_ou_is_judged_by_its_own_path_as_well() -> None:
    rules = Rules([Rule("secret", ("U1",), under="/Production/Secret"), REST])
    assert required(rules, settled("create-ou", {"unit_name": "Secret", "parent": "/Production"})) == ["secret", "rest"]


def test_a_guard_stays_with_what_it_named_when_that_is_renamed_by_anybody() -> None:
    renamed = replace(
        ORGANIZATION,
        units=tuple(replace(u, name="P", path="/P") if u.id == "ou-1-prod" else u for u in ORGANIZATION.units),
    )
    rules = Rules([Rule("guard", ("U1",), under="/Production"), REST])
    operation = settled("tag-account", {"account": "shop", "tags": ["a=b"]}, renamed)
    assert required(rules, operation, renamed) == ["rest"]
    bound = Guards({"/Production": frozenset({"ou-1-prod"})})
    assert required(rules, operation, renamed, guards=bound) == ["guard", "rest"]


def test_a_move_within_one_rule_changes_nothing_and_says_nothing() -> None:
    rules = Rules([Rule("guard", ("U1",), under="/Production"), REST])
    operation = settled("move-account", {"account": "shop", "to": "/Production"})
    assert required(rules, operation) == ["guard"]
    assert list(other_rules(rules, hits(operation, ORGANIZATION))) == []


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ((Rule("a", (), under="/Production"), Rule("b", (), under="/Sandbox")), "“b” instead of “a”"),
        ((Rule("a", (), under="/Production"), Rule("rest", ())), "no longer “a”"),
        ((Rule("b", (), under="/Sandbox"), Rule("rest", ())), "“b” as well"),
        (
            (Rule("a", (), under="/Production"), Rule("b", (), under="/Sandbox"), Rule("c", (), under="/Sandbox")),
            "“b”, “c” instead of “a”",
        ),
    ],
)
def test_a_move_says_which_rules_come_and_which_go(rules: tuple[Rule, ...], said: str) -> None:
    moved = hits(settled("move-account", {"account": "shop", "to": "/Sandbox"}), ORGANIZATION)
    assert list(other_rules(Rules(rules), moved)) == [f"Afterwards other rules apply to shop in /Sandbox: {said}."]


def test_a_guard_that_is_bound_to_an_ou_goes_as_well_when_an_account_leaves_it() -> None:
    rules = Rules([Rule("guard", ("U1",), under="/Once"), REST])
    bound = Guards({"/Once": frozenset({"ou-1-prod"})})
    moved = hits(settled("move-account", {"account": "shop", "to": "/Sandbox"}), ORGANIZATION)
    assert list(other_rules(rules, moved)) == []
    assert list(other_rules(rules, moved, bound)) == [
        "Afterwards other rules apply to shop in /Sandbox: no longer “guard”."
    ]


def test_a_renamed_ou_says_for_each_place_beneath_it_which_rules_come_and_go() -> None:
    us = OrganizationalUnit("ou-1-us", "US", "ou-1-prod", "/Production/US")
    organization = replace(ORGANIZATION, units=(*ORGANIZATION.units, us))
    rules = Rules(
        [
            Rule("eu", (), under="/Production/EU"),
            Rule("us", (), under="/Production/US"),
            Rule("open", (), under="/Open"),
        ]
    )
    renamed = settled("rename-ou", {"ou": "/Production", "unit_name": "Open"}, organization)
    said = "Afterwards other rules apply to"
    assert set(other_rules(rules, hits(renamed, organization))) == {
        f"{said} /Open: “open” as well.",
        f"{said} /Open/EU: “open” instead of “eu”.",
        f"{said} /Open/US: “open” instead of “us”.",
        f"{said} shop in /Open/EU: “open” instead of “eu”.",
    }


def test_a_rule_that_applies_by_what_was_bound_before_and_by_name_afterwards_stays() -> None:
    rules, bound = Rules([Rule("sandbox", (), under="/Sandbox")]), Guards({"/Sandbox": frozenset({"ou-1-prod"})})
    moved = hits(settled("move-account", {"account": "shop", "to": "/Sandbox"}), ORGANIZATION)
    assert list(other_rules(rules, moved, bound)) == []


def test_where_nothing_moves_now_and_then_are_the_same_and_each_place_is_judged_once() -> None:
    found = hits(settled("tag-account", {"account": "shop", "tags": ["a=b"]}), ORGANIZATION)
    assert found.then is found.now
    assert found.now == (
        Place(("r-1", "ou-1-prod", "ou-1-eu"), ("Production", "EU"), SHOP, "shop", "shop@example.com"),
    )
    assert list(other_rules(Rules([REST]), found)) == []


class Visit(Operation):
    """An operation of the tests' own, which has no field that tells what it reaches."""

    role: str


Visit.name = "visit"


def test_an_account_that_nobody_knows_yet_is_at_the_root_without_a_name() -> None:
    class Stranger(Visit):
        def reach(self, organization: Organization) -> Reach:
            return Reach(accounts=frozenset({"999999999999"}))

    assert hits(Stranger(role=""), ORGANIZATION).now == (Place(("r-1",), (), "999999999999"),)


def test_a_unit_that_nobody_knows_is_known_by_its_id_alone() -> None:
    class Elsewhere(Visit):
        def reach(self, organization: Organization) -> Reach:
            return Reach(frozenset({"ou-1-gone"}))

    assert hits(Elsewhere(role=""), ORGANIZATION).now == (Place(("ou-1-gone",)),)


def test_of_each_rule_three_places_are_named_and_all_are_counted_once() -> None:
    whole = judged(
        Rules([REST]), Ask("x"), hits(settled("enable-service-access", {"service": "guardduty"}), ORGANIZATION)
    )
    (rest,) = whole.all
    assert rest.places == ("/Production/EU", "/Production", "/Sandbox")
    assert rest.total == len(EVERYTHING)


def test_rules_that_mean_a_place_by_name_and_by_what_was_bound_count_it_once() -> None:
    bound = Guards({"/Production": frozenset({"ou-1-prod"})})
    found = hits(settled("tag-account", {"account": "shop", "tags": ["a=b"]}), ORGANIZATION)
    (guard,) = judged(Rules([Rule("guard", ("U1",), approvals=2, under="/Production")]), Ask("x"), found, bound).all
    assert (guard.promised, guard.places, guard.total) == (2, ("shop in /Production/EU",), 1)


def test_who_asks_is_part_of_what_is_asked_once_slack_may_be_asked() -> None:
    people = KnownPeople()
    operation = settled("credentials", {"account": "shop", "role": "ReadOnly"})
    alone = ask_of(operation)
    assert (alone.operation, alone.role, alone.requester, alone.among) == ("credentials", "ReadOnly", "", None)
    assert ask_of(operation, people.look(ALICE)) == ask_of(operation, None, people) == alone
    ask = ask_of(operation, people.look(ALICE), people)
    assert (ask.operation, ask.role, ask.requester) == ("credentials", "ReadOnly", "alice@example.com")
    assert ask.among is not None
    assert ask.among((ALICE,))
    assert not ask.among((BOB,))


def test_what_has_no_role_asks_for_none() -> None:
    assert ask_of(settled("tag-account", {"account": "shop", "tags": ["a=b"]})).role == ""


def test_slack_is_asked_once_for_each_list_of_people() -> None:
    asked: list[tuple[str, ...]] = []

    class Counting(KnownPeople):
        def among(self, person: Person, names: Iterable[str]) -> bool:
            asked.append(tuple(names))
            return super().among(person, names)

    people = Counting()
    ask = ask_of(settled("tag-account", {"account": "shop", "tags": ["a=b"]}), people.look(ALICE), people)
    assert ask.among is not None
    assert [ask.among(names) for names in ((ALICE,), (BOB,), (ALICE,), (BOB,))] == [True, False, True, False]
    assert asked == [(ALICE,), (BOB,)]


def test_an_operation_that_does_not_say_what_it_reaches_is_an_error() -> None:
    with pytest.raises(TypeError):
        Visit(role="ReadOnly").reach(ORGANIZATION)


def test_reach_is_a_union() -> None:
    assert Reach(frozenset({"a"})) | Reach(accounts=frozenset({"b"})) == Reach(frozenset({"a"}), frozenset({"b"}))


def test_a_policy_whose_attachments_are_not_known_reaches_everything() -> None:
    untold = replace(ORGANIZATION, policies=replace(ORGANIZATION.policies, targets={}))
    asked = settled("delete-policy", {"policy": "Idle"})
    assert ids(hits(asked, ORGANIZATION).now) == {"r-1"}
    assert ids(hits(asked, untold).now) == EVERYTHING


GIVES_A_NAME: list[tuple[str, dict[str, Any]]] = [
    ("create-account", {"account_name": "vault", "email": "it@example.com"}),
    ("create-account", {"account_name": "new", "email": "Vault@example.com"}),
    ("invite-account", {"who": "vault@example.com"}),
    ("invite-account", {"who": "444444444444"}),
    ("rename-account", {"account": "shop", "account_name": "Vault"}),
    ("create-ou", {"unit_name": "Vault"}),
    ("rename-ou", {"ou": "/Sandbox", "unit_name": "Vault"}),
]


@pytest.mark.parametrize(("name", "params"), GIVES_A_NAME)
def test_what_gets_a_name_that_the_rules_guard_is_guarded(name: str, params: dict[str, Any]) -> None:
    """By whichever operation: the rule would decide about it afterwards, so that it decides now as well."""
    accounts = Rule("account", ("U1",), accounts=("vault", "vault@example.com", "444444444444"))
    rules = Rules([accounts, Rule("ou", ("U1",), under="/Vault"), REST])
    assert set(required(rules, settled(name, params))) & {"account", "ou"}


@pytest.mark.parametrize(
    ("listed", "more", "known", "as_read"),
    [
        (["a", "b"], False, {"a", "b"}, True),
        (["a"], False, {"a", "b"}, False),
        (["a", "b", "c"], False, {"a", "b"}, False),
        (["a"], True, {"a", "b"}, True),
        (["a", "b"], True, {"a", "b"}, False),  # What is behind the page is new.
        (["c"], True, {"a", "b"}, False),
    ],
)
def test_what_aws_lists_is_what_was_read_as_far_as_its_first_page_tells(
    *, listed: list[str], more: bool, known: set[str], as_read: bool
) -> None:
    answer = {"Accounts": [{"Id": one} for one in listed], **({"NextToken": "more"} if more else {})}
    aws = cast("Aws", SimpleNamespace(probe=lambda *_, **__: answer))
    assert _lists(aws, "list_accounts_for_parent", "Accounts", "Id", known, ParentId="ou-1") == as_read


class Standing:
    """AWS, where things are as in an organization, and which answers some questions with an error."""

    def __init__(self, organization: Organization, **errors: str) -> None:
        self.asked: list[str] = []
        self._organization, self._errors = organization, errors

    def probe(self, _: str, method: str, **about: str) -> dict[str, Any]:
        self.asked.append(method)
        if method in self._errors:
            raise RefusedError(method, "no", code=self._errors[method])
        where, (named,) = self._organization, about.values()
        match method:
            case "list_parents":
                return {"Parents": [{"Id": one.parent} for one in where.accounts if one.id == named]}
            case "list_accounts_for_parent":
                return {"Accounts": [{"Id": one.id} for one in where.accounts if one.parent == named]}
            case "list_organizational_units_for_parent":
                return {"OrganizationalUnits": [{"Id": one.id} for one in where.units if one.parent == named]}
        return {"Targets": [{"TargetId": one} for one in where.policies.targets.get(named, ())]}


def is_as_read(aws: Standing, operation: Operation, organization: Organization = ORGANIZATION) -> bool:
    return _is_as_read(cast("Aws", aws), operation, organization, hits(operation, organization).now)


def with_account(account: str, parent: str) -> Organization:
    """Where an account is in that OU: a new one, or one that was elsewhere."""
    others = [one for one in ORGANIZATION.accounts if one.id != account]
    return replace(ORGANIZATION, accounts=(*others, Account(account, "moved", "moved@example.com", "ACTIVE", parent)))


def attached(policy: str, *targets: str) -> Organization:
    """Where a policy is attached to these."""
    known = ORGANIZATION.policies
    return replace(ORGANIZATION, policies=replace(known, targets={**known.targets, policy: targets}))


NEW_UNIT = replace(
    ORGANIZATION, units=(*ORGANIZATION.units, OrganizationalUnit("ou-1-us", "US", "ou-1-prod", "/Production/US"))
)
TAGS = ("tag-account", {"account": "shop", "tags": ["a=b"]})
ATTACHES = ("attach-policy", {"policy": "Idle", "place": "/Production"})
UPDATES = ("update-policy", {"policy": "Guard", "content": SCP_TEXT})


@each_of(
    ("asked", "now", "as_read"),
    [
        (TAGS, ORGANIZATION, True),
        (TAGS, with_account(SHOP, "ou-1-sand"), False),
        (TAGS, with_account(LAB, "ou-1-eu"), True),
        (ATTACHES, ORGANIZATION, True),
        (ATTACHES, with_account("444444444444", "ou-1-sand"), True),
        (ATTACHES, with_account("444444444444", "ou-1-eu"), False),
        (ATTACHES, with_account(SHOP, "ou-1-sand"), False),
        (ATTACHES, NEW_UNIT, False),
        (ATTACHES, attached("p-idle0001", "ou-1-sand"), False),
        (UPDATES, ORGANIZATION, True),
        (UPDATES, with_account("444444444444", "ou-1-prod"), False),
        (UPDATES, NEW_UNIT, False),
        (UPDATES, attached("p-prod0001", "ou-1-prod", LAB), False),
        (UPDATES, attached("p-prod0001"), False),
    ],
)
def test_whatever_is_hit_is_where_it_was_read(
    asked: tuple[str, dict[str, Any]], now: Organization, *, as_read: bool
) -> None:
    """Else whoever guards what has come, or the place to which it went, would not be asked."""
    assert is_as_read(Standing(now), settled(*asked)) == as_read


@each_of(
    ("asked", "method", "code", "as_read"),
    [
        (TAGS, "list_parents", "AccessDeniedException", True),
        (TAGS, "list_parents", "ChildNotFoundException", False),
        (ATTACHES, "list_accounts_for_parent", "AccessDeniedException", True),
        (ATTACHES, "list_accounts_for_parent", "ParentNotFoundException", False),
        (ATTACHES, "list_organizational_units_for_parent", "ParentNotFoundException", False),
        (UPDATES, "list_targets_for_policy", "AccessDeniedException", True),
    ],
)
def test_what_the_bot_may_not_look_at_goes_by_what_was_read_and_what_is_gone_does_not(
    asked: tuple[str, dict[str, Any]], method: str, code: str, *, as_read: bool
) -> None:
    assert is_as_read(Standing(ORGANIZATION, **{method: code}), settled(*asked)) == as_read


def test_an_answer_that_leaves_a_list_out_says_nothing_of_an_account_and_lists_nothing_in_an_ou() -> None:
    assert is_as_read(Standing(replace(ORGANIZATION, accounts=())), settled(*TAGS))
    aws = cast("Aws", SimpleNamespace(probe=lambda *_, **__: {}))
    asked = ("list_accounts_for_parent", "Accounts", "Id")
    assert _lists(aws, *asked, set(), ParentId="ou-1")
    assert not _lists(aws, *asked, {"a"}, ParentId="ou-1")


def test_where_a_policy_is_attached_is_not_asked_of_aws_where_it_did_not_tell_before() -> None:
    """It may hit everything, and is judged so."""
    untold = replace(ORGANIZATION, policies=replace(ORGANIZATION.policies, targets={}))
    aws = Standing(untold)
    assert is_as_read(aws, settled("update-policy", UPDATES[1], untold), untold)
    assert "list_targets_for_policy" not in aws.asked


def many(units: int, accounts: int) -> tuple[Operation, Organization]:
    """A change of a policy that is attached to so many empty OUs and so many accounts in the root."""
    them = tuple(OrganizationalUnit(f"ou-1-{n}", f"U{n}", "r-1", f"/U{n}") for n in range(units))
    us = tuple(Account(f"{n:012}", f"a{n}", f"a{n}@example.com", "ACTIVE", "r-1") for n in range(accounts))
    targets = {"p-prod0001": (*(one.id for one in them), *(one.id for one in us))}
    policies = replace(ORGANIZATION.policies, targets=targets)
    organization = replace(ORGANIZATION, units=(ORGANIZATION.units[0], *them), accounts=us, policies=policies)
    return settled("update-policy", UPDATES[1], organization), organization


@each_of(("units", "accounts"), [(0, 20), (0, 24), (0, 25), (12, 0), (13, 0), (11, 2), (11, 3)])
def test_of_what_hits_more_than_aws_can_be_asked_about_what_was_read_counts(units: int, accounts: int) -> None:
    """Each account is one question and each OU two, and a policy with more targets than one answer holds is none."""
    operation, organization = many(units, accounts)
    questions = accounts + 2 * units
    aws = Standing(organization)
    assert is_as_read(aws, operation, organization)
    assert len(aws.asked) == (questions if questions <= 24 else 0) + (units + accounts <= 20)


def without(gone: str) -> Organization:
    """Where one thing is not there any more."""
    return replace(
        ORGANIZATION,
        units=tuple(one for one in ORGANIZATION.units if one.id != gone),
        accounts=tuple(one for one in ORGANIZATION.accounts if one.id != gone),
        policies=Policies(tuple(one for one in ORGANIZATION.policies.known if one.id != gone), {}, {}),
    )


@each_of(
    ("asked", "gone"),
    [
        (TAGS, SHOP),
        (("grant-access", {"principal": "group/developers", "account": ["shop", "lab"]}), LAB),
        (("rename-ou", {"ou": "/Sandbox", "unit_name": "Lab"}), "ou-1-sand"),
        (ATTACHES, "ou-1-prod"),
        (ATTACHES, "p-idle0001"),
    ],
)
def test_about_what_is_gone_no_rule_decides_not_even_that_of_everything_else(
    asked: tuple[str, dict[str, Any]], gone: str
) -> None:
    context, request, operation = cast("Context", None), longest(Status.PENDING), settled(*asked)
    _check_there(context, request, operation, ORGANIZATION)
    with pytest.raises(GoneError, match=gone):
        _check_there(context, request, operation, without(gone))
