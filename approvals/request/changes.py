"""What has changed between the preview that was approved and the world as it is now, in words. Pure."""

from __future__ import annotations

from approvals.slack.blocks import shorten
from operations.core.explanations import listed
from operations.core.preview import Preview

LONGEST = 200


def what_changed(approved: Preview, now: Preview) -> str:
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
