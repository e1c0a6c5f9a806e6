"""What is sent to the asker as a file by direct message, by a worker: the tree as a picture, and texts too long for a message.

Source: Slack API, "Working with files" (Uploading files), "files.getUploadURLExternal", "files.completeUploadExternal".
"""

from __future__ import annotations

from typing import Any

from approvals.slack.blocks import Block, ago, escape, section, shorten
from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError
from handlers.queries.parts import wrong
from handlers.queries.question import Question
from handlers.queries.tree import unit_of
from handlers.responder import Responder
from operations.aws.errors import FieldError
from operations.snapshot.names import counted
from operations.snapshot.organization import OrganizationalUnit

DRAWN = ":frame_with_picture: I am drawing it; you get it by direct message."
NOT_SENT = ":warning: The {what} could not be sent. `orgbot check` says whether the app has the scope files:write."


def picture(responder: Responder, question: Question) -> list[Block]:
    """Has the picture drawn and sent; gives the answer meanwhile."""
    try:
        unit = unit_of(question)
    except FieldError as error:
        return [wrong(error)]
    send(responder, question, unit)
    return [section(DRAWN)]


def send(responder: Responder, question: Question, unit: OrganizationalUnit) -> None:
    """Draws the tree beneath an OU and uploads it, on a worker."""
    responder.look_later("a picture was not sent", lambda: _send(responder, question, unit))


def _send(responder: Responder, question: Question, unit: OrganizationalUnit) -> None:
    from handlers.queries.drawing import drawn  # noqa: PLC0415  Only those who want a picture pay for the library.

    content, accounts = drawn(question.tree, unit), counted(question.tree.count_beneath(unit.id), "account")
    _upload(
        responder,
        "picture",
        filename=f"{question.organization.id}.png",
        content=content,
        title=shorten(f"{question.organization.id} {unit.path}", 100),
        alt_txt=f"The tree of the organization beneath {shorten(unit.path, 200)}",
        initial_comment=f"{_place(unit)}: {accounts}, as read from AWS {ago(question.organization.read_at, question.now)}",
    )


def send_text(responder: Responder, name: str, text: str, comment: str) -> None:
    """Uploads a text under a file's name, on a worker; `comment` is mrkdwn."""
    file = {"filename": name, "content": text, "title": name, "initial_comment": comment}
    responder.later("a file was not sent", lambda: _upload(responder, f"file {name}", **file))


def _upload(responder: Responder, what: str, **file: Any) -> None:
    try:
        channel = responder.call("conversations.open", users=responder.caller.user)["channel"]["id"]
        responder.call("files.upload.v2", channel=channel, **file)
    except (SlackRefusedError, SlackBusyError, SlackAmbiguousError):
        responder.tell(NOT_SENT.format(what=what))
        raise


def _place(unit: OrganizationalUnit) -> str:
    return escape(unit.path) if unit.parent else "Whole organization"
