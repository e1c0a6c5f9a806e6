"""The picture: a PNG of a size that Slack and people can take, with everything in its place."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from PIL import Image

from handlers.queries.drawing import MOST_PIXELS, drawable, drawn, drawn_narrow
from handlers.queries.layout import MOST_OUTLINED, WIDTH, Change, Node, branch, changes_of, laid_out, outlined
from operations.accounts.move_account import MoveAccount
from operations.core.base import Operation
from operations.core.registry import all_operations
from operations.policies.attachments import AttachPolicy, DetachPolicy
from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.tree import Tree
from tests.harness.organizations import STAGING, grown, longest, with_policies


def flat(units: int, accounts: int) -> Organization:
    """OUs directly under the root, and accounts in the root alone."""
    made = tuple(OrganizationalUnit(f"ou-{n:04}", f"unit {n}", "r-1", f"/unit {n}") for n in range(units))
    members = tuple(Account(f"{n:012}", f"account {n}", "", "ACTIVE", "r-1") for n in range(accounts))
    small = with_policies()
    return replace(small, units=(small.units[0], *made), accounts=members)


PICTURES = {
    "small": with_policies(),
    "large": grown(),
    "a hundred accounts": grown(100, 12),
    "many OUs": flat(1000, 0),
    "many accounts": flat(0, 10_000),
    "nothing": flat(0, 0),
    "longest names": longest("&"),
    "another script": longest("語"),
}
every_picture = pytest.mark.parametrize("organization", PICTURES.values(), ids=PICTURES)


def layout(organization: Organization) -> Node:
    tree = Tree(organization)
    return laid_out(tree, tree.root)


def titles(organization: Organization) -> list[str]:
    return [node.title for node in layout(organization).all()]


@every_picture
def test_it_is_a_png_of_a_reasonable_size(organization: Organization) -> None:
    tree = Tree(organization)
    content = drawn(tree, tree.root)
    assert content.startswith(b"\x89PNG\r\n")
    assert len(content) < 1_000_000
    with Image.open(io.BytesIO(content)) as image:
        assert image.width * image.height <= MOST_PIXELS
        assert max(image.size) <= 8000
        assert len(image.convert("RGB").getcolors(MOST_PIXELS) or []) > 3, "something is drawn"


@every_picture
def test_no_box_lies_on_another_one(organization: Organization) -> None:
    boxes = list(layout(organization).all())
    for one, other in combinations(boxes, 2):
        apart_x = one.x + WIDTH <= other.x or other.x + WIDTH <= one.x
        apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
        assert apart_x or apart_y, (one.title, other.title)


@every_picture
def test_every_box_is_inside(organization: Organization) -> None:
    top = layout(organization)
    for node in top.all():
        assert 0 <= node.x <= node.x + WIDTH <= top.wide + 0.01
        assert 0 <= node.y <= node.y + node.height <= top.high + 0.01


def test_a_small_tree_is_there_in_full() -> None:
    nodes = {node.title: node for node in layout(with_policies()).all()}
    assert set(nodes) == {
        *("Root", "Workloads", "Staging", "Production"),
        *("fullback-management", "fullback-staging", "fullback-old"),
    }
    assert [policy.name for policy in nodes["Root"].policies] == ["OwnerTag"], "AWS's own policies are left out"
    assert nodes["fullback-old"].marked
    assert "management account" in nodes["fullback-management"].lines
    assert nodes["Staging"].y == nodes["Production"].y > nodes["Workloads"].y, "side by side, under their parent"
    assert nodes["fullback-staging"].y > nodes["Staging"].y


def test_of_a_large_tree_only_the_upper_ous_with_counts_are_there() -> None:
    found = list(layout(grown()).all())
    assert {node.kind for node in found} == {"root", "unit"}
    assert found[0].lines[1] == "10,000 accounts"
    assert "110 accounts in 10 OUs" in {line for node in found for line in node.lines}


def test_what_is_left_out_is_counted() -> None:
    assert titles(flat(0, 10_000))[-1] == "and 9,988 more accounts"
    assert titles(flat(1000, 0))[-1] == "and 850 more OUs"


def test_a_part_of_the_tree() -> None:
    tree = Tree(with_policies())
    top = laid_out(tree, tree.organization.units_by_id["ou-1-work"])
    assert top.title == "Workloads"


def test_what_the_font_does_not_have() -> None:
    assert drawable("Größe, Sécurité… 日本") == "Grosse, Securite... ??"


PHONE = 420  # Points: what is wider is read on a phone with difficulty.
MOVE = MoveAccount(account=STAGING, to="ou-1-prod")
ATTACH = AttachPolicy(policy="p-idle0001", place="ou-1-work")
CHANGES: dict[str, Operation] = {
    "move": MOVE,
    "attach to an OU": ATTACH,
    "attach to an account": AttachPolicy(policy="p-idle0001", place=STAGING),
    "attach to the root": AttachPolicy(policy="p-idle0001", place="r-1"),
    "detach": DetachPolicy(policy="p-deny0001", place="ou-1-work"),
}


def changed(operation: Operation, organization: Organization | None = None) -> Node:
    found = organization or with_policies()
    return branch(Tree(found), changes_of(operation, found))


def told(top: Node) -> list[tuple[str, Change | None]]:
    return [(node.title, node.change) for node in top.all()]


@every_picture
def test_the_outline_is_for_a_phone(organization: Organization) -> None:
    top = outlined(Tree(organization))
    boxes = list(top.all())
    assert len(boxes) <= MOST_OUTLINED
    assert max(box.x + WIDTH for box in boxes) <= PHONE
    assert all(below.y >= above.y + above.height for above, below in pairwise(boxes)), "one beneath the other"
    assert drawn_narrow(top).startswith(b"\x89PNG")


def test_the_outline_of_a_small_organization_has_its_accounts() -> None:
    assert [node.title for node in outlined(Tree(with_policies())).all()] == [
        *("Root · 3 accounts", "fullback-management", "Workloads · 2 accounts", "Production · 1 account"),
        *("fullback-old", "Staging · 1 account", "fullback-staging"),
    ]


def test_the_outline_of_a_flat_organization_says_what_it_leaves_out() -> None:
    assert [node.title for node in outlined(Tree(flat(1000, 0))).all()][-1] == "and 990 more OUs"


def test_a_move_shows_both_places_and_what_else_is_there_in_a_word() -> None:
    assert told(changed(MOVE)) == [
        *(("Root · 3 accounts", None), ("Workloads · 2 accounts", None)),
        *(("Production · 1 account", None), ("fullback-staging", Change.ARRIVES)),
        *(("Staging · 1 account", None), ("fullback-staging", Change.LEAVES)),
    ]


def test_what_lies_beneath_an_attachment_is_affected_and_nothing_else() -> None:
    affected = [title for title, change in told(changed(ATTACH)) if change is Change.HIT]
    assert affected == [
        *("Workloads · 2 accounts", "Production · 1 account", "fullback-old", "Staging · 1 account", "fullback-staging")
    ]
    assert [pair for pair in told(changed(CHANGES["attach to an account"])) if pair[1]] == [
        ("fullback-staging", Change.HIT)
    ]


@pytest.mark.parametrize("operation", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("organization", [with_policies(), longest("&")], ids=["small", "longest names"])
def test_a_change_is_drawn_for_a_phone(operation: Operation, organization: Organization) -> None:
    top = changed(operation, organization)
    assert max(node.x + WIDTH for node in top.all()) <= PHONE
    content = drawn_narrow(top)
    with Image.open(io.BytesIO(content)) as image:
        assert image.width <= 2 * (PHONE + 60)


def test_what_is_done_already_changes_nothing() -> None:
    assert changes_of(MoveAccount(account=STAGING, to="ou-1-stag"), with_policies()) == {}


def test_whoever_offers_a_picture_has_something_to_show() -> None:
    offers = {operation for operation in all_operations() if operation.picture}
    assert offers == {type(operation) for operation in CHANGES.values()}
    for operation in CHANGES.values():
        assert any(node.change for node in changed(operation).all())
