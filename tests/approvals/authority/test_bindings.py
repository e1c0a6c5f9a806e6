"""A guard does not vanish with a name: what a word of the rules named stays guarded, and whoever keeps the rules is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlmodel import select

from approvals.authority.bindings import Bindings
from approvals.authority.rules import Rule, Rules
from approvals.models import Binding, Message
from approvals.queue.store import Store
from operations.snapshot.organization import Organization, OrganizationalUnit
from tests.approvals.authority.test_reach import ORGANIZATION, SHOP
from tests.harness.clock import Clock
from tests.harness.database import give_back, new_database

RULES = [Rule("ou", ("U1",), under="/Production"), Rule("account", ("U1",), accounts=("shop", "lab@example.com"))]


class Kept(Bindings):
    """Bindings whose rules a test changes, with what the approval channel was told."""

    def __init__(self) -> None:
        self.in_force = Rules(RULES)
        self.store, self.clock = Store(new_database()), Clock()
        super().__init__(self.store, lambda: self.in_force, self.clock)

    def told(self) -> list[str]:
        with self.store.read() as session:
            return [str(message.body["text"]) for message in session.exec(select(Message)).all()]


@pytest.fixture
def kept() -> Iterator[Kept]:
    kept = Kept()
    kept.refresh(ORGANIZATION)
    yield kept
    give_back(kept.store.engine)


def renamed(unit: str, name: str) -> Organization:
    changed = (replace(u, name=name, path=f"/{name}") if u.id == unit else u for u in ORGANIZATION.units)
    return replace(ORGANIZATION, units=tuple(changed))


def without(unit: str) -> Organization:
    return replace(ORGANIZATION, units=tuple(u for u in ORGANIZATION.units if u.id != unit))


def test_words_are_bound_to_the_ids_that_they_name_first(kept: Kept) -> None:
    assert kept.guards.units == {"/Production": {"ou-1-prod"}}
    assert kept.guards.accounts == {"shop": {SHOP}, "lab@example.com": {"333333333333"}}
    assert (kept.drifts, kept.told()) == ((), [])


def test_a_renamed_ou_stays_bound_and_the_channel_is_told_once(kept: Kept) -> None:
    for _ in range(3):
        kept.refresh(renamed("ou-1-prod", "Prod"))
    assert kept.guards.units == {"/Production": {"ou-1-prod"}}
    (told,) = kept.told()
    assert "“/Production” named ou-1-prod, which is /Prod now. Bring ORGBOT_RULES up to date" in told


def test_a_namesake_does_not_take_its_place(kept: Kept) -> None:
    moved = renamed("ou-1-prod", "Prod")
    sly = replace(moved, units=(*moved.units, OrganizationalUnit("ou-1-sly", "Production", "r-1", "/Production")))
    kept.refresh(sly)
    assert kept.guards.units == {"/Production": {"ou-1-prod"}}
    assert len(kept.drifts) == 1


def test_a_renamed_account_stays_bound(kept: Kept) -> None:
    accounts = tuple(replace(a, name="store") if a.id == SHOP else a for a in ORGANIZATION.accounts)
    kept.refresh(replace(ORGANIZATION, accounts=accounts))
    assert kept.guards.accounts["shop"] == {SHOP}
    assert [drift.word for drift in kept.drifts] == ["shop"]


def test_one_that_is_gone_is_told_and_bound_anew_where_the_name_is_taken_again(kept: Kept) -> None:
    kept.refresh(without("ou-1-prod"))
    assert "not in the organization any more" in kept.told()[0]
    gone = without("ou-1-prod")
    new = replace(gone, units=(*gone.units, OrganizationalUnit("ou-1-new", "Production", "r-1", "/Production")))
    kept.refresh(new)
    assert kept.guards.units == {"/Production": {"ou-1-new"}}
    assert not kept.drifts


def test_a_changed_file_binds_anew_and_what_it_no_longer_says_guards_nothing(kept: Kept) -> None:
    organization = renamed("ou-1-prod", "Prod")
    kept.refresh(organization)
    kept.in_force = Rules([replace(RULES[0], under="/Prod")])
    kept.refresh(organization)
    assert kept.guards.units == {"/Prod": {"ou-1-prod"}}
    assert not kept.guards.accounts
    assert not kept.drifts


def test_a_process_with_other_rules_forgets_no_word_of_the_first(kept: Kept) -> None:
    """While one of two was told of new rules, and the other not yet."""
    other = Bindings(kept.store, lambda: Rules([Rule("all", ("U1",))]), kept.clock)
    for _ in range(50):
        kept.clock.advance(hours=1)
        other.refresh(ORGANIZATION)
        kept.refresh(ORGANIZATION)
    other.refresh(renamed("ou-1-prod", "Prod"))
    kept.refresh(renamed("ou-1-prod", "Prod"))
    assert kept.guards.units == {"/Production": {"ou-1-prod"}}


def test_a_word_that_no_rules_have_any_more_is_forgotten_after_a_day(kept: Kept) -> None:
    kept.in_force = Rules([])
    for hours, words in ((24, 3), (1, 0)):
        kept.clock.advance(hours=hours)
        kept.refresh(ORGANIZATION)
        with kept.store.read() as session:
            assert len(session.exec(select(Binding)).all()) == words


def test_a_restart_knows_what_was_bound(kept: Kept) -> None:
    again = Bindings(kept.store, lambda: kept.in_force, Clock())
    again.refresh(renamed("ou-1-prod", "Prod"))
    assert again.guards.units == {"/Production": {"ou-1-prod"}}


def test_names_that_differ_in_case_alone_are_both_guarded_and_pointed_out(kept: Kept) -> None:
    twins = (*ORGANIZATION.units, OrganizationalUnit("ou-1-twin", "PRODUCTION", "r-1", "/PRODUCTION"))
    kept.in_force = Rules([Rule("new", ("U1",), under="/production")])
    kept.refresh(replace(ORGANIZATION, units=twins))
    assert kept.guards.units == {"/production": {"ou-1-prod", "ou-1-twin"}}
    assert "Give the id of the one that is meant." in kept.drifts[0].sentence


def test_ids_need_no_binding(kept: Kept) -> None:
    kept.in_force = Rules([Rule("ids", ("U1",), under="ou-1abc-11112222", accounts=(SHOP,))])
    kept.refresh(ORGANIZATION)
    assert (kept.guards.units, kept.guards.accounts, kept.drifts) == ({}, {}, ())
