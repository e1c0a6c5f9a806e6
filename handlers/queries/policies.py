"""`/org policies [type]`: which types are enabled, and each policy with its attachments and its reach. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from approvals.slack.blocks import Block, packed, section
from handlers.queries.parts import aged, name, of_total, page, turning, unread
from handlers.queries.question import Question
from operations.aws.errors import FieldError
from operations.policies.common import named
from operations.snapshot.live import Live
from operations.snapshot.names import counted, listed
from operations.snapshot.policies import Policy
from operations.snapshot.policy_types import label, policy_types

SIZE = 25
ENABLED = "ENABLED"


def policies(question: Question, _: Live) -> list[Block]:
    """The page of the policies of the type that was asked for, or of all types."""
    kind = _kind(question)
    found = _in_order(question, kind)
    shown = page(question, found, SIZE)
    what = f" of the type {label(kind)}" if kind else ""
    gaps = unread(question, kind)
    known = "known " if gaps else ""
    total = counted(len(found), f"{known}policy", f"{known}policies") if found or not gaps else "Policies"
    return [
        section(f"*{total}{what}*{of_total(question, len(found), SIZE)}"),
        *packed(gaps),
        *packed(_grouped(question, shown)),
        *turning("policies", question, len(found), SIZE),
        *packed(_others(question, kind, found)),
        aged(question, "`/org policy &lt;name or id&gt;` shows one"),
    ]


def _kind(question: Question) -> str:
    kind = named(question.text)
    if question.text and not kind:
        known = listed([label(known) for known in policy_types()], 20)
        raise FieldError(
            "type",
            f"“{question.text[:60]}” is not a policy type. There are: {known}. Short words: scp, rcp, tag, backup, ai.",
        )
    return kind


def _in_order(question: Question, kind: str) -> list[Policy]:
    order = {known: number for number, known in enumerate(policy_types())}
    found = [policy for policy in question.organization.policies.known if not kind or policy.type == kind]
    return sorted(found, key=lambda policy: (order.get(policy.type, len(order)), policy.type, policy.name.casefold()))


def _grouped(question: Question, shown: Sequence[Policy]) -> list[str]:
    """A headline for each type with its status, and a line for each policy."""
    return [
        line
        for kind, members in groupby(shown, key=lambda policy: policy.type)
        for line in (f"*{label(kind)}*  {status(question, kind)}", *(_line(question, policy) for policy in members))
    ]


def status(question: Question, kind: str) -> str:
    """Whether a type is enabled, in words."""
    told = question.organization.policies.types.get(kind, "")
    words = {ENABLED: ":white_check_mark: enabled", "": ":black_circle: not enabled"}
    return words.get(told, f":hourglass: {told.casefold().replace('_', ' ')}")


def _line(question: Question, policy: Policy) -> str:
    by_aws = "  ·  managed by AWS" if policy.aws_managed else ""
    return f"{name(policy.name, 80)}  `{policy.id}`  ·  {_reach(question, policy)}{by_aws}"


def _reach(question: Question, policy: Policy) -> str:
    why = question.organization.policies.untold(policy.id)
    if why:
        return f"attachments could not be read ({why})"
    attachments = len(question.organization.policies.targets.get(policy.id, ()))
    reaches = counted(question.tree.count_reached(policy.id), "account")
    return f"{counted(attachments, 'attachment')}, reaches {reaches}" if attachments else "not attached"


def _others(question: Question, kind: str, found: Sequence[Policy]) -> list[str]:
    """The types that have no policy here, by their status."""
    shown = {policy.type for policy in found}
    rest = [other for other in ([kind] if kind else policy_types()) if other not in shown]
    types, untold = question.organization.policies.types, question.organization.policies.unread
    rest = [other for other in rest if other not in untold]
    enabled = [label(other) for other in rest if types.get(other) == ENABLED]
    pending = [f"{label(other)} ({status(question, other)})" for other in rest if types.get(other, ENABLED) != ENABLED]
    disabled = [label(other) for other in rest if other not in types]
    return [
        f"_{words}_: {', '.join(labels)}"
        for words, labels in (
            ("Enabled, without a policy", enabled),
            ("Being changed", pending),
            ("Not enabled", disabled),
        )
        if labels
    ]
