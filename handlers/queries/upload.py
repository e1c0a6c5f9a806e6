"""The tree as a picture: drawn by a worker and sent to the asker by direct message.

Source: Slack API, "Working with files" (Uploading files), "files.getUploadURLExternal", "files.completeUploadExternal".
"""

from __future__ import annotations

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
NOT_SENT = ":warning: The picture could not be sent. `orgbot check` says whether the app has the scope files:write."


def picture(responder: Responder, question: Question) -> list[Block]:
    """Has the picture drawn and sent; gives the answer meanwhile."""
    try:
        unit = unit_of(question)
    except FieldError as error:
        return wrong("tree", error)
    send(responder, question, unit)
    return [section(DRAWN)]


def send(responder: Responder, question: Question, unit: OrganizationalUnit) -> None:
    """Draws the tree beneath an OU and uploads it, on a worker."""
    responder.look_later("a picture was not sent", lambda: _send(responder, question, unit))


def _send(responder: Responder, question: Question, unit: OrganizationalUnit) -> None:
    from handlers.queries.drawing import drawn  # noqa: PLC0415  Only those who want a picture pay for the library.

    content = drawn(question.tree, unit)
    try:
        _upload(responder, question, unit, content)
    except (SlackRefusedError, SlackBusyError, SlackAmbiguousError):
        responder.tell(NOT_SENT)
        raise


def _upload(responder: Responder, question: Question, unit: OrganizationalUnit, content: bytes) -> None:
    accounts = counted(question.tree.count_beneath(unit.id), "account")
    responder.call(
        "files.upload.v2",
        channel=responder.call("conversations.open", users=responder.caller.user)["channel"]["id"],
        filename=f"{question.organization.id}.png",
        content=content,
        title=shorten(f"{question.organization.id} {unit.path}", 100),
        alt_txt=f"The tree of the organization beneath {shorten(unit.path, 200)}",
        initial_comment=f"{_place(unit)}: {accounts}, as read from AWS {ago(question.organization.read_at, question.now)}",
    )


def _place(unit: OrganizationalUnit) -> str:
    return escape(unit.path) if unit.parent else "Whole organization"
