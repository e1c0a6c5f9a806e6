"""Every operation there is: the classes that the modules of operations/ and of its rooms declare, found by import."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache

import operations
from operations.aws.permissions import Permission
from operations.core.base import Operation
from operations.snapshot.live import LIVE_PERMISSIONS
from operations.snapshot.reader import READ_PERMISSIONS


@cache
def all_operations() -> tuple[type[Operation], ...]:
    """Every declared operation, by family and name."""
    for module in pkgutil.walk_packages(operations.__path__, "operations."):
        importlib.import_module(module.name)
    return tuple(sorted(_declared(Operation), key=lambda operation: (operation.family, operation.name)))


def _declared(base: type[Operation]) -> Iterator[type[Operation]]:
    for declared in base.__subclasses__():
        if "name" in vars(declared) and declared.__module__.startswith("operations."):
            yield declared
        yield from _declared(declared)


@cache
def by_name() -> dict[str, type[Operation]]:
    """The operations by their names and aliases."""
    return {word: operation for operation in all_operations() for word in (operation.name, *operation.aliases)}


def irreversible() -> tuple[str, ...]:
    """The names of the operations that cannot be undone, sorted."""
    return tuple(sorted(operation.name for operation in all_operations() if operation.irreversible))


def left_out(words: Iterable[str]) -> frozenset[str]:
    """The operations that these names and aliases leave out, with those that have no use without them; raises LookupError."""
    named = {by_name()[word].name for word in words}
    return frozenset(named | {operation.name for operation in all_operations() if operation.part_of in named})


def all_permissions(without: frozenset[str] = frozenset()) -> tuple[Permission, ...]:
    """What the bot's own role needs: to read the tree, and what each operation declares that is not left out."""
    kept = [operation for operation in all_operations() if operation.name not in without]
    return (
        *READ_PERMISSIONS,
        *LIVE_PERMISSIONS,
        *(permission for operation in kept for permission in operation.permissions),
    )
