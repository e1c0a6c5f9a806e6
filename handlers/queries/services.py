"""`/org services`: the services with trusted access, and the delegated administrators. Pure."""

from __future__ import annotations

from approvals.slack.blocks import Block, escape, packed, section
from handlers.queries.parts import aged, name, of_total, page, turning, untold
from handlers.queries.question import Question
from operations.aws.errors import AwsError
from operations.snapshot.live import Delegated, Live
from operations.snapshot.names import counted, spread

SIZE = 40


def services(question: Question, live: Live) -> list[Block]:
    """The page of the services, and who administers which."""
    found = [
        principal for principal in question.organization.services if question.text.casefold() in principal.casefold()
    ]
    shown = page(question, found, SIZE)
    return [
        *_head(question, len(found)),
        *packed(map(_principal, shown)),
        *turning("services", question, len(found), SIZE),
        *_administrators(live),
        aged(question),
    ]


def _head(question: Question, total: int) -> list[Block]:
    why = question.organization.services_unread
    if why:
        return [section(f"*Services with trusted access*\n:warning: Could not be read: {escape(why)}")]
    return [section(f"*{counted(total, 'service')} with trusted access*{of_total(question, total, SIZE)}")]


def _administrators(live: Live) -> list[Block]:
    try:
        found = live.delegated()
    except AwsError as error:
        return [untold("Delegated administrators", error)]
    looked_at = [_line(one, one.services) for one in found if one.services is not None]
    others = [one for one in found if one.services is None]
    return packed(["*Delegated administrators*", *(looked_at or ["_None._"]), *([_others(others)] if others else [])])


def _line(one: Delegated, services: tuple[str, ...]) -> str:
    return f"{_who(one)}  for {', '.join(spread(services, 5, _principal)) or 'no service'}"


def _others(found: list[Delegated]) -> str:
    """Those of whom it was not asked for which services: each takes a call."""
    return f"And {counted(len(found), 'account')} more, for services that were not looked at: {', '.join(spread(found, 10, _who))}"


def _who(one: Delegated) -> str:
    return f"{name(one.name, 50)}  `{one.account}`"


def _principal(principal: str) -> str:
    return f"`{name(principal, 100)}`"
