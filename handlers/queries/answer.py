"""A look from the command to its answer. What the snapshot holds is answered at once; what asks AWS too, by a worker.

Source: Slack API, "Slash commands" (Responding to commands), "Handling user interaction" (Message responses).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from approvals.slack.blocks import Block, actions, escape, fit, section, shorten
from approvals.views.thread import opening
from handlers.action_ids import COMMAND
from handlers.declared import nearest
from handlers.dependencies import Dependencies
from handlers.parser import HELP, ParseError
from handlers.queries import upload
from handlers.queries.parts import wrong
from handlers.queries.question import LONGEST_TEXT, Question, view_of
from handlers.queries.registry import QUERIES
from handlers.query_names import BESIDE, BY_WORD, PICTURE, Name
from handlers.responder import Responder
from handlers.typed import UnreadableError, Word, spaced, words
from operations.aws.codes import FOUND
from operations.aws.errors import FieldError, UnknownError

NO_ORGANIZATION = "The AWS account {account} is in no organization yet."


def answer(responder: Responder, word: str, text: str, flags: set[str]) -> list[Block]:
    """The blocks of the private answer to what `typed` gives; none when a worker sends it."""
    question = asked(responder.deps, text)
    if not isinstance(question, Question):
        return question
    if word == "tree" and PICTURE in flags:
        return upload.by_message(responder, question)
    if not QUERIES[word].live:
        try:
            return shown(responder.deps, word, question)
        except UnknownError:
            pass  # AWS is asked about it, by a worker.
    show_later(responder, word, question, replace=False)
    return []


def typed(word: str, rest: str) -> tuple[str, set[str]]:
    """What was typed behind the word, without quotes, and the flags. Raises ParseError, also for a flag that the word doesn't have."""
    try:
        found = words(rest)
    except UnreadableError as error:
        raise ParseError(str(error)) from error
    name = BY_WORD[word]
    flags = {one.flag() for one in found} - {""}
    unknown = sorted(flags - {*name.flags, *name.beside, *BESIDE, HELP})
    if unknown:
        raise ParseError(_no_flag(name, unknown[0]))
    return " ".join(spaced(text) for text in _values(found, (*name.beside, *BESIDE))), flags


def _no_flag(name: Name, flag: str) -> str:
    near = nearest(flag.lstrip("-"), (known.lstrip("-") for known in name.flags))
    way_out = f"Did you mean `--{near}`?" if near else f"It is typed `{COMMAND} {name.usage}`."
    return f"`{name.word}` has no flag {shorten(flag, 60)}. {way_out}"


def _values(typed: list[Word], beside: tuple[str, ...]) -> Iterator[str]:
    """What is typed besides flags, and behind those that name something."""
    flag = ""
    for word in typed:
        value = word.value() if word.flag() else word
        flag = word.flag() or flag
        if value is not None and flag not in beside:
            yield value.text
        flag = flag if word.flag() and value is None else ""


def asked(deps: Dependencies, text: str, at: int = 0) -> Question | list[Block]:
    """The question about the present snapshot, or what says why there is nothing to look at."""
    organization = deps.organization()
    if organization is None:
        return [section(f":hourglass: {escape(deps.unread())}")]
    if not organization.id:
        said = section(NO_ORGANIZATION.format(account=escape(organization.management_account)))
        return [said, *actions(*opening([FOUND] if deps.rules().offers(FOUND.operation) else []))]
    return Question(view_of(organization), deps.clock(), text[:LONGEST_TEXT], at, deps.sources.console)


def shown(deps: Dependencies, word: str, question: Question) -> list[Block]:
    """A look's answer, or what is wrong with the question; raises UnknownError for a name that the snapshot doesn't know."""
    try:
        return fit(QUERIES[word].show(question, deps.sources.live))
    except UnknownError:
        raise
    except FieldError as error:
        return wrong(word, error)


def looked_up(deps: Dependencies, word: str, question: Question) -> list[Block]:
    """The same, with AWS asked about a name that the snapshot doesn't know; for workers."""
    try:
        return shown(deps, word, question)
    except UnknownError as error:
        unknown = error
    try:
        newer = deps.look_up(unknown)
        return shown(deps, word, question if newer is None else dataclasses.replace(question, view=view_of(newer)))
    except UnknownError as error:
        deps.refresh()
        return wrong(word, error)


def show_later(responder: Responder, word: str, question: Question, *, replace: bool) -> None:
    """The same by a worker: as a new private message, or in place of the one whose button was pressed."""
    look_up = QUERIES[word].live or question.text  # Either may ask AWS.
    later = responder.look_later if look_up else responder.later
    later(
        "a look was not answered", lambda: responder.reply(looked_up(responder.deps, word, question), replace=replace)
    )
