"""The approval card, made from the database alone: the same request gives the same card, whenever it is made.

What a request changes and what it hits stands on the card as far as there is room, and wholly in the thread.
Source: Slack API, "Block Kit: Blocks" (limits of text, fields and blocks).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from approvals.authority.quorum import Missing, cannot_decide
from approvals.authority.requirements import Requirement, Requirements, rules_named, seats_of_vote
from approvals.authority.rules import Rule
from approvals.models import DIGEST, Request, Vote
from approvals.slack.blocks import (
    SECTION,
    Block,
    actions,
    button,
    clean,
    context,
    escape,
    fit,
    header,
    mentions,
    plain,
    quoted,
    section,
    shorten,
    slack_date,
)
from approvals.states import TERMINAL, Status
from approvals.views import confirmations, on_hold
from approvals.views.thread import Body, handover
from approvals.views.whole import Lines, Part, parts, pieces
from operations.core.closing import Closing
from operations.core.preview import Preview
from operations.core.registry import by_name
from operations.snapshot.names import joined

MOST_IN_PLAIN = 10_000  # Characters, fewer than Slack takes in one message, so that nothing is cut from it.
NOT_WHOLE = ":warning: Slack doesn't show all of this request, so it can't be approved here. Deny it, and have it asked in smaller parts."
STATES = {
    Status.PENDING: (":hourglass_flowing_sand:", "Waiting for approval"),
    Status.APPROVED: (":white_check_mark:", "Approved, starting"),
    Status.RUNNING: (":gear:", "Running"),
    Status.WAITING: (":gear:", "In progress"),
    Status.UNKNOWN: (":mag:", "Not confirmed by AWS yet"),
    Status.SUCCEEDED: (":white_check_mark:", "Done"),
    Status.FAILED: (":x:", "Failed"),
    Status.STALE: (":warning:", "Out of date: nothing was done"),
    Status.DENIED: (":x:", "Denied"),
    Status.CANCELLED: (":wastebasket:", "Cancelled"),
    Status.EXPIRED: (":hourglass:", "Expired"),
    Status.REFUSED: (":no_entry:", "Not submitted"),
}


def card(
    request: Request,
    votes: Sequence[Vote],
    required: Requirements | None = None,
    without: frozenset[str] = frozenset(),
) -> Body:
    """The message for the approval channel: whole while there is something to decide or to see, a title and a line when it is over.

    `required` says who is still needed for what, but for those in `without`, who may not act.
    """
    if request.status in TERMINAL and not names_people(request):
        return _over(request, votes)
    return whole_card(request, votes, required=required, without=without)


def whole_card(
    request: Request,
    votes: Sequence[Vote],
    closing: Closing | None = None,
    required: Requirements | None = None,
    without: frozenset[str] = frozenset(),
) -> Body:
    """All that is known of a request; `closing` is the hand-over of one that succeeded."""
    preview = _preview(request)
    blocks = [
        header(shorten(_title(request), 150)),
        context(_asked(request)),
        *(block for part in parts(preview, request.reason) for block in part.blocks),
        *_standing(request, preview, votes, required, without),
        *_end(request, closing),
    ]
    return _message(request, blocks)


def _message(request: Request, blocks: list[Block]) -> Body:
    text = f"{STATES[Status(request.status)][1]}: {_title(request)}"
    return {"text": shorten(escape(text), 1000), "blocks": fit(blocks)}


def _title(request: Request) -> str:
    return clean(f"#{request.id} {request.title}")


def _over(request: Request, votes: Sequence[Vote]) -> Body:
    """What became of it, and a button that shows all of it."""
    ended = escape(shorten(request.outcome, 600))
    told = [section(f"{_status(request)}{f'  ·  {ended}' if ended else ''}")]
    by = [f"asked by <@{request.requester}>", *_decision(request, votes)]
    why = [quoted(f"Why it was {request.status}", request.decision_reason)] if request.decision_reason else []
    details = actions(button("Details", "details", request.button))
    return _message(request, [header(shorten(_title(request), 150)), *told, context(*by), *why, *details])


def _decision(request: Request, votes: Sequence[Vote]) -> list[str]:
    """Who decided, as a piece of a line."""
    if request.decided_at is None:
        return []
    when = slack_date(request.decided_at)
    if request.break_glass:
        signed = f"reviewed by <@{request.reviewed_by}>, {slack_date(request.reviewed_at)}"
        return [f":rotating_light: break glass, {when}", *([signed] if request.reviewed_by else [])]
    if not request.decided_by:
        return [f"no approval needed, by {escape(rules_named(request))}, {when}"]
    said = {Status.DENIED: "denied", Status.CANCELLED: "cancelled"}.get(Status(request.status), "approved")
    approvers = ", ".join(f"<@{vote.user}>" for vote in votes if vote.decision == "approve")
    by = approvers if said == "approved" and approvers else f"<@{request.decided_by}>"
    return [f"{said} by {by}, {when}"]


def plain_card(
    request: Request,
    votes: Sequence[Vote],
    required: Requirements | None = None,
    without: frozenset[str] = frozenset(),
) -> Body:
    """The same in plain text that Slack takes: where it refuses the whole card, a request is still decided on all that it says."""
    told = (*parts(_preview(request), request.reason), _ended(request))
    said = "\n".join([_title(request), *(line for part in told for line in part.plain())])
    shown = [{"type": "section", "text": plain(part, SECTION)} for part in pieces(said[:MOST_IN_PLAIN])]
    is_whole = len(said) <= MOST_IN_PLAIN
    standing = _standing_in_plain(request, votes, required, without, is_whole=is_whole)
    return _message(request, [section(_asked(request)), *shown, *standing])


def _standing_in_plain(
    request: Request, votes: Sequence[Vote], required: Requirements | None, without: frozenset[str], *, is_whole: bool
) -> list[Block]:
    """Who decides or has decided, and the buttons; what is too long to be shown whole can't be approved."""
    if not_yet := on_hold.not_asked(request):
        return [section(not_yet)]
    if request.break_glass:
        return _glass(request, required, without)
    if request.status != Status.PENDING:
        return [section(text) for text in _decision(request, votes)]
    needed = section(_needed(request, votes, required, without))
    approve, deny = (button(text, text.lower(), request.button_beside_digest) for text in ("Approve", "Deny"))
    return [needed, *actions(approve, deny)] if is_whole else [needed, section(NOT_WHOLE), *actions(deny)]


def _preview(request: Request) -> Preview:
    unknown = {"title": request.operation, "facts": (), "plan": ()}
    return Preview.model_validate(request.preview or unknown)


def names_people(request: Request) -> bool:
    """Whether the card says who is still needed, to approve or to review."""
    return request.status == Status.PENDING or (request.break_glass and not request.reviewed_by)


def _status(request: Request) -> str:
    icon, words = STATES[Status(request.status)]
    return f"{icon} *{words}*"


def _asked(request: Request) -> str:
    """How it stands, who asks for what, and the beginning of the digest of it, by which the votes and the audit name it as well."""
    digest = f"  ·  digest `{request.digest[:DIGEST]}`" if request.digest else ""
    return f"{_status(request)}  ·  asked by <@{request.requester}>  ·  `{request.operation}`{digest}"


def _standing(
    request: Request, preview: Preview, votes: Sequence[Vote], required: Requirements | None, without: frozenset[str]
) -> list[dict[str, Any]]:
    if not_yet := on_hold.not_asked(request):
        cancel = button("Cancel request", "cancel", request.button, confirm=confirmations.to_cancel(request))
        return [section(not_yet), *actions(cancel)]
    if request.status == Status.PENDING:
        short = [section(text) for text in (on_hold.unreachable_on_card(request),) if text]
        needed = context(_needed(request, votes, required, without))
        return [*short, needed, *_buttons(request, preview, votes, required)]
    if request.decided_at is None:
        return []
    if request.break_glass:
        return _glass(request, required, without)
    why = [quoted("Reason of the decision", request.decision_reason)] if request.decision_reason else []
    return [context(*_decision(request, votes)), *why]


def _glass(request: Request, required: Requirements | None, without: frozenset[str]) -> list[dict[str, Any]]:
    """What was done without approval stays marked, and asks for its review until somebody has signed it."""
    told = f":rotating_light: *Break glass*: <@{request.requester}> acted without approval, {slack_date(request.decided_at)}, by {escape(rules_named(request))}"
    if request.reviewed_by:
        return [context(told, f"Reviewed by <@{request.reviewed_by}>, {slack_date(request.reviewed_at)}")]
    who = mentions(required.deciders(), without | cannot_decide(request, ())) if required else ""
    reviewers = f" by {who}" if who else ""
    signing = button("I have reviewed this", "review", request.button, confirm=confirmations.to_sign(request))
    return [context(told, f"Needs a review{reviewers}"), *actions(signing)]


def _needed(request: Request, votes: Sequence[Vote], required: Requirements | None, without: frozenset[str]) -> str:
    """How many have approved, whose approval is missing, and until when."""
    approved = [vote for vote in votes if vote.decision == "approve"]
    by = f" ({', '.join(f'<@{vote.user}>' for vote in approved)})" if approved else ""
    total = len(approved) + left(request, required, approved)
    parts = [f"{len(approved)} of {total} approvals{by}", _by_whom(request, required, approved, without)]
    until = [f"expires {slack_date(request.expires_at)}"] if request.expires_at else []
    return "  ·  ".join([*parts, *until])


def _by_whom(request: Request, required: Requirements | None, approved: Sequence[Vote], without: frozenset[str]) -> str:
    """For each rule that is not satisfied yet how many approvals are missing, whose, and for what."""
    if required is None:
        return escape(rules_named(request))
    seats = [seats_of_vote(request, vote) for vote in approved]
    without |= cannot_decide(request, approved)
    several = len(required.all) > 1
    return "; ".join(
        f"needs {_whose(one.rule, one.missing(seats), without)}{_for(one) if several else ''}, rule: {escape(one.rule.name)}"
        for one in required.open(seats).all
    )


def _whose(rule: Rule, left: Missing, without: frozenset[str]) -> str:
    """One that is missing twice over is never told as one."""
    groups = ((left.first, rule.approvers), (left.second, rule.second_approvers), (left.either, rule.deciders()))
    return joined(f"{number} {_of(mentions(people, without))}" for number, people in groups if number)


def _for(one: Requirement) -> str:
    named = ", ".join(escape(shorten(place, 80)) for place in one.places)
    more = f" and {one.total - len(one.places)} more" if one.total > len(one.places) else ""
    return f" for {named}{more}" if named else ""


def _of(people: str) -> str:
    return f"of {people}" if people else "more, which nobody may give under today's rules"


def left(request: Request, required: Requirements | None, approved: Sequence[Vote]) -> int:
    """How many presses are missing at the least: one counts in every rule in which that person may approve."""
    if required is None:
        return request.approvals_needed - len(approved)
    seats = [seats_of_vote(request, vote) for vote in approved]
    missing = [one.missing(seats) for one in required.all]
    return max(left.first + left.second + left.either for left in missing)


def _buttons(request: Request, preview: Preview, votes: Sequence[Vote], required: Requirements | None) -> list[Block]:
    approved = [vote for vote in votes if vote.decision == "approve"]
    sure = confirmations.to_approve(request, preview, left(request, required, approved))
    return actions(
        button("Approve", "approve", request.button_beside_digest, style="primary", confirm=sure),
        button("Deny", "deny", request.button_beside_digest, style="danger"),
        *([button("Withdraw approval", "withdraw", request.button)] if approved else []),
        button("Cancel request", "cancel", request.button, confirm=confirmations.to_cancel(request)),
        *picture_button(request),
    )


def picture_button(request: Request) -> list[Block]:
    """What shows what the request changes in the tree to whoever presses it; nothing where a picture says no more."""
    operation = by_name().get(request.operation)
    return [button("Show picture", "picture", request.button)] if operation and operation.picture else []


def _end(request: Request, closing: Closing | None) -> list[dict[str, Any]]:
    if closing is not None:
        return [section(f":white_check_mark: *{escape(closing.summary)}*"), *handover(request, closing)]
    return [] if request.status == Status.SUCCEEDED else _ended(request).blocks


def _ended(request: Request) -> Part:
    advice = (("What to do", shorten(request.advice, 800)),) if request.advice else ()
    return Part((("", shorten(request.outcome, 1500)), *advice) if request.outcome else (), _labelled)


def _labelled(lines: Lines) -> list[Block]:
    said = (f"*{label}:* {escape(text)}" if label else escape(text) for label, text in lines)
    return [section("\n".join(said))]
