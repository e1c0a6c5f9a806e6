"""A look from the command to its answer. What the snapshot holds is answered at once; what asks AWS too, by a worker.

Source: Slack API, "Slash commands" (Responding to commands), "Handling user interaction" (Message responses).
"""

from __future__ import annotations

from approvals.slack.blocks import Block, escape, fit, section
from handlers.dependencies import Dependencies
from handlers.parser import ParseError
from handlers.queries import upload
from handlers.queries.parts import wrong
from handlers.queries.question import LONGEST_TEXT, Question, view_of
from handlers.queries.registry import QUERIES
from handlers.responder import Responder
from handlers.typed import UnreadableError, words
from operations.aws.errors import FieldError

NO_ORGANIZATION = "The AWS account {account} is in no organization yet. `/org create-organization` asks for one."
PICTURE = "--picture"


def answer(responder: Responder, word: str, rest: str) -> list[Block]:
    """The blocks of the private answer; none when a worker sends it. Raises ParseError."""
    text, flags = _typed(rest)
    question = asked(responder.deps, text)
    if isinstance(question, str):
        return [section(question)]
    if word == "tree" and PICTURE in flags:
        return upload.picture(responder, question)
    if QUERIES[word].live:
        show_later(responder, word, question, replace=False)
        return []
    return shown(responder.deps, word, question)


def _typed(rest: str) -> tuple[str, set[str]]:
    """What was typed behind the word, without quotes, and the flags."""
    try:
        typed = words(rest)
    except UnreadableError as error:
        raise ParseError(str(error)) from error
    return " ".join(word.text for word in typed if not word.flag()), {word.flag() for word in typed}


def asked(deps: Dependencies, text: str, at: int = 0) -> Question | str:
    """The question about the present snapshot, or the sentence that says why there is nothing to look at."""
    organization = deps.organization()
    if organization is None:
        return f":hourglass: {escape(deps.unread())}"
    if not organization.id:
        return NO_ORGANIZATION.format(account=escape(organization.management_account))
    return Question(view_of(organization), deps.clock(), text[:LONGEST_TEXT], at, deps.sources.console)


def shown(deps: Dependencies, word: str, question: Question) -> list[Block]:
    """A look's answer, or what is wrong with the question."""
    try:
        return fit(QUERIES[word].show(question, deps.sources.live))
    except FieldError as error:
        return [wrong(error)]


def show_later(responder: Responder, word: str, question: Question, *, replace: bool) -> None:
    """The same by a worker: as a new private message, or in place of the one whose button was pressed."""
    later = responder.look_later if QUERIES[word].live else responder.later
    later("a look was not answered", lambda: responder.reply(shown(responder.deps, word, question), replace=replace))
