"""What a word of a rule names: an address has an @, a group Slack's id, and all else is a user. One person is whoever shares a user or
an address, over any number of steps.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from approvals.slack.blocks import mentions
from approvals.slack.named import Aliases, Named, Naming, joined, same
from tests.harness.tables import each_of


@each_of(
    ("word", "naming"),
    [
        ("U0BOB", Naming.USER),
        ("W0BOB", Naming.USER),
        ("S0APPROVERS", Naming.GROUP),
        ("S08ABCDEF12", Naming.GROUP),
        ("bob@example.com", Naming.ADDRESS),
        ("Support@example.com", Naming.ADDRESS),
        ("S0APPROVERS@example.com", Naming.ADDRESS),
        ("U0BOB@example.com", Naming.ADDRESS),
    ],
)
def test_each_word_names_by_one_thing(word: str, naming: Naming) -> None:
    assert (Named(word).naming, Named(word).is_well_formed) == (naming, True)


@each_of("word", ["Support", "s0approvers", "bob", "", "S", "a@b", "a b@example.com", "<@U0BOB>", "U"])
def test_what_names_nobody_is_refused(word: str) -> None:
    assert not Named(word).is_well_formed


def test_an_address_that_begins_as_a_group_is_mentioned_as_an_address() -> None:
    assert mentions(["Support@example.com", "S0APPROVERS"]) == "Support@example.com, <!subteam^S0APPROVERS>"


ALICE, ALICE_2 = Aliases.of("U0ALICE", "alice@example.com"), Aliases.of("U0ALICE2", "Alice@Example.com")
BOB = Aliases.of("U0BOB", "bob@example.com")
WORDS = st.sampled_from(["U1", "U2", "U3", "a@example.com", "A@example.com", "b@example.com", "c@example.com"])
PEOPLE = st.lists(st.builds(Aliases.of, WORDS, WORDS), min_size=1, max_size=6)


def test_a_user_or_an_address_in_common_is_enough() -> None:
    assert same(ALICE, Aliases.of("U0ALICE", "new@example.com"))
    assert same(ALICE, ALICE_2)
    assert not same(ALICE, BOB)
    assert not same(Aliases.of("U0ALICE"), Aliases.of("U0BOB")), "no address is none in common"


def test_it_holds_over_others_who_are_known() -> None:
    between = Aliases.of("U0ALICE", "bob@example.com")
    assert same(ALICE_2, BOB, [ALICE, between])
    assert not same(ALICE_2, BOB, [ALICE])


@given(people=PEOPLE)
def test_sameness_divides_people_whatever_their_order(people: list[Aliases]) -> None:
    groups = {joined(person, people) for person in people}
    assert groups == {joined(person, people[::-1]) for person in people}
    for person in people:
        assert sum(group.meets(person) for group in groups) == 1
    for one in people:
        for other in people:
            assert (
                same(one, other, people) == same(other, one, people) == (joined(one, people) == joined(other, people))
            )
