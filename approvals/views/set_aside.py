"""What people are told when a job of the bot's was set aside: what has not happened, and what to do. Pure."""

from __future__ import annotations

from approvals.models import Interaction, Request, RoleSession
from approvals.slack.blocks import Block, escape, section, shorten, slack_date
from approvals.slack.modals import home
from approvals.views.on_hold import GIVE_UP
from approvals.views.thread import Body, body, link, name, private, while_waiting
from operations.core.observations import Failed

ERROR = "orgbot has run into an error of its own"
ONCE_MORE = "It is tried again when orgbot is restarted."
NOBODY_ASKED = "It expired before approvers could be asked, because Slack or AWS did not answer."
NOT_ASKED_IN_TIME = f"It expired before approvers could be asked: {ERROR}."


def not_announced(request: Request) -> Body:
    """To the requester: the card could not be made."""
    return _told(
        f"your request #{request.id} ({request.operation}) has not been submitted: approvers have not been asked. Nothing has been changed",
        f"{ONCE_MORE} `/org request {request.id}` cancels it.",
        request.id,
    )


def no_card(request: Request) -> Body:
    """To the requester: the card could not be posted."""
    return _told(
        f"the card of your {name(request)} could not be posted, so approvers cannot see it",
        f"{ONCE_MORE} `/org request {request.id}` shows it.",
        request.id,
    )


def not_expired(request: Request) -> Body:
    """To the requester and into the thread: its time is over, and it could not be closed."""
    return _told(
        f"{link(request)} has run out of time and could not be closed. It can no longer be approved, and nothing has been changed",
        ONCE_MORE,
        request.id,
    )


def not_reminded(request: Request) -> Body:
    """To the requester and into the thread: approvers hear nothing more."""
    return _told(
        f"approvers are not reminded of {link(request)}. It still waits for approval",
        f"Ask them yourself. {ONCE_MORE}",
        request.id,
    )


def not_told(request: Request) -> Body:
    """To the requester and into the thread: approvers who are not in the channel have not heard of it."""
    return _told(
        f"approvers who are not in the approval channel have not been told about {link(request)}. It still waits for approval",
        f"Tell them yourself. {ONCE_MORE}",
        request.id,
    )


def not_followed(request: Request) -> Body:
    """Into the thread: something was sent, and nobody knows what became of it."""
    text = stopped(request)
    return body(text, section(text), *while_waiting(request, (), (GIVE_UP,)))


def stopped(request: Request) -> str:
    """What was sent may have been done, and nobody looks on."""
    title = escape(shorten(request.title, 200))
    return _text(
        "this request has stopped. What was sent to AWS may have taken effect; it is not known whether it did",
        f"Check in AWS whether this was done: {title}. Please don't ask for the same again before. {ONCE_MORE}",
        request.id,
    )


def not_begun(request: Request) -> Failed:
    """The end of an approved request of which nothing was sent."""
    return Failed(
        f"{ERROR}. Nothing was sent to AWS for this request.",
        f"Whoever runs orgbot finds the error in the log under request={request.id}. Ask again once it is mended.",
        again=True,
    )


def not_carried_out(click: Interaction) -> Body:
    """To the clicker alone: the press had no effect."""
    return private(
        click.request_id,
        f"{ERROR}, so your press of the button had no effect. Press it again in a while. "
        f"If that doesn't help, tell whoever runs orgbot: the log names it click {click.id}.",
    )


def not_tended(row: RoleSession, undone: str, advice: str) -> Body:
    """To the requester and into the thread: what was due with a role session has not happened."""
    return _told(
        f"{undone}. The session for {escape(row.role)} in {row.account} ends {slack_date(row.expires_at)}",
        f"{advice} {ONCE_MORE}".strip(),
        row.request_id,
    )


def home_not_shown() -> Block:
    """In place of a home tab."""
    text = f":warning: {ERROR}: this tab could not be shown.\n*What to do:* Open it again in a while; `/org requests` shows requests meanwhile."
    return home([section(text)])


def not_handed_over(request: Request, *, maybe: bool) -> Failed:
    """Why there are no credentials; `maybe` when the message may stand in Slack all the same."""
    what = "It is not known whether the credentials reached you" if maybe else "The credentials were not handed over"
    return Failed(
        f"{ERROR}. {what}.",
        f"Whoever runs orgbot finds the error in the log under request={request.id}. Ask again once it is mended.",
        again=True,
    )


def _told(undone: str, advice: str, number: int | None) -> Body:
    return body(_text(undone, advice, number))


def _text(undone: str, advice: str, number: int | None) -> str:
    return (
        f":warning: {ERROR}: {undone}.\n"
        f"*What to do:* {advice} Whoever runs orgbot finds the error in the log under request={number}."
    )
