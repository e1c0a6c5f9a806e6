"""Whether a rule's approvals can still be given: worked examples, and against trying every one who may."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from approvals.authority.able import Shortfall, indispensable, shortfall
from approvals.authority.quorum import Seat, missing
from approvals.authority.rules import Rule
from tests.harness.tables import each_of

FIRST, SECOND, EITHER, NONE = Seat.FIRST, Seat.SECOND, Seat.EITHER, Seat.NONE
ONE, TWO = Rule("one", ("S0A",)), Rule("two", ("S0A",), approvals=2)
TWO_GROUPS = Rule("groups", ("S0A",), approvals=2, second_approvers=("S0B",))


@each_of(
    ("rule", "approved", "able", "found"),
    [
        (ONE, [], [FIRST], None),
        (ONE, [], [], Shortfall("one", 1, 0)),
        (TWO, [], [FIRST], Shortfall("two", 2, 1)),
        (TWO, [FIRST], [], Shortfall("two", 2, 1)),
        (TWO, [FIRST], [FIRST], None),
        (TWO, [NONE], [FIRST], Shortfall("two", 2, 1)),
        (TWO_GROUPS, [], [FIRST, FIRST], Shortfall("groups", 2, 2, second=True)),
        (TWO_GROUPS, [], [FIRST], Shortfall("groups", 2, 1)),
        (TWO_GROUPS, [], [EITHER, FIRST], None),
        (TWO_GROUPS, [SECOND], [FIRST], None),
    ],
)
def test_what_is_missing(rule: Rule, approved: list[Seat], able: list[Seat], found: Shortfall | None) -> None:
    assert shortfall(rule, rule.approvals, approved, able) == found


def test_what_the_card_promised_counts() -> None:
    assert shortfall(ONE, 2, [], [FIRST]) == Shortfall("one", 2, 1)


def test_on_whom_it_depends() -> None:
    assert indispensable(ONE, [FIRST]) == (0,)
    assert indispensable(ONE, [FIRST, FIRST]) == ()
    assert indispensable(TWO_GROUPS, [FIRST, FIRST, SECOND]) == (2,)


@given(
    approvals=st.integers(1, 4),
    two=st.booleans(),
    seats=st.lists(st.sampled_from([FIRST, SECOND, EITHER, NONE]), max_size=5),
)
def test_it_is_reachable_exactly_when_some_of_them_are_enough(approvals: int, *, two: bool, seats: list[Seat]) -> None:
    rule = Rule("a", ("S0A",), approvals=approvals + two, second_approvers=("S0B",) if two else ())
    some = (group for size in range(len(seats) + 1) for group in combinations(seats, size))
    assert (shortfall(rule, 0, [], seats) is None) == any(not missing(rule, 0, group) for group in some)
