"""What Slack asks between a button of a card and its effect: what would happen, in the words of this request. Pure.

Source: Slack API, "Block Kit: Confirmation dialog object" (plain text, 300 characters).
"""

from __future__ import annotations

from approvals.models import Request
from approvals.text import CONFIRM_TEXT, Block, confirm, shorten
from operations.preview import Preview

AT_ONCE = "It is carried out in AWS at once, in your name."
LATER = "It is carried out in AWS as soon as the others who are needed have approved."
LONGEST_TITLE = 110


def to_approve(request: Request, preview: Preview, needed: int) -> Block:
    """Names what is approved and the card's first warning, so that the last look is not at a number; red when it warns.

    `needed` is how many approvals are still missing.
    """
    then = AT_ONCE if needed <= 1 else LATER
    title = f"{shorten(preview.title, LONGEST_TITLE)}.\n"
    room = CONFIRM_TEXT - len(title) - len(then)
    warning = shorten(f"Warning: {preview.warnings[0]}", room - 1) + "\n" if preview.warnings else ""
    style = "danger" if warning else ""
    return confirm(f"Approve request #{request.id}?", f"{title}{warning}{then}", "Approve", "Not yet", style)


def to_cancel(request: Request) -> Block:
    """Asked of everybody who presses it, because Slack shows everybody the same card."""
    title = f"Cancel request #{request.id}?"
    return confirm(title, "Only the person who asked can cancel it.", "Cancel request", "Keep it")


def to_sign(request: Request) -> Block:
    """The review of what was done without approval."""
    return confirm(
        f"Sign the review of request #{request.id}?",
        "You have looked at what was done and why. Your name stays on the card and in the audit.",
        "I have reviewed it",
        "Not yet",
    )
