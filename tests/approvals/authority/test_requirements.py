"""Several rules for one request: each has to be satisfied by its own approvers, and together they ask for the most of each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.authority.quorum import Missing, Seat
from approvals.authority.requirements import (
    Requirement,
    Requirements,
    is_escalated,
    people_to_ask_anew,
    requirements_of,
    rules_named,
    seats_of_vote,
    stored_of,
)
from approvals.authority.rules import Rule, Rules
from approvals.models import Request, Vote
from approvals.states import Status
from operations.access.credentials import Credentials
from operations.core.registry import by_name
from tests.approvals.views.test_card import NOW, longest
from tests.harness.rules import required

FIRST, SECOND = Seat.FIRST, Seat.SECOND
HOUR = timedelta(hours=1)
A, B = Rule("a", ("UA",)), Rule("b", ("UB",), approvals=2)


def filed(**values: object) -> Request:
    return longest(Status.PENDING).sqlmodel_update({"escalated_at": None, **values})


def vote(seat: str, **seats: str) -> Vote:
    return Vote(request_id=1, user="UA", person="a@example.com", decision="approve", digest="d", seat=seat, seats=seats)


def credentials(**params: str) -> Credentials:
    return Credentials.model_validate({"account": "shop", **params})


def test_each_rule_counts_only_those_who_speak_for_it() -> None:
    both = required(A, B)
    assert both.open([]).names == ("a", "b")
    assert both.open([{"a": FIRST}]).names == ("b",)
    assert both.open([{"a": FIRST, "b": FIRST}]).names == ("b",)
    assert both.open([{"b": FIRST}, {"b": FIRST}]).names == ("a",)
    assert both.open([{"b": FIRST}, {"a": FIRST, "b": FIRST}]).all == ()


def test_a_rule_that_needs_no_approval_misses_none_even_with_a_second_group() -> None:
    free = Rule("free", ("UA",), approvals=0, second_approvers=("UB",))
    assert required(free).open([]).all == ()
    assert required(free).all[0].missing([]) == Missing()
    assert required(free).approvals == 0


def test_the_number_on_the_card_is_kept_when_the_rule_asks_for_less_by_now() -> None:
    assert (Requirement(A, 3).approvals, Requirement(B, 1).approvals) == (3, 2)
    assert Requirement(A, 3).missing([{"a": FIRST}]) == Missing(first=2)


def test_the_strictest_of_the_rules_gives_the_number_and_the_times() -> None:
    slow = Rule("slow", (), approvals=1, expires=9 * HOUR, remind=3 * HOUR)
    fast = Rule("fast", (), approvals=3, expires=2 * HOUR, remind=1 * HOUR)
    for both in (required(slow, fast), required(fast, slow)):
        assert (both.approvals, both.expires, both.remind) == (3, 2 * HOUR, 1 * HOUR)


def test_a_rule_that_wants_no_reminder_does_not_keep_others_from_theirs() -> None:
    silent = Rule("silent", (), remind=timedelta(0))
    assert required(silent, Rule("loud", (), remind=3 * HOUR)).remind == 3 * HOUR
    assert required(silent).remind == timedelta(0)


def test_each_rule_calls_upon_others_at_its_own_time() -> None:
    nobody = Rule("nobody", (), escalate_after=1 * HOUR)
    late = Rule("late", (), escalate_to=("UX", "UY"), escalate_after=8 * HOUR)
    early = Rule("early", (), escalate_to=("UY", "UZ"), escalate_after=5 * HOUR)
    together = required(nobody, late, early)
    assert together.escalate_to == ("UX", "UY", "UZ")
    at = {hour: filed(announced_at=NOW, escalated_at=NOW + hour * HOUR) for hour in (5, 8)}
    assert together.to_escalate(filed(announced_at=NOW)).names == ("late", "early")
    assert is_escalated(filed(announced_at=None, escalated_at=NOW), late), "nobody knows since when it has waited"
    assert (together.to_escalate(at[5]).names, together.to_escalate(at[8]).all) == (("late",), ())
    assert not is_escalated(at[8], nobody), "it calls upon nobody"
    assert [one.rule.approvers for one in together.now(at[5]).all] == [(), (), ("UY", "UZ")]


def test_rules_that_join_others_are_there_once_and_behind_them() -> None:
    """As when whoever asked has another address by now: the rules for both decide."""
    assert required(B).joined_by(required(A, B)) == required(B, A)
    assert required(A, B).joined_by(None) == required(A, B)


def test_a_rule_that_was_not_on_the_card_asks_other_people_unless_it_asks_nobody() -> None:
    free = Rule("free", (), approvals=0)
    assert people_to_ask_anew(required(A), required(A, B))
    assert not people_to_ask_anew(required(A, B), required(A))
    assert not people_to_ask_anew(required(A), required(A, free))
    assert people_to_ask_anew(None, required(A))
    assert not people_to_ask_anew(None, required(free))


def test_whom_a_rule_names_is_noted_with_the_request() -> None:
    noted = filed(rules=required(Rule("a", ("UX", "UY"), escalate_to=("UZ",))).stored())
    same = Rule("a", ("UZ", "UY", "UX"), escalate_to=("UZ",))
    assert not required(same).with_others_than(noted)
    assert required(Rule("a", ("UX", "UZ"))).with_others_than(noted)
    assert not required(same).with_others_than(filed(rules=[{"name": "a", "approvals": 1}]))


def test_the_glass_is_broken_under_each_rule_that_asks_for_an_approval() -> None:
    free = Rule("free", (), approvals=0, break_glass=("UX",))
    assert required(free, Rule("a", (), break_glass=("UY",)), Rule("b", ())).break_glass == (("UY",), ())


def test_who_decides_by_any_of_the_rules_is_named_once() -> None:
    assert required(Rule("a", ("UA", "UB")), Rule("b", ("UB",), second_approvers=("UC",))).deciders() == (
        *("UA", "UB", "UC"),
    )


def test_somebody_has_a_seat_only_in_the_rules_whose_group_they_are_in() -> None:
    asked: list[str] = []

    def seat(rule: Rule) -> Seat:
        asked.append(rule.name)
        return SECOND if rule.name == "b" else Seat.NONE

    assert required(A, B, Rule("free", (), approvals=0)).seats(seat) == {"b": SECOND}
    assert asked == ["a", "b"], "nobody approves under the third"


def test_as_many_approvals_as_are_asked_for_now_and_never_fewer_than_on_the_card() -> None:
    noted = Requirements((Requirement(A, 1), Requirement(B, 2)))
    asking = noted.asking(lambda rule: {"a": 4, "b": 1}[rule.name])
    assert [one.promised for one in asking.all] == [4, 2]


def test_the_rules_of_today_keep_the_promises_of_the_card() -> None:
    request = filed(rules=[{"name": "a", "approvals": 3, "places": [], "total": 0}])
    assert [one.promised for one in required(A, B).as_promised(request).all] == [3, 2]


def test_what_is_kept_of_the_rules_is_read_again_as_it_was() -> None:
    noted = Requirements((Requirement(A, 1, ("/Shop", "/Lab"), 7), Requirement(B, 3)))
    assert requirements_of(filed(**noted.columns()), Rules([B, A])) == noted
    assert noted.columns() == {
        "rules": [
            {"name": "a", "approvals": 1, "places": ["/Shop", "/Lab"], "total": 7, "people": ["UA"]},
            {"name": "b", "approvals": 3, "places": [], "total": 0, "people": ["UB"]},
        ],
        "rule": "a",
        "approvals_needed": 3,
    }
    assert noted.told() == {"rule": "a", "rules": ["a", "b"], "approvals": 3}


def test_where_one_of_the_rules_is_gone_nobody_can_say_what_is_required() -> None:
    request = filed(**required(A, B).columns())
    assert requirements_of(request, Rules([A])) is None
    assert requirements_of(request, Rules([B])) is None


def test_a_row_that_does_not_say_how_many_places_there_are_has_those_that_it_names() -> None:
    request = filed(rules=[{"name": "a", "approvals": 1, "places": ["/Shop", "/Lab"]}])
    found = requirements_of(request, Rules([A]))
    assert found is not None
    assert (found.all[0].places, found.all[0].total) == (("/Shop", "/Lab"), 2)


def test_a_request_from_before_there_could_be_several_rules_has_its_one() -> None:
    request = filed(rules=[], rule="a", approvals_needed=2)
    assert stored_of(request) == [{"name": "a", "approvals": 2}]
    assert requirements_of(request, Rules([A])) == Requirements((Requirement(A, 2),))
    assert seats_of_vote(request, vote("second")) == {"a": SECOND}
    assert seats_of_vote(request, vote("second", b="first")) == {"b": FIRST}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a"], "the rule “a”"),
        (["a", "b"], "the rules “a” and “b”"),
        (["a", "b", "c"], "the rules “a”, “b” and “c”"),
    ],
)
def test_the_rules_are_named_in_a_sentence(names: list[str], said: str) -> None:
    assert rules_named(filed(rules=[{"name": name, "approvals": 1} for name in names])) == said


def test_a_session_has_to_be_allowed_by_every_rule_and_the_first_that_objects_is_heard() -> None:
    generous = Rule("generous", (), longest_session=8 * HOUR, roles=("ReadOnly", "Admin"))
    strict = Rule("strict", (), longest_session=2 * HOUR, roles=("ReadOnly",))
    asks = credentials(role="ReadOnly", duration="4h")
    assert required(generous).session_objection(asks) == ("", "")
    field, sentence = required(generous, strict).session_objection(asks)
    assert field == "duration"
    assert sentence.startswith("the rule “strict” allows 2h at most")


def test_the_session_policy_of_one_rule_bounds_a_session_under_others_as_well() -> None:
    bound, free = Rule("bound", (), session_policy="arn:1"), Rule("free", ())
    for both in (required(bound, free), required(free, bound)):
        assert (both.session_objection(credentials()), both.session_policy) == (("", ""), "arn:1")
    assert required(free).session_policy == ""


def test_policies_that_mean_the_same_are_the_same() -> None:
    one = Rule("one", (), session_policy='{"Version": "2012-10-17", "Statement": []}')
    other = Rule("other", (), session_policy='{"Statement":[],"Version":"2012-10-17"}')
    assert required(one, other).session_objection(credentials()) == ("", "")


def test_two_session_policies_contradict_each_other_and_one_does_not() -> None:
    one, other = Rule("one", (), session_policy="arn:1"), Rule("other", (), session_policy="arn:2")
    field, sentence = required(one, other).session_objection(credentials())
    assert field == "role"
    assert "the rules “one”, “other” bound a session by different session policies" in sentence
    assert required(one, Rule("same", (), session_policy="arn:1")).session_objection(credentials()) == ("", "")
    no_session = by_name()["tag-account"].model_validate({"account": "shop", "tags": ["a=b"]})
    assert required(one, other).session_objection(no_session) == ("", "")
