"""Pictures, drawn by a worker: the tree by direct message, what a request changes in a window, the organization on home tabs; and
texts that are too long for a message.

A window and a home tab name a file that the bot has uploaded and shared nowhere; Slack takes a moment until it may be named.
Source: Slack API, "Working with files" (Uploading files), "files.getUploadURLExternal", "files.completeUploadExternal", "files.info",
"Slack file object".
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient

from approvals.models import Request
from approvals.outbox.home_tabs import STILL_SHOWN, PictureBook
from approvals.slack.blocks import Block, ago, escape, picture, section, shorten
from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call
from approvals.slack.modals import window
from handlers.dependencies import Run
from handlers.queries.layout import Node, outlined
from handlers.queries.parts import wrong
from handlers.queries.question import Question
from handlers.queries.tree import unit_of
from handlers.responder import Responder
from operations.aws.errors import FieldError
from operations.snapshot.names import counted
from operations.snapshot.organization import OrganizationalUnit
from operations.snapshot.tree import Tree

log = logging.getLogger(__name__)
WAITS = (0.25, 0.5, 1, 2, 4)  # Seconds between looks whether Slack is done with a file.
COMES_SOON = timedelta(seconds=15)
TRY_AGAIN = timedelta(minutes=10)
DRAWN = ":frame_with_picture: Drawing it. You'll get it as a direct message."
DRAWING = ":hourglass: Drawing…"
NOT_SHOWN = ":warning: The picture can't be shown just now. Please try again in a moment."
NOT_SENT = ":warning: The {what} could not be sent. `orgbot check` says whether the app has the scope files:write."


def by_message(responder: Responder, question: Question) -> list[Block]:
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


def keep(slack: WebClient, name: str, content: bytes, says: str) -> str:
    """Uploads a picture that stands nowhere yet; gives the id by which it may be shown, "" when Slack isn't done with it in time.

    Raises as `approvals.slack.client.call`.
    """
    kept = call(slack, "files.upload.v2", filename=name, content=content, alt_txt=shorten(says, 500))
    file = str(kept["files"][0]["id"])
    for seconds in WAITS:
        if call(slack, "files.info", file=file)["file"].get("mimetype"):
            return file
        time.sleep(seconds)
    return ""


def show_branch(responder: Responder, request: Request, top: Node) -> None:
    """Shows what a request changes to whoever pressed, in a window that opens at once."""
    title = f"Request #{request.id}"
    head = section(f"*{escape(shorten(request.title, 500))}*")
    made = responder.call(
        "views.open", trigger_id=responder.caller.trigger, view=window(title, [head, section(DRAWING)])
    )
    view_id = made["view"]["id"]

    def fill() -> None:
        try:
            shown = _branch(responder, request, top)
            responder.call("views.update", view_id=view_id, view=window(title, [head, shown]))
        except (SlackRefusedError, SlackBusyError, SlackAmbiguousError):
            responder.call("views.update", view_id=view_id, view=window(title, [head, section(NOT_SHOWN)]))
            raise

    responder.look_later("a picture was not shown", fill)


def _branch(responder: Responder, request: Request, top: Node) -> Block:
    from handlers.queries.drawing import drawn_narrow  # noqa: PLC0415  Only those who want a picture pay for the library.

    says = "; ".join(f"{node.title}: {node.change}" for node in top.all() if node.change)
    file = keep(responder.slack, f"request-{request.id}.png", drawn_narrow(top), says)
    return picture(file, says) if file else section(NOT_SHOWN)


@dataclass(frozen=True)
class Pictured:
    """The block with the picture, none where there is none; `coming` while it is being made."""

    blocks: tuple[Block, ...] = ()
    coming: bool = False


class Pictures:
    """The organization's picture for home tabs: uploaded once for each content by `run`, and the same file from then on. `book` has
    what Slack keeps; what is shown no longer is deleted there.
    """

    def __init__(self, slack: WebClient, run: Run, clock: Callable[[], datetime], book: PictureBook) -> None:
        self._slack, self._run, self._clock, self._book = slack, run, clock, book
        self._lock = threading.Lock()
        self._tidied = clock()
        self._drawn, self._file, self._done = "", "", False
        self._began = clock()

    def of(self, tree: Tree) -> Pictured:
        """The picture of this tree, as far as it is there; else it is begun. Asks Slack nothing."""
        top, now = outlined(tree), self._clock()
        content = repr([(node.kind, node.title, node.lines, node.policies, node.x, node.y) for node in top.all()])
        with self._lock:
            begins = content != self._drawn or (self._done and not self._file and now - self._began > TRY_AGAIN)
            if begins:
                self._drawn, self._file, self._done, self._began = content, "", False, now
            file, coming = self._file, not self._done and now - self._began < COMES_SOON
            tidies = now - self._tidied > STILL_SHOWN
            self._tidied = now if tidies else self._tidied
        if begins:
            self._run(lambda: self._make(content, top))
        if tidies:
            self._run(self._tidy)
        return Pictured((picture(file, _in_words(top)),) if file else (), coming)

    def _make(self, content: str, top: Node) -> None:
        digest, file = hashlib.sha256(content.encode()).hexdigest(), ""
        try:
            file = self._kept(digest) or self._book.shows(digest, self._uploaded(top))
        except (SlackRefusedError, SlackBusyError, SlackAmbiguousError) as error:
            log.warning("home tabs have no picture of the organization: %s", error)
        finally:
            with self._lock:
                if content == self._drawn:
                    self._file, self._done = file, True

    def _kept(self, digest: str) -> str:
        """The file that was uploaded by another process, or by an earlier one; empty where Slack has it no longer."""
        file = self._book.shows(digest)
        try:
            return file if file and call(self._slack, "files.info", file=file)["file"].get("mimetype") else ""
        except SlackRefusedError:
            self._book.forget(file)
            return ""

    def _uploaded(self, top: Node) -> str:
        from handlers.queries.drawing import drawn_narrow  # noqa: PLC0415  Only those who want a picture pay for the library.

        return keep(self._slack, "organization.png", drawn_narrow(top), _in_words(top))

    def _tidy(self) -> None:
        """Deletes what home tabs show no longer; what cannot be deleted now is tried again later."""
        for file in self._book.outdated():
            try:
                call(self._slack, "files.delete", file=file)
            except (SlackBusyError, SlackAmbiguousError) as error:
                log.warning("an old picture is not deleted yet: %s", error)
                continue
            except SlackRefusedError as error:
                log.warning("an old picture is not deleted: %s", error)
                if error.mendable:
                    continue
            self._book.forget(file)


def _in_words(top: Node) -> str:
    """The picture for those who don't see it."""
    return "; ".join(f"{node.title} ({', '.join(node.lines)})" if node.lines else node.title for node in top.all())
