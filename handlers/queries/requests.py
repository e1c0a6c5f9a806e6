"""Requests as people look them up: lists of them, and one of them in private. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from approvals.models import AuditRecord, Request
from approvals.slack.blocks import MESSAGE, Block, actions, button, escape, fit, packed, section, shorten, url_button
from approvals.states import Status
from approvals.views.card import STATES, whole_card
from approvals.views.confirmations import to_cancel
from approvals.views.history import line as history_line
from operations.core.closing import Closing

NOTHING = "_None._"
NO_CARD = ":warning: Approvers have no card in the approval channel yet."


def lists(mine: Sequence[Request], live: Sequence[Request]) -> list[Block]:
    """What the caller asked for last, and what else waits and runs in the organization."""
    shown = {request.id for request in mine}
    others = [request for request in live if request.id not in shown]
    return [*asked_by_you(mine), *titled("What else waits and runs", map(line, others))]


def asked_by_you(requests: Sequence[Request]) -> list[Block]:
    """A headline, and one line a request of the reader's own."""
    return titled("Asked by you", map(about, requests))


def titled(title: str, lines: Iterable[str]) -> list[Block]:
    """A headline, and the lines beneath it."""
    return packed([f"*{title}*", *(list(lines) or [NOTHING])])


def line(request: Request) -> str:
    """One request in a line of mrkdwn, with who asked for it."""
    return f"{about(request)}  ·  <@{request.requester}>"


def about(request: Request) -> str:
    """One request in a line of mrkdwn, linked to its card when there is one."""
    icon, words = STATES[Status(request.status)]
    number = f"<{request.card_link}|#{request.id}>" if request.card_link else f"#{request.id}"
    return f"{icon} {number} {escape(shorten(request.title, 150))}  ·  {words}"


def with_button(request: Request) -> Block:
    """The line with a button beside it that leads to where the decision is made: to the card, or without one to a message."""
    if lacks_card(request):
        return section(f"{line(request)}\n{NO_CARD}") | {"accessory": button("Show and decide", "show", request.button)}
    opens = {"accessory": url_button("Open the card", "link-card", request.card_link)} if request.card_link else {}
    return section(line(request)) | opens


def lacks_card(request: Request) -> bool:
    """Whether approvers have been asked, and have no card to decide on."""
    return request.status == Status.PENDING and request.announced_at is not None and not request.card_ts


def private_card(request: Request, viewer: str) -> list[Block]:
    """The card for one reader: the requester may take a waiting request back, and others decide where there is no card."""
    closing = request.memory.get("closing")
    body = whole_card(request, [], Closing.model_validate(closing) if closing else None)
    offers = lacks_card(request) and request.requester != viewer
    blocks = [block for block in body["blocks"] if offers or not _decides(block)]
    if lacks_card(request):
        blocks.insert(0, section(NO_CARD))
    if request.status == Status.PENDING and request.requester == viewer:
        blocks += actions(_cancel(request))
    if request.card_link:
        blocks.append(section(f"<{request.card_link}|The card and its thread>"))
    return blocks


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


def _cancel(request: Request) -> Block:
    return button("Cancel request", "cancel", request.button, confirm=to_cancel(request))
