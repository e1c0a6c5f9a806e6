"""Whether what was approved still holds right before it is done: the world, the rule, and those on whose word it rests; and what
has changed, in words.
"""

from __future__ import annotations

from approvals.authority.directory import Person
from approvals.authority.may import Approver, approvers_now, involved, judged_anew, may_break
from approvals.authority.requirements import Requirements, requirements_of, rules_named, stored_of
from approvals.authority.rules import NoRuleError
from approvals.context import Context
from approvals.models import Request, operation_of
from approvals.request.execution import Execution
from approvals.request.prepare import NotYetError, look_again
from approvals.slack.blocks import shorten
from operations.aws.errors import FieldError
from operations.core.meaning import same_meaning
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
    if not _is_as_approved(request, preview):
        changed = differences(Preview.model_validate(request.preview), preview)
        return changed or "the request is not the one that was approved."
    return approval_lost(execution)


def _is_as_approved(request: Request, now: Preview) -> bool:
    """Whether the request is the one that was approved, and starts from what means the same."""
    approved = request.preview["precondition"]
    sealed = digest(request.operation, request.params, approved) == request.digest
    return sealed and same_meaning(approved, now.precondition)


def approval_lost(execution: Execution) -> str:
    """Why it may not go on, or nothing. Everybody is looked up again on whose word it rests, and every rule that decides now."""
    request, context = execution.request, execution.context
    kept = requirements_of(request, context.rules())
    if kept is None:
        return f"{rules_named(request)} under which it was approved no longer {_exist(request)}."
    asker = context.people.look(request.requester)
    if why := context.people.stranger(asker):
        return f"{asker.name} asked for it, and {why}."
    try:
        now = _judged_now(execution, asker)
    except NoRuleError as error:
        return str(error)
    if request.break_glass:
        return _glass_lost(context, now, asker)
    return _votes_lost(context, request, now)


def _exist(request: Request) -> str:
    return "exists" if len(stored_of(request)) == 1 else "exist"


def _judged_now(execution: Execution, asker: Person) -> Requirements:
    """The rules that decide as things are now, with the number of approvals that the card promised."""
    request, context = execution.request, execution.context
    organization = context.organization()
    if organization is None:
        raise NotYetError("the organization has not been read yet")
    return judged_anew(context, request, asker, organization).as_promised(request)


def _glass_lost(context: Context, now: Requirements, asker: Person) -> str:
    if may_break(context, now, asker):
        return ""
    return f"{asker.name} may no longer break the glass under {listed(now.quoted)}."


def _votes_lost(context: Context, request: Request, now: Requirements) -> str:
    approvers = approvers_now(context, involved(context, request), now)
    open_ones = now.open(approver.seats for approver in approvers)
    if not open_ones.all:
        return ""
    new = [name for name in open_ones.names if name not in {kept["name"] for kept in stored_of(request)}]
    if new:
        return f"what it reaches has changed: {listed([f'“{name}”' for name in new])} {'decides' if len(new) == 1 else 'decide'} as well now, and the approvals given do not cover that."
    return _who_no_longer_counts(approvers, request) or "the approvals on record do not cover it."


def _who_no_longer_counts(approvers: list[Approver], request: Request) -> str:
    """The approvals that were enough when they were given, and why they are not now; empty when nothing is known against them."""
    for approver in approvers:
        if approver.same_as:
            return f"{approver.person.name}, who approved it, is the same person as {approver.same_as.name}."
    gone = [approver.person.name for approver in approvers if not approver.seats]
    return f"{', '.join(gone)}, who approved it, may no longer approve under {rules_named(request)}." if gone else ""


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
