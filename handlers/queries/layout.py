"""Where each box of the picture stands. Pure; lengths are in points, the drawing scales them.

The OUs stand side by side under their parent for the first levels, then one beneath the other; accounts always stand one
beneath the other. Of all ways to lay a tree out, the most detailed that stays readable is taken. On a phone all boxes stand one
beneath the other: of the whole organization a few (`outlined`), of a change those around it (`branch`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from handlers.queries.accounts import ACTIVE
from operations.core.base import Operation
from operations.core.fields import FieldKind
from operations.snapshot.names import counted
from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.policies import Policy
from operations.snapshot.tree import Tree

WIDTH, LINE, PILL, INDENT = 210, 17, 20, 26
PADDING, GAP, SIDE_GAP, LEVEL_GAP = 9, 9, 18, 34
DEEPEST = 5
MOST_COLUMNS = 8
MOST_NODES = 700
MOST_POLICIES = 4
GOOD_WIDTH, GOOD_HEIGHT, LARGEST = 1500, 950, 2.6
MOST_OUTLINED = 12  # Boxes that stand one beneath the other on a phone's screen or two.
MOST_BENEATH = 5  # OUs, and accounts, that are shown beneath what a change hits.


class Change(StrEnum):
    """What a request would do to an account or an OU, in words for beneath its name."""

    LEAVES = "leaves here"
    ARRIVES = "comes here"
    HIT = "affected"


@dataclass(eq=False)
class Node:
    """A box: an OU, an account, or a word about what is left out; `children` stand beneath it.

    `marked` stands out, `of_accounts` says that it is accounts that are left out; `change` is what a change does to it.
    """

    kind: str
    title: str
    lines: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    more_policies: int = 0
    marked: bool = False
    of_accounts: bool = False
    change: Change | None = None
    children: list[Node] = field(default_factory=list)
    across: bool = False
    x: float = 0
    y: float = 0
    wide: float = 0
    high: float = 0

    @property
    def height(self) -> float:
        """Of the box alone."""
        pills = len(self.policies) + bool(self.more_policies)
        return 2 * PADDING + LINE * (1 + len(self.lines) + bool(self.change)) + PILL * pills

    def all(self) -> Iterator[Node]:
        """This one and all beneath it."""
        yield self
        for child in self.children:
            yield from child.all()


@dataclass(frozen=True)
class Detail:
    """How much is drawn: levels of OUs, OUs under one parent, accounts in one OU, and whether the ids."""

    levels: int
    units: int
    accounts: int
    ids: bool = True


DETAILS = (
    Detail(5, 1000, 1000),
    Detail(5, 1000, 12),
    Detail(5, 1000, 4),
    *(Detail(levels, 1000, 0) for levels in (5, 4, 3, 2, 1)),
    *(Detail(1, units, 0) for units in (150, 60)),
)


def laid_out(tree: Tree, unit: OrganizationalUnit) -> Node:
    """The tree beneath an OU with its places, in as much detail as one picture holds."""
    for detail in (detail for detail in DETAILS if _size(tree, unit, detail) <= MOST_NODES):
        # As a chart where it fits on a screen, else the way that goes least beyond it.
        ways = [_placed(tree, unit, detail, across) for across in range(DEEPEST, 0, -1)]
        best = min(ways, key=lambda way: max(_strain(way), 1.0))
        if _strain(best) <= LARGEST:
            break
    return best


OUTLINES = (
    Detail(5, 1000, 1000, ids=False),
    *(Detail(levels, 1000, 0, ids=False) for levels in (5, 4, 3, 2, 1)),
    Detail(1, MOST_OUTLINED - 2, 0, ids=False),
)


def outlined(tree: Tree) -> Node:
    """The whole organization in a few boxes, one beneath the other, as a phone shows them."""
    fitting = (detail for detail in OUTLINES if _size(tree, tree.root, detail) <= MOST_OUTLINED)
    return _placed(tree, tree.root, next(fitting, OUTLINES[-1]), 0)


def changes_of(operation: Operation, organization: Organization) -> dict[str, dict[str, Change]]:
    """What a settled request would do to which ids, by the OU where they are; nothing where it is no longer to be done."""
    found: dict[str, dict[str, Change]] = defaultdict(dict)
    for account in operation.afterwards(organization).accounts:
        before = organization.accounts_by_id.get(account.id, account).parent
        if before != account.parent:
            found[before][account.id], found[account.parent][account.id] = Change.LEAVES, Change.ARRIVES
    for target in operation.named(FieldKind.TARGET):
        known = organization.accounts_by_id.get(target)
        found[known.parent if known else target][target] = Change.HIT
    return {at: told for at, told in found.items() if at in organization.units_by_id}


def branch(tree: Tree, changes: Mapping[str, Mapping[str, Change]]) -> Node:
    """The part of the tree that a request changes: what happens to which ids (the account's or the OU's), by the OU where they are."""
    kept = {unit for at in changes for unit in _upwards(tree, at)}
    top = _around(tree, tree.root, kept, changes)
    _place(top, 0, 0)
    return top


def _upwards(tree: Tree, unit: str) -> Iterator[str]:
    known = tree.organization.units_by_id
    while unit in known:
        yield unit
        unit = known[unit].parent


def _around(
    tree: Tree, unit: OrganizationalUnit, kept: Collection[str], changes: Mapping[str, Mapping[str, Change]]
) -> Node:
    """An OU of the branch: what changes in it, the OUs that lead on, and in a word each what else there is."""
    here = changes.get(unit.id, {})
    hit = here.get(unit.id)
    if hit:
        node = _unit(tree, unit, Detail(1, MOST_BENEATH, MOST_BENEATH, ids=False), 0, 0)
        for one in node.all():
            one.change = hit
        return node
    node = _unit(tree, unit, Detail(0, 0, 0, ids=False), 0, 0)
    accounts = [tree.organization.accounts_by_id[one] for one in here if one in tree.organization.accounts_by_id]
    node.children = [replace(_account(tree, account), change=here[account.id]) for account in accounts]
    below = tree.units_in(unit.id)
    node.children += [_around(tree, one, kept, changes) for one in below if one.id in kept]
    rest = [one for one in below if one.id not in kept]
    node.children += [_left_out(tree, rest)] if rest else []
    return node


def _strain(node: Node) -> float:
    """How far a layout goes beyond a screen."""
    return max(node.wide / GOOD_WIDTH, node.high / GOOD_HEIGHT)


def _size(tree: Tree, unit: OrganizationalUnit, detail: Detail) -> int:
    """How many boxes there would be, counted until they are too many."""
    count, waiting = 0, [(unit, 0)]
    while waiting and count <= MOST_NODES:
        at, level = waiting.pop()
        count += 1 + min(len(tree.accounts_in(at.id)), detail.accounts)
        if level < detail.levels:
            waiting += [(below, level + 1) for below in tree.units_in(at.id)[: detail.units]]
    return count


def _placed(tree: Tree, unit: OrganizationalUnit, detail: Detail, across: int) -> Node:
    node = _unit(tree, unit, detail, across, 0)
    _place(node, 0, 0)
    return node


def _unit(tree: Tree, unit: OrganizationalUnit, detail: Detail, across: int, level: int) -> Node:
    open_ = level < detail.levels
    accounts = tree.accounts_in(unit.id)
    units = tree.units_in(unit.id) if open_ else ()
    children = [_account(tree, account, ids=detail.ids) for account in accounts[: detail.accounts]]
    if 0 < detail.accounts < len(accounts):
        children.append(
            Node("more", f"and {counted(len(accounts) - detail.accounts, 'more account')}", of_accounts=True)
        )
    children += [_unit(tree, below, detail, across, level + 1) for below in units[: detail.units]]
    if len(units) > detail.units:
        children.append(_left_out(tree, units[detail.units :]))
    inside = tree.units_beneath(unit.id) if not open_ else 0
    counts = counted(tree.count_beneath(unit.id), "account") + (
        f" in {counted(inside, 'OU')}" if inside and detail.ids else ""
    )
    title = unit.name if unit.parent else "Root"
    return Node(
        "root" if not unit.parent else "unit",
        title if detail.ids else f"{title} · {counts}",
        (unit.id, counts) if detail.ids else (),
        *_policies(tree, unit.id),
        children=children,
        across=level < across,
    )


def _left_out(tree: Tree, units: Sequence[OrganizationalUnit]) -> Node:
    accounts = sum(tree.count_beneath(unit.id) for unit in units)
    return Node("more", f"and {counted(len(units), 'more OU')}", (counted(accounts, "account"),))


def _account(tree: Tree, account: Account, *, ids: bool = True) -> Node:
    organization = tree.organization
    management = "management account" if account.id == organization.management_account else ""
    state = "" if account.state in ACTIVE else account.state.replace("_", " ")
    lines = (*((account.id,) if ids else ()), *filter(None, (management, state)))
    return Node("account", account.name, lines, *_policies(tree, account.id), marked=bool(state))


def _policies(tree: Tree, target: str) -> tuple[tuple[Policy, ...], int]:
    """The policies of a box, without those that AWS manages, and how many more there are."""
    found = tuple(policy for policy in tree.organization.policies.on(target) if not policy.aws_managed)
    return found[:MOST_POLICIES], max(len(found) - MOST_POLICIES, 0)


def _place(node: Node, x: float, y: float) -> None:
    """Gives a box and all beneath it their places, from the upper left corner of them all."""
    columns = _columns(node) if node.across else []
    if len(columns) > 1:
        _side_by_side(node, columns, x, y)
    else:
        _one_beneath_the_other(node, x, y)


def _columns(node: Node) -> list[list[Node]]:
    """What stands side by side: the accounts as one column, and each OU; many OUs without children share columns."""
    leaves = [child for child in node.children if not child.children]
    accounts = [child for child in leaves if child.kind == "account" or child.of_accounts]
    bare = [child for child in leaves if child not in accounts]
    if len(bare) <= MOST_COLUMNS:
        units = [[child] for child in node.children if child not in accounts]
    else:
        size = -(-len(bare) // MOST_COLUMNS)
        units = [[child] for child in node.children if child.children]
        units += [bare[start : start + size] for start in range(0, len(bare), size)]
    return [accounts, *units] if accounts else units


def _side_by_side(node: Node, columns: list[list[Node]], x: float, y: float) -> None:
    top = y + node.height + LEVEL_GAP
    at, bottom = x, top
    for column in columns:
        wide, down = 0.0, top
        for child in column:
            _place(child, at, down)
            wide, down = max(wide, child.wide), down + child.high + GAP
        at, bottom = at + wide + SIDE_GAP, max(bottom, down - GAP)
    first, last = columns[0][0], columns[-1][0]
    node.wide, node.high = at - SIDE_GAP - x, bottom - y
    node.x, node.y = (first.x + last.x) / 2, y


def _one_beneath_the_other(node: Node, x: float, y: float) -> None:
    node.x, node.y, node.across = x, y, False
    wide, down = float(WIDTH), y + node.height
    for child in node.children:
        down += GAP
        _place(child, x + INDENT, down)
        wide, down = max(wide, INDENT + child.wide), down + child.high
    node.wide, node.high = wide, down - y
