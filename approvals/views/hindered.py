"""What is told where Slack keeps the bot from telling or deciding: what has not happened, why, and who can still do what. Pure.

`why` is always what to mend, as `approvals.slack.codes.meaning` says it.
"""

from __future__ import annotations

from approvals.models import Request, operation_of
from approvals.slack.blocks import context as small
from approvals.slack.blocks import escape, section, shorten
from approvals.views.thread import Body, body, link, name
from approvals.views.whole import aside
from operations.core.preview import Preview
from operations.snapshot.names import capital

HINDERED = "hindered"  # In a request's memory: what its requester was told last of why decisions don't count yet.
ONCE_MENDED = "It goes on by itself once that is mended."
ONCE_OVER = "It goes on by itself as soon as that is over."
SILENT = "Slack doesn't answer"
UNCONFIRMED = "Slack hasn't confirmed yet that it has posted this message"
AT_WORK = "the request is being carried out just now"
UNREAD = "the organization has not been read from AWS yet"


def no_card(request: Request, why: str) -> Body:
    """To the requester: approvers have no card, and decide elsewhere meanwhile."""
    return body(
        f":warning: *#{request.id} {escape(shorten(request.title, 200))}*: approvers have no card yet, because Slack doesn't take it: "
        f"{escape(why)}.\nThey get a direct message to decide in; `/org request {request.id}` lets them decide too."
    )


def decide_here(request: Request, card: Body) -> list[Body]:
    """To an approver: the request with its buttons, while there is no card in the channel; what the card has no room for comes
    first, because there is no thread.
    """
    told = f":warning: This request has no card in the approval channel, so it waits for your decision here: {name(request)}."
    before = aside(Preview.model_validate(request.preview), operation_of(request).free_texts())
    told += " What has no room here stands in the message before." if before else ""
    return [*before, body(told, small(told), *card["blocks"])]


def moved(request: Request) -> Body:
    """In place of the card in a channel that is no longer the approval channel."""
    return body(f":arrow_right: {capital(name(request))} is now in <#{request.card_channel}>: {link(request)}.")


def no_card_in_time(why: str) -> str:
    """The end of a request that approvers never saw."""
    return f"It expired before its card could be posted, so approvers could not decide: {why}."


def no_direct_message(request: Request, why: str) -> Body:
    """Into the thread: the requester hears nothing by direct message."""
    return body(
        f":warning: <@{request.requester}> gets no direct message about this request: {escape(why)}. {ONCE_MENDED} "
        "Until then what happens is told in this thread."
    )


def no_credentials_yet(request: Request, why: str) -> Body:
    """Into the thread: the credentials wait, for an hour at most."""
    return body(
        f":warning: <@{request.requester}> can't be sent the credentials: {escape(why)}. They are sent once that is mended, within an hour."
    )


def press_waits(why: str) -> str:
    """To whoever pressed a button: it cannot be told whether they may, or what became of it."""
    return (
        f"your press is kept, but nothing is done yet. {escape(capital(why))}. It counts by itself as soon as that is over; "
        "you needn't press again."
    )


def decision_waits(request: Request, why: str) -> Body:
    """To the requester: decisions about their request don't count yet."""
    told = f":warning: Your {name(request)} can't be decided yet. {escape(capital(why))}. {ONCE_OVER}"
    return body(told, section(told))


def unknown(why: str = SILENT) -> str:
    """That somebody can't be looked up, with what to mend where that is known."""
    return f"who may decide can't be looked up: {why}"


def not_asked_yet(request: Request, why: str) -> Body:
    """To the requester: approvers have not been asked."""
    return body(
        f":warning: Your request #{request.id} ({request.operation}) waits, and approvers have not been asked yet: orgbot can't look up who you are "
        f"or who may decide. {escape(capital(why))}. {ONCE_OVER} Please don't ask for the same again."
    )
