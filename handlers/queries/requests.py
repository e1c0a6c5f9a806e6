"""Requests as people look them up and work with them: lists, what they may press beside each, and one of them in private. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pydantic import ValidationError

from approvals.models import DIGEST, AuditRecord, Request, operation_of
from approvals.slack.blocks import (
    MESSAGE,
    Block,
    actions,
    button,
    context,
    escape,
    fit,
    packed,
    section,
    shorten,
    slack_date,
    url_button,
)
from approvals.states import TERMINAL, Status
from approvals.views import thread
from approvals.views.card import STATES, picture_button, whole_card
from approvals.views.confirmations import to_approve, to_cancel, to_undo
from approvals.views.history import line as history_line
from approvals.views.whole import warned, whole
from operations.core.base import Operation
from operations.core.closing import Closing
from operations.core.preview import Preview

NO_REQUESTS = "You haven't asked for anything yet, and nothing is under way."
NO_CARD = ":warning: Approvers have no card in the approval channel yet."
MOST_HERE = 2000  # Characters besides the facts, so that nothing is cut for the history.
MOST_HITS, MOST_CHARACTERS = 4, 900  # Of what a request that is decided away from its card may do.


def lists(mine: Sequence[Request], live: Sequence[Request]) -> list[Block]:
    """What the caller asked for last, and what else waits and runs in the organization."""
    shown = {request.id for request in mine}
    others = [request for request in live if request.id not in shown]
    found = [*_titled("Your requests", map(about, mine)), *_titled("Also under way", map(line, others))]
    return found or [section(NO_REQUESTS)]


def _titled(title: str, lines: Iterable[str]) -> list[Block]:
    """A headline, and the lines beneath it; nothing where there are none."""
    found = list(lines)
    return packed([f"*{title}*", *found]) if found else []


def line(request: Request) -> str:
    """One request in a line of mrkdwn, with who asked for it."""
    return f"{about(request)}  ·  <@{request.requester}>"


def about(request: Request) -> str:
    """One request in a line of mrkdwn, linked to its card when there is one."""
    icon, words = STATES[Status(request.status)]
    number = f"<{request.card_link}|#{request.id}>" if request.card_link else f"#{request.id}"
    return f"{icon} {number} {escape(shorten(request.title, 150))}  ·  {words}"


def to_decide(request: Request, left: int = 1) -> list[Block]:
    """A request that waits for the reader: what it does and hits, and the buttons to decide, or to review it first.

    `left` is how many approvals it lacks at the least. What may be decided here is shown whole, beside its digest.
    """
    preview = Preview.model_validate(request.preview or {"title": request.operation, "facts": (), "plan": ()})
    title = f"#{request.id} {escape(shorten(preview.title, MOST_CHARACTERS))}"
    named = f"<{request.card_link}|{title}>" if request.card_link else title
    head = f"*{named}*\n{_asked(request)}{_no_card(request)}"
    if not _fits(request, preview):
        return [section("\n".join([head, *_hits(preview.hits[:1])])), *actions(*_review(request))]
    shown = [section("\n".join([head, *_hits(preview.hits)])), *warned(preview).blocks]
    facts = [f"{escape(fact.label)}: {escape(fact.value)}" for fact in preview.facts]
    digest = f"digest `{request.digest[:DIGEST]}`"
    return [*shown, context("  ·  ".join([*facts, digest])), *actions(*_decide(request, preview, left))]


def _asked(request: Request) -> str:
    """Who asks since when and why, and until when it waits; Slack keeps the times true."""
    since = f"asked {slack_date(request.created_at)}" if request.created_at else ""
    until = f"expires {slack_date(request.expires_at)}" if request.expires_at else ""
    reason = f"“{escape(shorten(request.reason, 200))}”" if request.reason else ""
    return "  ·  ".join(filter(None, [f"<@{request.requester}>", since, until, reason]))


def _no_card(request: Request) -> str:
    return f"\n{NO_CARD}" if lacks_card(request) else ""


def _hits(hits: Sequence[str]) -> list[str]:
    if not hits:
        return []
    first, *others = hits
    return [f"Affects: {escape(shorten(first, MOST_CHARACTERS))}", *(f"•  {escape(hit)}" for hit in others)]


def _fits(request: Request, preview: Preview) -> bool:
    """Whether all that is decided upon can be shown in a few lines, and can be taken back."""
    operation = _operation(request)
    if operation is None or operation.irreversible:
        return False
    if not request.digest or preview.dangers or preview.diff or len(preview.hits) > MOST_HITS:
        return False
    facts = [text for fact in preview.facts for text in (fact.label, fact.value)]
    warnings = [block["text"]["text"] for block in warned(preview).blocks]
    if sum(map(len, (preview.title, *facts, *preview.hits, *warnings))) > MOST_CHARACTERS:
        return False
    return not whole(preview, operation.free_texts())


def _operation(request: Request) -> Operation | None:
    """What is asked for; None where an earlier version asked for it otherwise."""
    try:
        return operation_of(request)
    except (ValidationError, KeyError):
        return None


def _decide(request: Request, preview: Preview, left: int) -> Iterator[Block]:
    carried = request.button_beside_digest
    yield button("Approve", "approve", carried, style="primary", confirm=to_approve(request, preview, left))
    yield button("Deny", "deny", carried)
    yield from picture_button(request)


def _review(request: Request) -> Iterator[Block]:
    """Where the decision is made: on the card, or without one on a message."""
    if lacks_card(request):
        yield button("Review", "show", request.button)
    elif request.card_link:
        yield url_button("Review", "link-card", request.card_link)
    yield from picture_button(request)


def own(request: Request) -> list[Block]:
    """A request of the reader's own with the button that they may press beside it."""
    ended = request.status in (Status.REFUSED, Status.FAILED, Status.STALE)
    why = f"\n{escape(shorten(request.outcome, 300))}" if ended and request.outcome else ""
    said, offered = section(f"{about(request)}{why}{_no_card(request)}"), own_buttons(request) or _next(request)
    if request.memory.get(thread.OPENS):
        return [said, *actions(*thread.advised(request), *offered)]
    return [said | ({"accessory": offered[0]} if offered else {})]


def _next(request: Request) -> list[Block]:
    """What a request that went well offers first, such as credentials for the account that it made."""
    closing = request.memory.get("closing") if request.status == Status.SUCCEEDED else None
    return thread.opening(Closing.model_validate(closing).next, request.button)[:1] if closing else []


def own_buttons(request: Request) -> list[Block]:
    """What its requester may do about a request, one of these at most: take it back, undo it, or ask anew where that helps."""
    if request.status == Status.PENDING:
        return [button("Cancel request", "cancel", request.button, confirm=to_cancel(request))]
    undo = request.memory.get(thread.UNDO) if request.status == Status.SUCCEEDED else None
    if undo:
        return [button("Undo", "undo", request.button, confirm=to_undo(request, undo))]
    ended_badly = request.status in TERMINAL and request.status != Status.SUCCEEDED
    return [thread.again(request)] if ended_badly and _operation(request) else []


def lacks_card(request: Request) -> bool:
    """Whether approvers have been asked, and have no card to decide on."""
    return request.status == Status.PENDING and request.announced_at is not None and not request.card_ts


def private_card(request: Request, viewer: str) -> list[Block]:
    """The card for one reader: the requester has the buttons of their own, and others decide where there is no card."""
    closing = request.memory.get("closing")
    body = whole_card(request, [], Closing.model_validate(closing) if closing else None)
    offers = lacks_card(request) and request.requester != viewer
    here = offers and _is_whole_here(request)
    blocks = [block for block in body["blocks"] if here or not _decides(block)]
    if offers and not here:
        blocks += actions(*_review(request))
    if lacks_card(request):
        blocks.insert(0, section(NO_CARD))
    if request.requester == viewer:
        blocks += actions(*thread.advised(request), *own_buttons(request))
    if request.card_link:
        blocks.append(section(f"<{request.card_link}|Open card>"))
    return blocks


def _is_whole_here(request: Request) -> bool:
    """Whether the card says all that is decided upon: there is no thread for the rest."""
    preview, operation = Preview.model_validate(request.preview), _operation(request)
    texts = [preview.title, *preview.plan, *preview.hits, *(notice.say for notice in preview.warnings)]
    return operation is not None and not whole(preview, operation.free_texts()) and sum(map(len, texts)) <= MOST_HERE


def history(entries: Sequence[AuditRecord], earlier: int) -> list[Block]:
    """What the audit says about a request, one line a record, and how many lines are left out."""
    if not entries:
        return []
    left_out = [f"_{earlier} earlier; `orgbot audit export` has them all._"] if earlier else []
    return packed(["*History*", *left_out, *(history_line(entry) for entry in entries)])


def with_history(blocks: list[Block], told: list[Block]) -> list[Block]:
    """The card and the history in one message; where both are too long the card is cut, because its message has the whole."""
    return [*fit(blocks, MESSAGE - sum(len(block["text"]["text"]) for block in told)), *told]


def _decides(block: Block) -> bool:
    return block["type"] == "actions" and any(
        item.get("action_id") in ("approve", "review") for item in block["elements"]
    )
