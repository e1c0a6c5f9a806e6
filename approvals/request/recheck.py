"""Whether what was approved still holds right before it is done: the world, the rule, and those on whose word it rests; and what
has changed, in words.
"""

from __future__ import annotations

from approvals.authority.may import Approver, approvers_now, involved, may_break
from approvals.authority.quorum import missing, rule_now
from approvals.authority.rules import Rule
from approvals.context import Context
from approvals.models import Request, operation_of
from approvals.request.execution import Execution
from approvals.request.prepare import look_again
from approvals.slack.blocks import shorten
from operations.aws.errors import FieldError
from operations.core.preview import Preview, digest
from operations.snapshot.names import listed

LONGEST = 200


def what_changed(execution: Execution) -> str:
    """Why what would be done is not what was approved, or was approved by people who may no longer; empty when all is well."""
    request = execution.request
    try:
        preview = look_again(execution.context, operation_of(request))
    except FieldError as error:
        return error.message
    if digest(request.operation, request.params, preview.precondition) != request.digest:
        changed = differences(Preview.model_validate(request.preview), preview)
        return changed or "the request is not the one that was approved."
    return approval_lost(execution)


def approval_lost(execution: Execution) -> str:
    """Why it may not go on, or nothing. Looks everybody up again on whose word it rests: a membership may have ended between the click and now."""
    request, context = execution.request, execution.context
    rule = context.rules().named(request.rule)
    if rule is None:
        return f"the rule “{request.rule}” under which it was approved no longer exists."
    if request.break_glass:
        person = context.people.look(request.requester)
        return (
            ""
            if may_break(context, rule, person)
            else f"{person.name} may no longer break the glass under the rule “{rule.name}”."
        )
    if request.approvals_needed == 0 and rule.approvals == 0:
        return _grant_lost(context, request, rule)
    rule = rule_now(request, rule)
    approvers = approvers_now(context, involved(context, request), rule)
    if not missing(rule, request.approvals_needed, [approver.seat for approver in approvers]):
        return ""
    return _who_no_longer_counts(approvers, rule) or "the approvals on record do not cover it."


def _who_no_longer_counts(approvers: list[Approver], rule: Rule) -> str:
    """The approvals that were enough when they were given, and why they are not now; empty when nothing is known against them."""
    for approver in approvers:
        if approver.same_as:
            return f"{approver.person.name}, who approved it, is the same person as {approver.same_as.name}."
    gone = [approver.person.name for approver in approvers if not approver.seat]
    return f"{', '.join(gone)}, who approved it, may no longer approve under the rule “{rule.name}”." if gone else ""


def _grant_lost(context: Context, request: Request, rule: Rule) -> str:
    """Whether the rule that granted it at once would not do so any more for the one who asked."""
    person = context.people.look(request.requester)
    named = not rule.requesters or context.people.among(person, rule.requesters)
    if context.people.stranger(person) or not named:
        return f"{person.name}, who asked, may no longer do so under the rule “{rule.name}”."
    return ""


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
