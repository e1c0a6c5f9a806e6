"""`/org …`: help, look-ups, and requests.

The listener checks what was typed, files with one durable insert, and answers; a form is opened by a worker.
Source: Slack API, "Slash commands" (Responding with an immediate message).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk import WebClient

from approvals.models import Request
from approvals.slack.blocks import Block, actions, button, clean, escape, fallback, section, shorten
from handlers import as_code, sessions
from handlers import help as help_pages
from handlers.action_ids import COMMAND
from handlers.break_glass import confirmation, obstacles
from handlers.caller import Caller, delivery, of_command
from handlers.dependencies import Dependencies
from handlers.filing import NotAcceptedError, checked, file, switched_off
from handlers.follow_ups import ending
from handlers.forms import FormContext, form
from handlers.launcher import launcher, offered
from handlers.parser import HELP, Command, ParseError, operation_named, read, split
from handlers.problems import form_button, refused
from handlers.queries import answer as looks
from handlers.queries import requests
from handlers.queries.parts import asks_for
from handlers.queries.registry import QUERIES
from handlers.query_names import meant
from handlers.receipts import about, receipt
from handlers.responder import Responder, open_view
from operations.snapshot.names import capital

NUMBER = re.compile(r"#?([1-9][0-9]{0,9})", re.ASCII)
LARGEST_NUMBER = 2**31 - 1
NO_GLASS = ":x: No rule lets anybody act at once. Ask without `--break-glass`."


@dataclass(frozen=True)
class Typed:
    """One delivery of the slash command."""

    caller: Caller
    text: str
    delivery: str
    slack: WebClient


class SlashCommand(Middleware):
    """Answers the slash command, while Slack waits.

    It is middleware and no listener: to match a listener and to collect its arguments takes Bolt longer than the insert takes.
    """

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], Any]) -> BoltResponse | None:  # noqa: A002  Bolt's name.
        """The private answer to `/org`; Bolt goes on with everything else."""
        if req.body.get("command") == COMMAND:
            return self._answered(req.body, req.context.client)
        next()
        return resp

    def _answered(self, body: dict[str, Any], slack: WebClient) -> BoltResponse:
        caller = of_command(body)
        name = delivery("command", caller.team, caller.user, caller.trigger or body)
        blocks = answer(self._deps, Typed(caller, str(body.get("text") or ""), name, slack))
        told = {"response_type": "ephemeral", "text": fallback(blocks), "blocks": blocks}
        return BoltResponse(status=200, body=told if blocks else "")


def register(app: App, deps: Dependencies) -> None:
    """Answers the slash command."""
    app.middleware(SlashCommand(deps))


def answer(deps: Dependencies, typed: Typed) -> list[Block]:
    """The blocks of the private answer; none when a form opens instead, or when a worker answers.

    Of whom Slack has told nothing lately a request is kept at once, for a worker looks them up before it looks at the request;
    everything else waits until Slack has told. So does a request that comes from another workspace.
    """
    unwelcome = deps.admission.lately(typed.caller.user, typed.caller.team)
    if unwelcome:
        return [section(unwelcome)]
    responder = Responder(deps, typed.slack, typed.caller)
    if deps.admission.is_home(typed.caller.team):
        return _understood(responder, lambda: _answer(responder, typed))
    return responder.admitted(lambda: _understood(responder, lambda: _answer(responder, typed)))


def _understood(responder: Responder, work: Callable[[], list[Block]]) -> list[Block]:
    try:
        return work()
    except ParseError as error:
        told = _misread(error)
        return responder.admitted(lambda: told)


def _answer(responder: Responder, typed: Typed) -> list[Block]:
    word, rest = split(typed.text)
    word = meant(word)
    if word in GENERAL or word in SHOWN:
        return looked(responder, word, clean(rest))
    command = read(operation_named(word, rest), rest)
    refusal = switched_off(responder.deps, command.operation)
    if refusal and not command.help:
        return responder.admitted(lambda: [section(escape(refusal))])
    return _asked(responder, typed, command)


def looked(responder: Responder, word: str, rest: str = "") -> list[Block]:
    """The answer to a word that asks for nothing, or what is wrong with it; none when a form or a worker answers."""
    return responder.admitted(lambda: _understood(responder, lambda: _shown(responder, word, rest)))


def _shown(responder: Responder, word: str, rest: str) -> list[Block]:
    """What is only looked at. Raises ParseError."""
    if word in GENERAL:
        return GENERAL[word](responder, rest)
    if word not in SHOWN:
        raise ParseError(f"there is no “{shorten(word, 40)}” any more. `{COMMAND} help` shows what there is.")
    text, flags = looks.typed(word, rest)
    if HELP in flags:
        return help_pages.of_query(word)
    if word in NUMBERED:
        return NUMBERED[word](responder, _numbered(responder.deps, word, text))
    return ABOUT_REQUESTS[word](responder) if word in ABOUT_REQUESTS else looks.answer(responder, word, text, flags)


def _launcher(responder: Responder, _: str) -> list[Block]:
    return launcher(offered(responder.deps.rules(), responder.deps.organization()))


def _requests(responder: Responder) -> list[Block]:
    intake, user = responder.deps.intake, responder.caller.user
    return requests.lists(intake.recent(requester=user, limit=10), intake.recent(live=True))


def _sessions(responder: Responder) -> list[Block]:
    return sessions.answer(responder.deps, responder.slack, responder.caller)


def _help(responder: Responder, rest: str) -> list[Block]:
    word, *others = rest.casefold().split() or [""]
    if not word:
        return help_pages.overview(offered(responder.deps.rules(), responder.deps.organization()))
    return help_pages.of_query(word) or help_pages.details(operation_named(word, " ".join(others)))


GENERAL: dict[str, Callable[[Responder, str], list[Block]]] = {"": _launcher, "help": _help, "--help": _help}
ABOUT_REQUESTS: dict[str, Callable[[Responder], list[Block]]] = {"requests": _requests, "sessions": _sessions}
NUMBERED: dict[str, Callable[[Responder, Request], list[Block]]] = {
    "request": lambda responder, request: about(responder.deps, responder.caller, request),
    "code": as_code.answer,
    "cancel": lambda responder, request: ending(responder, "cancel", request),
    "undo": lambda responder, request: ending(responder, "undo", request),
}
SHOWN = frozenset({*ABOUT_REQUESTS, *NUMBERED, *QUERIES})


def _numbered(deps: Dependencies, word: str, rest: str) -> Request:
    """The request whose number was typed behind the word; raises ParseError."""
    if not rest.strip():
        raise ParseError(f"say which request: `{COMMAND} {word} 12`.")
    number = NUMBER.fullmatch(rest.strip())
    if number is None or int(number[1]) > LARGEST_NUMBER:
        raise ParseError(f"“{shorten(rest.strip(), 40)}” is not a request number. Try `{COMMAND} {word} 12`.")
    request = deps.intake.find(int(number[1]))
    if request is None:
        raise ParseError(f"there is no request #{number[1]}. `{COMMAND} requests` shows the latest.")
    return request


def _asked(responder: Responder, typed: Typed, command: Command, *, at_once: bool = True) -> list[Block]:
    deps = responder.deps
    if command.help:
        return responder.admitted(lambda: help_pages.details(command.operation))
    if command.given.break_glass:
        return responder.admitted(lambda: _break_glass(deps, typed, command))
    if command.wants_form():
        scene = FormContext.of(deps, command.given, typed.caller)
        open_view(deps, typed.slack, typed.caller, lambda: form(command.operation, scene))
        return []
    try:
        # Where the answer may not take a second, AWS isn't asked about a name.
        quick = replace(deps, look_up=lambda _: None) if at_once else deps
        filed = file(quick, typed.caller, command.operation, command.given, typed.delivery)
    except NotAcceptedError as error:
        told = refused(command.operation, command.given, error.problems)
        again = at_once and error.unknown
        return _in_time(responder, told, lambda: _asked(responder, typed, command, at_once=False), again=again)
    return receipt(deps, typed.caller, filed)


def _in_time(responder: Responder, told: list[Block], ask: Callable[[], list[Block]], *, again: bool) -> list[Block]:
    """Why nothing was filed. Before somebody hears it of whom Slack has told nothing lately, and where AWS may know a name that
    the snapshot doesn't, a worker asks once more: that takes longer than Slack waits.
    """
    if responder.deps.admission.lately(responder.caller.user, responder.caller.team) is None:
        return responder.admitted(ask)
    if not again:
        return told
    responder.answer_later(ask)
    return []


def _break_glass(deps: Dependencies, typed: Typed, command: Command) -> list[Block]:
    """Asks for the typed confirmation, when what was given could be filed; who may do so a worker asks of Slack."""
    operation, given, caller = command.operation, command.given, typed.caller
    if not any(rule.break_glass for rule in deps.rules().rules):
        return [section(NO_GLASS)]
    found = obstacles(operation, given, caller)
    if found:
        return refused(operation, given, found)
    try:
        asked, organization = checked(deps, typed.caller, operation, given)
    except NotAcceptedError as error:
        return refused(operation, given, error.problems)
    title = asked.title(organization)
    open_view(deps, typed.slack, typed.caller, lambda: confirmation(operation, given, title, caller))
    return []


def _misread(error: ParseError) -> list[Block]:
    message = f":x: {escape(capital(error.message))}"
    opens = form_button(error.operation, error.given) if error.operation else []
    shows = [button(error.query, "look:ask", asks_for(error.query))] if error.query in QUERIES else []
    return [section(message), *actions(*opens, *shows)]
