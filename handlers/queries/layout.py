"""Where each box of the picture stands. Pure; lengths are in points, the drawing scales them.

The OUs stand side by side under their parent for the first levels, then one beneath the other; accounts always stand one
beneath the other. Of all ways to lay a tree out, the most detailed that stays readable is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from handlers.queries.accounts import ACTIVE
from operations.snapshot.names import counted
from operations.snapshot.organization import Account, OrganizationalUnit
from operations.snapshot.policies import Policy
from operations.snapshot.tree import Tree

WIDTH, LINE, PILL, INDENT = 210, 17, 20, 26
PADDING, GAP, SIDE_GAP, LEVEL_GAP = 9, 9, 18, 34
DEEPEST = 5
MOST_COLUMNS = 8
MOST_NODES = 700
MOST_POLICIES = 4
GOOD_WIDTH, GOOD_HEIGHT, LARGEST = 1500, 950, 2.6


@dataclass(eq=False)
class Node:
    """A box: an OU, an account, or a word about what is left out; `children` stand beneath it.

    `marked` stands out, `of_accounts` says that it is accounts that are left out.
    """

    kind: str
    title: str
    lines: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    more_policies: int = 0
    marked: bool = False
    of_accounts: bool = False
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
        return 2 * PADDING + LINE * (1 + len(self.lines)) + PILL * pills

    def all(self) -> Iterator[Node]:
        """This one and all beneath it."""
        yield self
        for child in self.children:
            yield from child.all()


@dataclass(frozen=True)
class Detail:
    """How much is drawn: levels of OUs, OUs under one parent, and accounts in one OU."""

    levels: int
    units: int
    accounts: int


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
    children = [_account(tree, account) for account in accounts[: detail.accounts]]
    if 0 < detail.accounts < len(accounts):
        children.append(
            Node("more", f"and {counted(len(accounts) - detail.accounts, 'more account')}", of_accounts=True)
        )
    children += [_unit(tree, below, detail, across, level + 1) for below in units[: detail.units]]
    if len(units) > detail.units:
        children.append(_left_out(tree, units[detail.units :]))
    inside = tree.units_beneath(unit.id) if not open_ else 0
    counts = counted(tree.count_beneath(unit.id), "account") + (f" in {counted(inside, 'OU')}" if inside else "")
    return Node(
        "root" if not unit.parent else "unit",
        "Root" if not unit.parent else unit.name,
        (unit.id, counts),
        *_policies(tree, unit.id),
        children=children,
        across=level < across,
    )


def _left_out(tree: Tree, units: Sequence[OrganizationalUnit]) -> Node:
    accounts = sum(tree.count_beneath(unit.id) for unit in units)
    return Node("more", f"and {counted(len(units), 'more OU')}", (counted(accounts, "account"),))


def _account(tree: Tree, account: Account) -> Node:
    organization = tree.organization
    management = "management account" if account.id == organization.management_account else ""
    state = "" if account.state in ACTIVE else account.state.replace("_", " ")
    lines = (account.id, *filter(None, (management, state)))
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
