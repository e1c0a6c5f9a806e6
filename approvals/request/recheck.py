"""Whether what was approved is still what would be done, and is still approved, right before it is done; and what has changed,
in words.
"""

from __future__ import annotations

from approvals.authority.standing import approval_lost
from approvals.models import Request, operation_of
from approvals.request.execution import Execution
from approvals.request.prepare import look_again
from approvals.slack.blocks import shorten
from operations.aws.errors import FieldError
from operations.core.meaning import same_meaning
from operations.core.observations import Stale
from operations.core.preview import Preview, digest
from operations.snapshot.names import listed

LONGEST = 200


def what_changed(execution: Execution) -> Stale | None:
    """Why what would be done is not what was approved, or was approved by people who may no longer; None when all is well."""
    request = execution.request
    try:
        preview = look_again(execution.context, operation_of(request))
    except FieldError as error:
        return Stale(error.message, error.opens)
    if not _is_as_approved(request, preview):
        changed = differences(Preview.model_validate(request.preview), preview)
        return Stale(changed or "the request is not the one that was approved.")
    lost = approval_lost(execution.context, request)
    return Stale(lost) if lost else None


def _is_as_approved(request: Request, now: Preview) -> bool:
    """Whether the request is the one that was approved, and starts from what means the same."""
    approved = request.preview["precondition"]
    sealed = digest(request.operation, request.params, approved) == request.digest
    return sealed and same_meaning(approved, now.precondition)


def differences(approved: Preview, now: Preview) -> str:
    """The differing facts, `From is now /Security (was /Workloads)`; empty when both are bound to the same."""
    if approved.precondition == now.precondition:
        return ""
    before = {fact.label: fact.value for fact in approved.facts}
    after = {fact.label: fact.value for fact in now.facts}
    found = [_one(label, before.get(label), after.get(label)) for label in {**before, **after}]
    said = [sentence for sentence in found if sentence]
    if approved.diff != now.diff:
        said.append("the document it starts from is another one")
    if approved.hits != now.hits:
        said.append(f"it would hit: {shorten((*now.hits, 'nothing')[0], LONGEST)}")
    return f"{listed(said)}." if said else "it would now start from something else than what the card says."


def _one(label: str, before: str | None, after: str | None) -> str:
    if before == after:
        return ""
    if before is None or after is None:
        return f"{label}: {shorten(after or 'no longer there', LONGEST)}"
    return f"{label} is now {shorten(after, LONGEST)} (was {shorten(before, LONGEST)})"
