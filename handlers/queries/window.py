"""A document in a window of its own: it opens at once, because its trigger lives 3 s, and is filled when AWS has told.

Source: Slack API, "views.open", "views.update", "Modals" (100 blocks, 250 KB).
"""

from __future__ import annotations

from collections.abc import Callable

from approvals.slack.blocks import Block, section
from approvals.slack.client import SlackRefusedError
from handlers.modals import TOO_SLOW
from handlers.queries.parts import code_lines, code_sections, name, untold
from handlers.responder import Responder
from operations.aws.errors import AwsError

MOST_SECTIONS = 80
READING = ":hourglass: Reading it from AWS…"
EMPTY = "_There is none: no policy of this type has an effect here._"


def show(responder: Responder, title: str, read: Callable[[], str]) -> None:
    """Opens the window and fills it with what `read()` gives, on a worker; `read` may raise AwsError."""
    responder.later("a document was not shown", lambda: _show(responder, title, read))


def _show(responder: Responder, title: str, read: Callable[[], str]) -> None:
    try:
        opened = responder.call(
            "views.open", trigger_id=responder.caller.trigger, view=_view(title, [section(READING)])
        )
    except SlackRefusedError as error:
        if error.code == "expired_trigger_id":
            responder.tell(TOO_SLOW)
        raise
    responder.call("views.update", view_id=opened["view"]["id"], view=_view(title, _filling(read)))


def _filling(read: Callable[[], str]) -> list[Block]:
    try:
        sections = code_sections(code_lines(read()))
    except AwsError as error:
        return [untold("Document", error)]
    cut = [section("_The rest is too long for Slack._")] if len(sections) > MOST_SECTIONS else []
    return [*sections[:MOST_SECTIONS], *cut] or [section(EMPTY)]


def _view(title: str, blocks: list[Block]) -> Block:
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Policy document", "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": [section(f"*{name(title, 200)}*"), *blocks],
    }
