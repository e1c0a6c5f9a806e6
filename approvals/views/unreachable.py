"""What is said of a request whose approvals cannot be reached: to the requester, and on the card. Pure."""

from __future__ import annotations

from approvals.authority.able import Shortfall
from approvals.models import Request
from approvals.slack.blocks import escape
from operations.snapshot.names import counted

KEY = "unreachable"  # In a request's memory: its shortfalls, as they were told.


def for_requester(request: Request) -> str:
    """For the requester: why, and what to do; empty where nothing is known to be missing."""
    found = shortfalls(request)
    why = " ".join(f"{_why(one, 'you')}." for one in found)
    return f":warning: It can't be approved as things stand. {why} {_advice(found)}" if found else ""


def on_card(request: Request) -> str:
    """For the card; empty where nothing is known to be missing."""
    found = shortfalls(request)
    why = " ".join(f"{_why(one, 'the person who asked')}." for one in found)
    return f":warning: Can't be approved as things stand. {why}" if found else ""


def shortfalls(request: Request) -> tuple[Shortfall, ...]:
    """What cannot be reached, as it was found last."""
    return tuple(Shortfall(**one) for one in request.memory.get(KEY, []))


def _why(short: Shortfall, asker: str) -> str:
    if short.why:
        return escape(short.why.rstrip("."))
    if short.gone:
        return f"The rule “{escape(short.rule)}” no longer exists"
    needed = f"The rule “{escape(short.rule)}” needs {counted(short.needed, 'approval')}"
    if short.second:
        return f"{needed}, one of them by its second approvers, and no such person is left"
    if not short.able:
        return f"{needed}, and nobody other than {asker} may give one"
    people = "only 1 person" if short.able == 1 else f"only {short.able} people"
    return f"{needed}, and {people} other than {asker} may give one"


def _advice(found: tuple[Shortfall, ...]) -> str:
    if any(short.gone or short.why for short in found):
        return "Cancel it and ask again."
    return "Have another approver named in the bot's rules, or cancel it."
