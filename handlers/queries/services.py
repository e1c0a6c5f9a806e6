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
    return packed(["*Delegated administrators*", *(map(_line, found) if found else ["_None._"])])


def _line(one: Delegated) -> str:
    principals = ", ".join(spread(one.services, 5, _principal))
    return f"{name(one.name, 50)}  `{one.account}`  for {principals or 'no service'}"


def _principal(principal: str) -> str:
    return f"`{name(principal, 100)}`"
