"""What may follow a request that is over: what undoes it, and what is left of one that ended half-way.

The rest is asked for by itself, because asking for the whole would repeat what stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from approvals.models import Request, operation_of
from approvals.states import Status
from operations.core.base import Operation
from operations.snapshot.organization import Organization


def remainder_of(request: Request) -> tuple[Operation, ...]:
    """The requests for what a half-done one has left undone; none where nothing was done, or the whole may be asked for again."""
    if not request.step:
        return ()
    return operation_of(request).remainder(request.preview.get("precondition", {}), request.memory)


def undo_titles(request: Request, organization: Organization | None) -> list[str]:
    """What would be asked for to undo a request that succeeded, in words; nothing where nothing can."""
    if request.status != Status.SUCCEEDED or request.pruned or organization is None:
        return []
    try:
        undoing = operation_of(request).undone_by(request.preview.get("precondition", {}), request.memory)
    except (ValidationError, KeyError):  # An earlier version asked for it otherwise.
        return []
    return [one.title(organization) for one in undoing]


def in_words(rest: Sequence[Operation]) -> str:
    """The commands for it, as advice; empty for nothing."""
    commands = " and ".join(f"`/org {operation.typed()}`" for operation in rest)
    return f" Ask only for what is missing, with the button or by {commands}." if rest else ""
