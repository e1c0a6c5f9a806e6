"""Whether an approval still stands, right before something is done on the strength of it: whoever asked may still ask, and the
rules that decide now are satisfied by those who have approved.
"""

from __future__ import annotations

from approvals.authority.directory import Person
from approvals.authority.may import Approver, approvers_now, involved, may_break
from approvals.authority.reach import judged_anew
from approvals.authority.requirements import Requirements, requirements_of, rules_named, stored_of
from approvals.authority.rules import NoRuleError
from approvals.context import Context
from approvals.models import Request
from operations.snapshot.names import joined, listed


class ApprovalLostError(Exception):
    """What was approved may not be done any more; the text says why, a sentence."""


def approval_lost(context: Context, request: Request) -> str:
    """Why it may not go on, or nothing; raises what `still_approved` raises besides."""
    try:
        still_approved(context, request)
    except ApprovalLostError as error:
        return str(error)
    return ""


def still_approved(context: Context, request: Request) -> Requirements:
    """The rules that decide about an approved request now. Everybody is looked up again on whose word it rests.

    Raises ApprovalLostError, NotYetError, SlackAwayError, and what AWS raises.
    """
    if requirements_of(request, context.rules()) is None:
        raise ApprovalLostError(f"{rules_named(request)} under which it was approved no longer {_exist(request)}.")
    asker = context.people.look(request.requester)
    if why := context.people.stranger(asker):
        raise ApprovalLostError(f"{asker.name}, who asked for it, {why.about}.")
    try:
        now = judged_anew(context, request, asker).as_promised(request)
    except NoRuleError as error:
        raise ApprovalLostError(str(error)) from error
    lost = _glass_lost(context, request, now, asker) if request.break_glass else _votes_lost(context, request, now)
    if lost:
        raise ApprovalLostError(lost)
    return now


def _exist(request: Request) -> str:
    return "exists" if len(stored_of(request)) == 1 else "exist"


def _glass_lost(context: Context, request: Request, now: Requirements, asker: Person) -> str:
    """Those review it whose rules it broke the glass of; under another one it is broken anew."""
    if not may_break(context, now, asker):
        return f"{asker.name} may no longer break the glass under {listed(now.quoted)}."
    new = _now_decide(request, now)
    return f"{new}, and its approvers would not review it." if new else ""


def _now_decide(request: Request, now: Requirements) -> str:
    """The rules that decide as well by now and are not on the card; empty where there are none."""
    kept = {kept["name"] for kept in stored_of(request)}
    new = [f"“{one.rule.name}”" for one in now.all if one.approvals and one.rule.name not in kept]
    decide = "decides" if len(new) == 1 else "decide"
    return f"what it reaches or the rules have changed: {listed(new)} {decide} as well now" if new else ""


def _votes_lost(context: Context, request: Request, now: Requirements) -> str:
    """Whoever approved saw the rules on the card; for another one nobody has approved, whoever may approve under it."""
    new = _now_decide(request, now)
    if new:
        return f"{new}, and nobody has approved that."
    approvers = approvers_now(context, involved(context, request), now)
    if not now.open(approver.seats for approver in approvers).all:
        return ""
    return _who_no_longer_counts(approvers, request) or "the approvals on record do not cover it."


def _who_no_longer_counts(approvers: list[Approver], request: Request) -> str:
    """The approvals that were enough when they were given, and why they are not now; empty when nothing is known against them."""
    for approver in approvers:
        if approver.same_as:
            return f"{approver.person.name}, who approved it, is the same person as {approver.same_as.name}."
    gone = [approver.person.name for approver in approvers if not approver.seats]
    return f"{joined(gone)}, who approved it, may no longer approve under {rules_named(request)}." if gone else ""
