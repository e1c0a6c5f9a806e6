"""The approval card, made from the database alone: the same request gives the same card, whenever it is made.

What a request changes and what it hits stands on the card as far as there is room, and wholly in the thread.
Source: Slack API, "Block Kit: Blocks" (limits of text, fields and blocks).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from approvals.authority.quorum import Missing, Seat, cannot_decide, missing, rule_now
from approvals.authority.rules import Rule
from approvals.models import Request, Vote
from approvals.slack.blocks import (
    Block,
    button,
    clean,
    code,
    context,
    escape,
    fields,
    fit,
    header,
    mentions,
    quoted,
    section,
    shorten,
)
from approvals.states import Status
from approvals.views import confirmations, unreachable
from approvals.views.thread import Body, handover, slack_time, when
from operations.core.closing import Closing
from operations.core.preview import Preview

ON_THE_CARD = 1_400  # Characters; a card has 13,000 in all, and escaping makes more of them.
IN_A_MESSAGE = 2_400
LONGEST_ESCAPE = 6  # Characters that one may become.
MOST_MESSAGES = 20
HITS_ON_THE_CARD = 12

STATES = {
    Status.PENDING: (":hourglass_flowing_sand:", "Waiting for approval"),
    Status.APPROVED: (":white_check_mark:", "Approved, starting"),
    Status.RUNNING: (":gear:", "Being carried out"),
    Status.WAITING: (":gear:", "AWS is at work"),
    Status.UNKNOWN: (":mag:", "AWS's answer was lost; looking whether it took effect"),
    Status.SUCCEEDED: (":white_check_mark:", "Done"),
    Status.FAILED: (":x:", "Failed"),
    Status.STALE: (":warning:", "Out of date: nothing was done"),
    Status.DENIED: (":x:", "Denied"),
    Status.CANCELLED: (":wastebasket:", "Cancelled"),
    Status.EXPIRED: (":hourglass:", "Expired"),
    Status.REFUSED: (":no_entry:", "Not put before approvers"),
}


def card(
    request: Request,
    votes: Sequence[Vote],
    closing: Closing | None = None,
    rule: Rule | None = None,
    without: frozenset[str] = frozenset(),
) -> Body:
    """The message for the approval channel; `closing` is the hand-over of a request that succeeded, and `rule` as it is now
    says who is still needed, but for those in `without`, who may not act.
    """
    preview = (
        Preview.model_validate(request.preview)
        if request.preview
        else Preview(title=request.operation, facts=(), plan=())
    )
    title = clean(f"#{request.id} {preview.title}")
    blocks = [
        header(shorten(title, 150)),
        context(f"{_status(request)}  ·  asked by <@{request.requester}>  ·  `{request.operation}`"),
        *fields({fact.label: fact.value for fact in preview.facts}),
        *([quoted("Reason", shorten(request.reason, 1500))] if request.reason else []),
        *_plan(preview),
        *effects(preview),
        *_warnings(preview),
        *_standing(request, preview, votes, rule, without),
        *_end(request, closing),
    ]
    return {"text": shorten(escape(f"{STATES[Status(request.status)][1]}: {title}"), 1000), "blocks": fit(blocks)}


def names_people(request: Request) -> bool:
    """Whether the card says who is still needed, to approve or to review."""
    return request.status == Status.PENDING or (request.break_glass and not request.reviewed_by)


def _status(request: Request) -> str:
    icon, words = STATES[Status(request.status)]
    return f"{icon} *{words}*"


def _plan(preview: Preview) -> list[dict[str, Any]]:
    steps = [f"{number}. {escape(shorten(step, 500))}" for number, step in enumerate(preview.plan, 1)]
    return [section("*What will happen*\n" + "\n".join(steps))] if steps else []


def _warnings(preview: Preview) -> list[dict[str, Any]]:
    warnings = [f":warning: {escape(shorten(warning, 400))}" for warning in preview.warnings]
    return [section(shorten("\n".join(warnings), 2900))] if warnings else []


def _standing(
    request: Request, preview: Preview, votes: Sequence[Vote], rule: Rule | None, without: frozenset[str]
) -> list[dict[str, Any]]:
    if request.status == Status.PENDING:
        short = [section(text) for text in (unreachable.on_card(request),) if text]
        return [*short, context(_needed(request, votes, rule, without)), _buttons(request, preview, votes, rule)]
    said = {Status.DENIED: "Denied", Status.CANCELLED: "Cancelled"}.get(Status(request.status), "Approved")
    if request.decided_at is None:
        return []
    if request.break_glass:
        return _glass(request, rule, without)
    if not request.decided_by:
        return [context(f"Needs no approval, by rule “{escape(request.rule)}”, {slack_time(request)}")]
    approvers = ", ".join(f"<@{vote.user}>" for vote in votes if vote.decision == "approve")
    by = approvers if said == "Approved" and approvers else f"<@{request.decided_by}>"
    why = [quoted(f"Why it was {said.lower()}", request.decision_reason)] if request.decision_reason else []
    return [context(f"{said} by {by}, {slack_time(request)}"), *why]


def _glass(request: Request, rule: Rule | None, without: frozenset[str]) -> list[dict[str, Any]]:
    """What was done without approval stays marked, and asks for its review until somebody has signed it."""
    told = f":rotating_light: *Break glass*: <@{request.requester}> acted without approval, {slack_time(request)}, by rule “{escape(request.rule)}”"
    if request.reviewed_by:
        return [context(told, f"Reviewed by <@{request.reviewed_by}>, {when(request.reviewed_at)}")]
    who = mentions(rule.deciders(), without | cannot_decide(request, ())) if rule else ""
    reviewers = f" by {who}" if who else ""
    signing = button("I have reviewed this", "review", str(request.id), confirm=confirmations.to_sign(request))
    return [context(told, f"Needs a review{reviewers}"), {"type": "actions", "elements": [signing]}]


def _needed(request: Request, votes: Sequence[Vote], rule: Rule | None, without: frozenset[str]) -> str:
    approved = [vote for vote in votes if vote.decision == "approve"]
    so_far = f"Approved by {', '.join(f'<@{vote.user}>' for vote in approved)}; " if approved else ""
    until = ""
    if request.expires_at is not None:
        until = f" until <!date^{int(request.expires_at.timestamp())}^{{date_short_pretty}} {{time}}|{request.expires_at:%Y-%m-%d %H:%M} UTC>"
    still = _by_whom(rule, request, approved, without) if rule else _count(_left(None, request, approved).first)
    return f"{so_far}needs {still}{until}, by rule “{escape(request.rule)}”"


def _by_whom(rule: Rule, request: Request, approved: Sequence[Vote], without: frozenset[str]) -> str:
    """How many approvals are still needed, and whose; one that is missing twice over is never told as one."""
    rule, left = rule_now(request, rule), _left(rule, request, approved)
    groups = ((left.first, rule.approvers), (left.second, rule.second_approvers), (left.either, rule.deciders()))
    without |= cannot_decide(request, approved)
    return " and ".join(f"{_count(number)} {_of(mentions(people, without))}" for number, people in groups if number)


def _of(people: str) -> str:
    return f"of {people}" if people else "that nobody may give under today's rules"


def _left(rule: Rule | None, request: Request, approved: Sequence[Vote]) -> Missing:
    if rule is None:
        return Missing(first=request.approvals_needed - len(approved))
    return missing(rule_now(request, rule), request.approvals_needed, [Seat(vote.seat) for vote in approved])


def _count(approvals: int) -> str:
    return f"{approvals} approval{'' if approvals == 1 else 's'}"


def _buttons(request: Request, preview: Preview, votes: Sequence[Vote], rule: Rule | None) -> dict[str, Any]:
    number = str(request.id)
    approved = [vote for vote in votes if vote.decision == "approve"]
    left = _left(rule, request, approved)
    sure = confirmations.to_approve(request, preview, left.first + left.second + left.either)
    return {
        "type": "actions",
        "elements": [
            button("Approve", "approve", number, style="primary", confirm=sure),
            button("Deny", "deny", number, style="danger"),
            *([button("Withdraw approval", "withdraw", number)] if approved else []),
            button("Cancel request", "cancel", number, confirm=confirmations.to_cancel(request)),
        ],
    }


def _end(request: Request, closing: Closing | None) -> list[dict[str, Any]]:
    if closing is not None:
        return [section(f":white_check_mark: *{escape(closing.summary)}*"), *handover(closing)]
    if not request.outcome or request.status == Status.SUCCEEDED:
        return []
    advice = f"\n*What to do:* {escape(shorten(request.advice, 800))}" if request.advice else ""
    return [section(f"{escape(shorten(request.outcome, 1500))}{advice}")]


def effects(preview: Preview) -> list[Block]:
    """The blocks for the card: what is hit, the number first, and as much of the diff as there is room for."""
    return [*_hits(preview), *_diff(preview)]


def _hits(preview: Preview) -> list[Block]:
    if not preview.hits:
        return []
    first, *others = preview.hits
    lines = [f"*What it hits*: {escape(shorten(first, 300))}"]
    lines += [f"•  {escape(shorten(line, 120))}" for line in others[:HITS_ON_THE_CARD]]
    lines += [f"and {len(others) - HITS_ON_THE_CARD} more, in the thread"] if len(others) > HITS_ON_THE_CARD else []
    return [section(shorten("\n".join(lines), 2900))]


def _diff(preview: Preview) -> list[Block]:
    if not preview.diff:
        return []
    shown, rest = _head(preview.diff, ON_THE_CARD)
    more = "\nThe whole of it is in the thread." if rest else ""
    return [section(f"*What changes*\n{code(shown)}{more}")]


def whole(preview: Preview) -> Iterator[str]:
    """The texts for the thread: all that the card has no room for; none when the card says everything."""
    if len(preview.hits) > HITS_ON_THE_CARD + 1:
        yield "*What it hits*\n" + "\n".join(f"•  {escape(shorten(line, 90))}" for line in preview.hits[:25])
    if not _head(preview.diff, ON_THE_CARD)[1]:
        return
    rest, number = preview.diff, 0
    while rest and number < MOST_MESSAGES:
        shown, rest = _head(rest, IN_A_MESSAGE)
        number += 1
        yield f"*What changes, part {number}*\n{code(shown)}"


def _head(text: str, limit: int) -> tuple[str, str]:
    """As many whole lines as fit when they are escaped, and the rest; a line that is longer than that is cut."""
    lines, used = text.split("\n"), 0
    for number, line in enumerate(lines):
        used += len(code(line))
        if used > limit:
            if number:
                return "\n".join(lines[:number]), "\n".join(lines[number:])
            cut = limit // LONGEST_ESCAPE
            return text[:cut], text[cut:]
    return text, ""
