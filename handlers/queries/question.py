"""What a look is asked, and what it sees. Pure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from cachetools import LRUCache, cached

from approvals.slack.blocks import Block
from operations.core.closing import Console
from operations.snapshot.live import Live
from operations.snapshot.organization import Account, Organization
from operations.snapshot.tree import Tree

LONGEST_TEXT = 700  # The path of the deepest OU has 645.


class SnapshotView:
    """One snapshot with what is made of it when it is first needed."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization

    @cached_property
    def tree(self) -> Tree:
        """The snapshot as a tree."""
        return Tree(self.organization)

    @cached_property
    def hays(self) -> tuple[tuple[str, Account], ...]:
        """Each account, in the order of the tree, with all that it may be found by, folded."""
        paths = {unit.id: unit.path for unit in self.organization.units}
        return tuple((_hay(account, paths.get(account.parent, "")), account) for account in self.tree.accounts)


def _hay(account: Account, path: str) -> str:
    return "\n".join((account.name, account.id, account.email, path, account.state)).casefold()


@cached(LRUCache(maxsize=1), key=id, lock=threading.Lock())
def view_of(organization: Organization) -> SnapshotView:
    """The view of this very snapshot, which it holds; an older one is forgotten."""
    return SnapshotView(organization)


@dataclass(frozen=True)
class Question:
    """`text` is what was typed behind the look's name; `at` is the first item of the page."""

    view: SnapshotView
    now: datetime
    text: str = ""
    at: int = 0
    console: Console = field(default_factory=Console)

    def of(self, text: str, at: int) -> Question:
        """The same snapshot asked for something else."""
        return replace(self, text=text[:LONGEST_TEXT], at=at)

    @property
    def organization(self) -> Organization:
        """The snapshot."""
        return self.view.organization

    @property
    def tree(self) -> Tree:
        """The snapshot as a tree."""
        return self.view.tree


@dataclass(frozen=True)
class Query:
    """`show` makes the answer; `live` ones ask AWS too, so that a worker answers. It may raise FieldError."""

    show: Callable[[Question, Live], list[Block]]
    live: bool = False
