"""Which approvals are enough: worked examples, and a comparison with trying every seating."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.authority.quorum import Missing, Seat, cannot_decide, escalated, missing, seat, together
from approvals.authority.rules import Rule
from approvals.models import Request, Vote
from tests.harness.tables import each_of

FIRST, SECOND, EITHER, NONE = Seat.FIRST, Seat.SECOND, Seat.EITHER, Seat.NONE
TWO_GROUPS = Rule("two groups", ("S1",), approvals=2, second_approvers=("S2",))


@each_of(
    ("seats", "left"),
    [
        ([], Missing(first=1, second=1)),
        ([FIRST], Missing(second=1)),
        ([SECOND], Missing(first=1)),
        ([FIRST, FIRST], Missing(second=1)),
        ([SECOND, SECOND], Missing(first=1)),
        ([EITHER], Missing(either=1)),
        ([EITHER, FIRST], Missing()),
        ([EITHER, SECOND], Missing()),
        ([EITHER, EITHER], Missing()),
        ([FIRST, SECOND], Missing()),
        ([FIRST, NONE], Missing(second=1)),
    ],
)
def test_the_second_approval_is_one_of_the_second_group(seats: list[Seat], left: Missing) -> None:
    assert missing(TWO_GROUPS, 2, seats) == left


def test_a_rule_that_was_tightened_counts_and_one_that_was_loosened_does_not() -> None:
    rule = Rule("a", ("S1",), approvals=2)
    assert missing(rule, 1, [FIRST]) == Missing(first=1)
    assert missing(rule, 3, [FIRST, FIRST]) == Missing(first=1)


def test_whoever_speaks_for_both_leaves_one_seat_open_to_either_and_no_more() -> None:
    four = Rule("four", ("S1",), approvals=4, second_approvers=("S2",))
    assert missing(four, 4, [EITHER]) == Missing(first=2, either=1)


def test_nothing_is_missing_where_nothing_is_needed() -> None:
    assert not missing(Rule("a", (), approvals=0), 0, [])


def test_a_seat_is_what_slack_says_of_both_groups() -> None:
    for groups, found in (((), NONE), (("S1",), FIRST), (("S2",), SECOND), (("S1", "S2"), EITHER)):
        assert seat(TWO_GROUPS, lambda names, groups=groups: any(name in groups for name in names)) == found  # type: ignore[misc]
    assert seat(Rule("a", ("S1",)), lambda names: "S1" in names) == FIRST


def test_nobody_is_looked_for_in_a_group_that_the_rule_does_not_have() -> None:
    asked: list[tuple[str, ...]] = []
    seat(Rule("a", ("S1",)), lambda names: not asked.append(names))  # type: ignore[func-returns-value]
    assert asked == [("S1",)]


@pytest.mark.parametrize("one", [NONE, FIRST, SECOND, EITHER])
def test_two_accounts_of_one_person_speak_for_the_groups_of_both_and_for_no_other(one: Seat) -> None:
    assert together(one, NONE) == together(NONE, one) == together(one, one) == one
    assert together(FIRST, SECOND) == together(SECOND, FIRST) == EITHER
    if one:
        assert together(one, EITHER) == together(EITHER, one) == EITHER


def test_the_words_in_the_database_stay_as_they_are() -> None:
    """A vote that an older version has written is counted by this one."""
    assert [seat.value for seat in (NONE, FIRST, SECOND, EITHER)] == ["", "first", "second", "either"]


@given(
    approvals=st.integers(2, 4),
    two=st.booleans(),
    seats=st.lists(st.sampled_from([FIRST, SECOND, EITHER, NONE]), max_size=5),
)
def test_it_is_enough_exactly_when_people_can_be_seated(approvals: int, two: bool, seats: list[Seat]) -> None:  # noqa: FBT001
    rule = Rule("a", ("S1",), approvals=approvals, second_approvers=("S2",) if two else ())
    chairs = [FIRST] * (approvals - two) + [SECOND] * two
    can_be_seated = any(
        all(person in (chair, EITHER) for person, chair in zip(people, chairs, strict=True))
        for people in permutations(seats, len(chairs))
    )
    left = missing(rule, approvals, seats)
    assert (not left) == can_be_seated
    assert left.either in (0, 1)


@given(seats=st.lists(st.sampled_from([FIRST, SECOND, EITHER]), max_size=4), approvals=st.integers(2, 5))
def test_when_those_come_who_are_missing_it_is_enough(seats: list[Seat], approvals: int) -> None:
    rule = Rule("a", ("S1",), approvals=approvals, second_approvers=("S2",))
    left = missing(rule, approvals, seats)
    for last in (FIRST, SECOND):
        come = [FIRST] * left.first + [SECOND] * left.second + [last] * left.either
        assert not missing(rule, approvals, [*seats, *come])


def test_nobody_waits_for_who_asked_or_approved_by_whichever_of_their_names() -> None:
    asked: dict[str, Any] = {"operation": "o", "subject": "s", "team": "T", "delivery": "d", "marker": "m"}
    request = Request(**asked, requester="U1", person="one@example.com")
    vote = Vote(request_id=1, user="U2", person="two@example.com", decision="approve", digest="d")
    assert cannot_decide(request, [vote]) == {"U1", "one@example.com", "U2", "two@example.com"}


def test_once_others_are_called_upon_they_are_approvers_of_either_group_that_there_is() -> None:
    one = Rule("one", ("S1",), escalate_to=("U3",))
    two = Rule("two", ("S1",), approvals=2, second_approvers=("S2",), escalate_to=("U3",))
    assert [escalated(rule).approvers for rule in (one, two)] == [("S1", "U3"), ("S1", "U3")]
    assert [escalated(rule).second_approvers for rule in (one, two)] == [(), ("S2", "U3")]
