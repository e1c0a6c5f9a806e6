"""The tree of a picture: counts, order and reach are those of the slow and simple way."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.places import accounts_beneath, reached, unbound, units_beneath
from operations.snapshot.policies import Policies, Policy
from operations.snapshot.tree import Tree

NOW = datetime(2030, 1, 2, tzinfo=UTC)
MANAGEMENT = f"{3:012}"


@st.composite
def organizations(draw: st.DrawFn) -> Organization:
    """Any tree of up to eight OUs and twelve accounts, with one policy of either kind attached anywhere, twice beneath itself
    too.
    """
    kind = draw(st.sampled_from(["SERVICE_CONTROL_POLICY", "TAG_POLICY"]))
    policy = Policy("p-full", "FullAWSAccess", kind, aws_managed=True)
    units = [OrganizationalUnit("r-1", "Root", "", "/")]
    for number in range(draw(st.integers(0, 8))):
        above = draw(st.sampled_from(units))
        units.append(
            OrganizationalUnit(f"ou-{number}", f"unit {number}", above.id, f"{above.path.rstrip('/')}/{number}")
        )
    parents = draw(st.lists(st.sampled_from(units), max_size=12))
    accounts = tuple(
        Account(f"{number:012}", f"name {number % 3}", "", "ACTIVE", unit.id) for number, unit in enumerate(parents)
    )
    places = [*(unit.id for unit in units), *(account.id for account in accounts)]
    targets = tuple(draw(st.lists(st.sampled_from(places), unique=True)))
    return Organization(
        "o-1", MANAGEMENT, "r-1", "ALL", tuple(units), accounts, NOW, Policies((policy,), {"p-full": targets})
    )


@given(organizations())
def test_it_says_what_the_slow_way_says(organization: Organization) -> None:
    tree = Tree(organization)
    assert set(tree.accounts) == set(organization.accounts)
    for unit in organization.units:
        assert set(tree.accounts_beneath(unit.id)) == set(accounts_beneath(organization, unit.id))
        assert tree.count_beneath(unit.id) == len(accounts_beneath(organization, unit.id))
        assert tree.units_beneath(unit.id) == len(units_beneath(organization, unit.id)) - 1
    free = unbound(organization, organization.policies.known[0].type)
    assert {account.id for account in tree.reached("p-full")} == {
        account.id for account in reached(organization, "p-full") if account.id != free
    }
    assert tree.count_reached("p-full") == len(tree.reached("p-full")) == len(set(tree.reached("p-full")))


def test_an_account_whose_ou_is_not_in_the_picture_is_beneath_the_root() -> None:
    lost = Account("1" * 12, "lost", "", "ACTIVE", "ou-new")
    root = OrganizationalUnit("r-1", "Root", "", "/")
    tree = Tree(Organization("o-1", "1" * 12, "r-1", "ALL", (root,), (lost,), NOW))
    assert tree.accounts_beneath("r-1") == (lost,)
    assert not tree.accounts_in("r-1")
    assert tree.count_reached("p-none") == 0
