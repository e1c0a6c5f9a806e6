"""Every family of operations, loaded so that `OPERATIONS` is whole."""

from sandbox.aws import creation, lifecycle, tags, tree
from sandbox.aws.registry import OPERATIONS

__all__ = ["OPERATIONS", "creation", "lifecycle", "tags", "tree"]
