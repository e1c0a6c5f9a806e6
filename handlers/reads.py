"""What people look at without asking anybody: answered at once, from the database. Pure but for the reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from approvals.cards import STATES, card
from approvals.models import Request
from approvals.states import Status
from approvals.text import context, escape, header, section, shorten
from handlers.front import Front
from handlers.typed import ParseError
from operations.closing import Closing

Block = dict[str, Any]
MOST = 15


def requests(front: Front, user: str) -> list[Block]:
    """What waits and what runs, then the asker's own newest."""
    live = front.desk.recent(live=True, limit=MOST)
    mine = [request for request in front.desk.recent(requester=user, limit=MOST) if request not in live]
    return [
        header("Requests"),
        section("*Waiting and running*\n" + (_lines(live) or "Nothing.")),
        *([section("*Yours, finished*\n" + _lines(mine))] if mine else []),
        context("`/org request <number>` shows one."),
    ]


def _lines(found: Sequence[Request]) -> str:
    return shorten("\n".join(line(request) for request in found), 2900)


def line(request: Request) -> str:
    """A request in one line, linked to its card when that is known."""
    icon, words = STATES[Status(request.status)]
    number = f"<{request.card_link}|#{request.id}>" if request.card_link else f"#{request.id}"
    title = escape(shorten(str(request.preview.get("title") or request.operation), 120))
    return f"{icon} {number} {title}  ·  {words}  ·  <@{request.requester}>"


def request(front: Front, words: Sequence[str]) -> list[Block]:
    """One request as its card shows it, without the buttons; raises ParseError."""
    number = words[0].lstrip("#") if words else ""
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise ParseError(f"“{number[:40]}” is no request number. Write `/org request 12`; `/org requests` lists them.")
    found = front.desk.find(int(number))
    if found is None:
        raise ParseError(f"there is no request #{number}. `/org requests` lists them.")
    closing = found.memory.get("closing")
    blocks: list[Block] = card(found, [], Closing.model_validate(closing) if closing else None)["blocks"]
    link = [context(f"<{found.card_link}|Open the card>")] if found.card_link else []
    return [block for block in blocks if block["type"] != "actions"] + link
