"""What Slack asks between a button of a card and its effect: what would happen, in the words of this request. Pure.

Source: Slack API, "Block Kit: Confirmation dialog object" (plain text, 300 characters).
"""

from __future__ import annotations

from collections.abc import Sequence

from approvals.models import Request
from approvals.slack.blocks import CONFIRM_TEXT, Block, confirm, shorten
from operations.core.preview import Preview

AT_ONCE = "It starts immediately."
LATER = "It starts once everybody who is needed has approved."
CLOSED = "Nothing is done in AWS. Only the person who asked can cancel it."
FILES = "This is a new request, which has to be approved like any other."
LONGEST_TITLE = 110


def to_approve(request: Request, preview: Preview, needed: int) -> Block | None:
    """Names what is approved and the card's first danger, in red; nothing is asked where nothing is dangerous.

    `needed` is how many approvals are still missing.
    """
    if not preview.dangers:
        return None
    then = AT_ONCE if needed <= 1 else LATER
    title = _named(preview.title)
    warning = _warning(preview.dangers, CONFIRM_TEXT - len(title) - len(then))
    return confirm(f"Approve request #{request.id}?", f"{title}{warning}{then}", "Approve", "Cancel", "danger")


def _named(title: str) -> str:
    return f"{shorten(title, LONGEST_TITLE)}.\n"


def _warning(dangers: tuple[str, ...], room: int) -> str:
    """The first danger on a line of its own, and how many more there are."""
    more = len(dangers) - 1
    end = f" (and {more} more on the card)\n" if more else "\n"
    return shorten(f"Danger: {dangers[0]}", room - len(end)) + end


def to_cancel(request: Request) -> Block:
    """Asked of everybody who presses it, because Slack shows everybody the same card."""
    return cancelling(request.id or 0, request.title)


def cancelling(number: int, title: str) -> Block:
    """The same for a request of which no more is known yet."""
    return confirm(f"Cancel request #{number}?", f"{_named(title)}{CLOSED}", "Cancel request", "Keep it")


def to_undo(request: Request, titles: Sequence[str]) -> Block:
    """Names the requests that would be filed to undo this one."""
    room = CONFIRM_TEXT - len(FILES)
    text = shorten("\n".join(f"{shorten(title, LONGEST_TITLE)}." for title in titles), room - 1)
    return confirm(f"Undo request #{request.id}?", f"{text}\n{FILES}", "Submit request", "Cancel")


def to_sign(request: Request) -> Block:
    """The review of what was done without approval."""
    return confirm(
        f"Sign the review of request #{request.id}?",
        "You have looked at what was done and why. Your name stays on the card and in the audit.",
        "I have reviewed it",
        "Cancel",
    )
