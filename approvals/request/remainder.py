"""What is left of a request that ended half-way: asked for by itself, because asking for the whole would repeat what stands."""

from __future__ import annotations

from collections.abc import Sequence

from approvals.models import Request, operation_of
from operations.core.base import Operation


def remainder_of(request: Request) -> tuple[Operation, ...]:
    """The requests for what a half-done one has left undone; none where nothing was done, or the whole may be asked for again."""
    if not request.step:
        return ()
    return operation_of(request).remainder(request.preview.get("precondition", {}), request.memory)


def in_words(rest: Sequence[Operation]) -> str:
    """The advice for it, beside the button that asks for it; empty for nothing."""
    return "Ask only for what is missing." if rest else ""
