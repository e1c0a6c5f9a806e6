"""What a word of a rule names: an address has an @, a group Slack's id, and all else is a user."""

from __future__ import annotations

from approvals.slack.blocks import mentions
from approvals.slack.named import Named, Naming
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
