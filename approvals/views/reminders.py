"""What is said while a request waits: reminders, the escalation, and that it expires soon. Pure."""

from __future__ import annotations

from datetime import datetime

from approvals.models import Request
from approvals.slack.blocks import slack_date, span
from approvals.views.thread import Body, body, link, name
from operations.snapshot.names import counted

NOBODY = "Nobody may approve it under today's rules; whoever still needs it can ask again."
NOBODY_ELSE = "The rule names nobody else who could decide it."


def reminder(request: Request, who: str, missing: int, now: datetime) -> Body:
    """Into the thread: how long it has waited, for whom, and until when."""
    return body(f":bell: {_waited(request, now)} {_asked(who, missing)}{_until(request)}")


def escalation(request: Request, to: str, now: datetime) -> Body:
    """Into the thread: more people may decide from now on."""
    called = f"{to}: from now on you may decide it as well." if to else NOBODY_ELSE
    return body(f":rotating_light: {_waited(request, now)} {called}{_until(request)}")


def warning(who: str, missing: int) -> Body:
    """Into the thread, an hour before the end."""
    return body(f":hourglass: This request expires in about an hour. {_asked(who, missing)}")


def absent(request: Request, channel: str) -> Body:
    """To an approver who is not in the approval channel."""
    return body(
        f":wave: <@{request.requester}> waits for a decision that you may make: {name(request)}. "
        f"Its card is in <#{channel}>: {link(request)}. You aren't in that channel; join it to decide."
    )


def _waited(request: Request, now: datetime) -> str:
    return f"This request has waited for {span(now - (request.announced_at or now))}."


def _asked(who: str, missing: int) -> str:
    needed = f"it needs {counted(missing, 'more approval')}, or a denial"
    return f"{who}: {needed}." if who else NOBODY


def _until(request: Request) -> str:
    return f" It expires {slack_date(request.expires_at)}." if request.expires_at else ""
