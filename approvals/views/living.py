"""What is edited in place while a request goes on: the requester's one message, and the line in the thread that says who decided
and how far it is. Pure.

Source: Slack API, "chat.update", "Block Kit".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from approvals.authority.quorum import cannot_decide
from approvals.authority.requirements import rules_named, stored_of
from approvals.models import Request, Vote, operation_of
from approvals.slack.blocks import (
    Block,
    actions,
    button,
    context,
    escape,
    mentions,
    quoted,
    section,
    shorten,
    slack_date,
    url_button,
)
from approvals.states import EXECUTING, TERMINAL, Status
from approvals.views import on_hold, set_aside, thread
from approvals.views.confirmations import to_cancel
from approvals.views.thread import Body, body
from operations.core.closing import Closing
from operations.core.observations import Snippet
from operations.core.steps import Control
from operations.snapshot.names import joined

LONGEST_TITLE = 200
ICONS = {
    Status.PENDING: ":hourglass_flowing_sand:",
    Status.APPROVED: ":gear:",
    Status.RUNNING: ":gear:",
    Status.WAITING: ":gear:",
    Status.UNKNOWN: ":mag:",
    Status.FAILED: ":x:",
    Status.STALE: ":warning:",
    Status.DENIED: ":x:",
    Status.CANCELLED: ":wastebasket:",
    Status.EXPIRED: ":hourglass:",
    Status.REFUSED: ":no_entry:",
}


def living(request: Request, votes: Sequence[Vote] = ()) -> Body:
    """The requester's message, with the buttons that they may press just now."""
    if request.status == Status.SUCCEEDED:
        return _succeeded(request, votes)
    lines = [f"{ICONS[Status(request.status)]} *{_title(request)}*", *_lines(request, votes)]
    why = [quoted("Reason", request.decision_reason)] if request.decision_reason else []
    needed = thread.while_waiting(request, snippets_of(request), controls_of(request))
    text = "\n".join(lines)
    told = f"{text}\nReason: {escape(request.decision_reason)}" if why else text
    return body(told, section(text), *why, *needed, *actions(*_buttons(request)))


def _title(request: Request) -> str:
    return f"#{request.id} {escape(shorten(request.title, LONGEST_TITLE))}"


def _lines(request: Request, votes: Sequence[Vote]) -> Iterator[str]:
    if request.status == Status.PENDING:
        yield from _waiting(request, votes)
    elif request.status in EXECUTING:
        yield _running(request, votes)
        yield from progress(request)
    else:
        yield from _END[Status(request.status)](request)


def _waiting(request: Request, votes: Sequence[Vote]) -> Iterator[str]:
    if not_yet := on_hold.not_asked(request):
        yield not_yet
        return
    approved = [vote for vote in votes if vote.decision == "approve"]
    by = f" ({', '.join(f'<@{vote.user}>' for vote in approved)})" if approved else ""
    total = max(request.approvals_needed, len(approved) + 1)  # Each rule has its own people, and one is still missing.
    so_far = f"{len(approved)} of {total} approvals{by}"
    until = [f"expires {slack_date(request.expires_at)}"] if request.expires_at else []
    yield "  ·  ".join([f"Waiting for {_whom(request, approved)}", so_far, *until])
    if request.warned_at:
        yield ":hourglass: It expires in about an hour, and nobody has decided yet. Ask the approvers yourself."
    if short := on_hold.unreachable(request):
        yield short


def _whom(request: Request, approved: Sequence[Vote]) -> str:
    """Who may decide, as it was noted with the request's rules; the rules where an earlier version noted nobody."""
    people = dict.fromkeys(name for rule in stored_of(request) for name in _asked(request, rule))
    return mentions(people, cannot_decide(request, approved)) or f"approval by {escape(rules_named(request))}"


def _asked(request: Request, rule: dict[str, Any]) -> list[str]:
    """Those whom a rule asks; whom it calls upon after a time, only since then."""
    later = () if request.escalated_at else rule.get("later", ())
    return [name for name in rule.get("people") or () if name not in later]


def _running(request: Request, votes: Sequence[Vote]) -> str:
    doing = {Status.WAITING: "In progress.", Status.UNKNOWN: "AWS has not confirmed it yet."}
    return f"{decision(request, votes)} {doing.get(Status(request.status), 'Running.')}"


def decision(request: Request, votes: Sequence[Vote]) -> str:
    """Why it may run, in a sentence; everybody who approved is named."""
    if request.break_glass:
        ran = "Ran" if request.status in TERMINAL else "Runs"
        signed = f"reviewed by <@{request.reviewed_by}>" if request.reviewed_by else "somebody else has to review it"
        return f"{ran} under break glass; {signed}."
    if not request.decided_by:
        return f"No approval needed, by {escape(rules_named(request))}."
    approved = list(dict.fromkeys(vote.user for vote in votes if vote.decision == "approve")) or [request.decided_by]
    return f"Approved by {joined(f'<@{user}>' for user in approved)}."


def progress(request: Request) -> Iterator[str]:
    """The steps that are done, where there are several, and what is waited for."""
    for say in request.memory.get(thread.STEPS, []):
        yield f":heavy_check_mark: {escape(say)}"
    if request.memory.get(on_hold.ON_HOLD):
        yield request.memory.get(on_hold.WHY) or set_aside.stopped(request)
    elif request.status in (Status.WAITING, Status.UNKNOWN) and request.memory.get(thread.SAID):
        yield f":hourglass_flowing_sand: {escape(request.memory[thread.SAID])}"


def snippets_of(request: Request) -> list[Snippet]:
    """What is to be copied while it waits."""
    waits = request.status == Status.WAITING and not request.memory.get(on_hold.ON_HOLD)
    return [Snippet.model_validate(one) for one in request.memory.get(thread.SNIPPETS, [])] if waits else []


def controls_of(request: Request) -> list[Control]:
    """What may be asked for while it waits."""
    offered = operation_of(request).controls(request.memory) if request.status == Status.WAITING else ()
    held = on_hold.keeps_waiting(request) and request.status in EXECUTING
    return [*offered, *((on_hold.GIVE_UP,) if held else ())]


def _buttons(request: Request) -> Iterator[Block]:
    if request.card_link:
        yield url_button("View", "link-card", request.card_link)
    if request.status == Status.PENDING:
        yield button("Cancel request", "cancel", request.button, confirm=to_cancel(request))
    if request.status in TERMINAL:
        yield from thread.advised(request)
        yield thread.again(request)


def _succeeded(request: Request, votes: Sequence[Vote]) -> Body:
    closing = Closing.model_validate(request.memory.get(thread.CLOSING) or {"summary": request.outcome})
    ended = thread.succeeded(request, closing, undo=request.memory.get(thread.UNDO, ()))
    link = f"<{request.card_link}|View>" if request.card_link else ""
    small = [f"#{request.id}", decision(request, votes), *([link] if link else [])]
    return {**ended, "blocks": [*ended["blocks"][:-1], context(*small)]}


def _denied(request: Request) -> Iterator[str]:
    yield f"Denied by <@{request.decided_by}>. Nothing has been changed."


def _cancelled(_: Request) -> Iterator[str]:
    yield "Cancelled. Nothing has been changed."


def _expired(_: Request) -> Iterator[str]:
    yield "Nobody decided in time, so it has expired. Nothing has been changed."


def _refused(request: Request) -> Iterator[str]:
    yield f"Not submitted: {escape(shorten(request.outcome, 2000))}"
    yield "Nothing has been changed."


def _bad_end(request: Request) -> Iterator[str]:
    yield thread.bad_end(request)


_END: dict[Status, Callable[[Request], Iterator[str]]] = {
    Status.DENIED: _denied,
    Status.CANCELLED: _cancelled,
    Status.EXPIRED: _expired,
    Status.REFUSED: _refused,
    Status.FAILED: _bad_end,
    Status.STALE: _bad_end,
}


def line(request: Request, votes: Sequence[Vote] = ()) -> Body:
    """The thread's line: who decided and, while it runs, what is done and what is waited for."""
    if request.status not in (*EXECUTING, Status.SUCCEEDED, Status.FAILED, Status.STALE):
        return thread.decided(request)
    text = "\n".join([f":white_check_mark: {decision(request, votes)}", *progress(request)])
    why = [quoted("Reason", request.decision_reason)] if request.decision_reason else []
    return body(text, section(text), *why, *thread.while_waiting(request, snippets_of(request), controls_of(request)))
