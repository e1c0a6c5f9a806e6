"""`/org …`: help, look-ups, and requests.

The listener checks what was typed, files with one durable insert, and answers; a form is opened by a worker.
Source: Slack API, "Slash commands" (Responding with an immediate message).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk import WebClient

from approvals.models import Request
from approvals.slack.blocks import BUTTON_VALUE, Block, actions, button, clean, escape, fallback, section, shorten
from handlers import help as help_pages
from handlers import sessions
from handlers.action_ids import COMMAND
from handlers.break_glass import confirmation, obstacles
from handlers.caller import Caller, delivery, of_command
from handlers.carried import Carried
from handlers.dependencies import Dependencies
from handlers.filing import Filed, NotAcceptedError, checked, file, switched_off
from handlers.forms import FormContext, form
from handlers.parser import Command, Given, ParseError, operation_named, read, split
from handlers.problems import listed
from handlers.queries import answer as looks
from handlers.queries import requests
from handlers.queries.registry import QUERIES
from handlers.query_names import meant
from handlers.responder import Responder, learn, open_view
from operations.core.base import Operation
from operations.snapshot.names import capital

NUMBER = re.compile(r"#?([1-9][0-9]{0,9})", re.ASCII)
LARGEST_NUMBER = 2**31 - 1
SHOWN = ("requests", "request", "sessions", *QUERIES)
FILED = (
    ":hourglass_flowing_sand: Request *#{number}* is filed. I look up who asks, then I prepare its card; you get a direct "
    "message at every turn."
)
NO_GLASS = ":x: No rule names anybody who may act at once. Ask without `--break-glass`: approvers decide."


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
    if word in ("", "help", "--help"):
        return responder.admitted(
            lambda: _understood(responder, lambda: _help(clean(rest), responder.deps.rules().without))
        )
    if word in SHOWN:
        return responder.admitted(lambda: _understood(responder, lambda: _shown(responder, word, clean(rest))))
    command = read(operation_named(word, rest), rest)
    refusal = switched_off(responder.deps, command.operation)
    if refusal and not command.help:
        return responder.admitted(lambda: [section(escape(refusal))])
    return _asked(responder, typed, command)


def _shown(responder: Responder, word: str, rest: str) -> list[Block]:
    """What is only looked at."""
    deps, caller = responder.deps, responder.caller
    if word == "requests":
        live, mine = deps.intake.recent(live=True), deps.intake.recent(requester=caller.user, limit=10)
        return requests.lists(mine, live)
    if word == "sessions":
        return sessions.answer(deps, responder.slack, caller)
    if word == "request":
        return _one(deps, caller, rest)
    return looks.answer(responder, word, rest)


def _help(rest: str, without: frozenset[str]) -> list[Block]:
    word, *others = rest.casefold().split() or [""]
    if not word:
        return help_pages.overview(without)
    return help_pages.of_query(word) or help_pages.details(operation_named(word, " ".join(others)))


def _one(deps: Dependencies, caller: Caller, rest: str) -> list[Block]:
    number = NUMBER.fullmatch(rest.strip())
    if number is None or int(number[1]) > LARGEST_NUMBER:
        raise ParseError(
            f"“{shorten(rest.strip(), 40)}” is no request number; write one such as `{COMMAND} request 12`."
        )
    request = deps.intake.find(int(number[1]))
    if request is None:
        raise ParseError(f"there is no request #{number[1]}. `{COMMAND} requests` shows the latest.")
    return whole(deps, caller, request)


def whole(deps: Dependencies, caller: Caller, request: Request) -> list[Block]:
    """All that is known of a request, with its history and the buttons that the caller may press."""
    told = requests.history(*deps.intake.history(request.id or 0))
    return requests.with_history(requests.private_card(request, caller.user), told)


def _asked(responder: Responder, typed: Typed, command: Command, *, at_once: bool = True) -> list[Block]:
    deps = responder.deps
    if command.help:
        return responder.admitted(lambda: help_pages.details(command.operation))
    if command.given.break_glass:
        return responder.admitted(lambda: _break_glass(deps, typed, command))
    if command.wants_form():
        scene = FormContext(command.given, deps.organization(), typed.caller.channel, deps.clock())
        open_view(deps, typed.slack, typed.caller, lambda: form(command.operation, scene))
        return []
    try:
        quick = deps.at_once() if at_once else deps
        filed = file(quick, typed.caller, command.operation, command.given, typed.delivery)
    except NotAcceptedError as error:
        told = [section(listed(command.operation, error.problems)), *_form_button(command.operation, command.given)]
        again = at_once and error.unknown
        return _in_time(responder, told, lambda: _asked(responder, typed, command, at_once=False), again=again)
    return [section(received(deps, typed.caller, filed))]


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


def received(deps: Dependencies, caller: Caller, filed: Filed) -> str:
    """What the requester reads at once. A title has names of the organization in it: until Slack has told who asks, the number has to do."""
    if deps.admission.lately(caller.user, caller.team) == "":
        return filed_line(deps, filed)
    learn(deps, caller)
    return FILED.format(number=filed.number)


def _break_glass(deps: Dependencies, typed: Typed, command: Command) -> list[Block]:
    """Asks for the typed confirmation, when what was given could be filed; who may do so a worker asks of Slack."""
    operation, given, channel = command.operation, command.given, typed.caller.channel
    if not any(rule.break_glass for rule in deps.rules().rules):
        return [section(NO_GLASS)]
    found = obstacles(operation, given, channel)
    if found:
        return [section(listed(operation, found))]
    try:
        asked, organization = checked(deps, typed.caller, operation, given)
    except NotAcceptedError as error:
        return [section(listed(operation, error.problems))]
    title = asked.title(organization)
    open_view(deps, typed.slack, typed.caller, lambda: confirmation(operation, given, title, channel))
    return []


def filed_line(deps: Dependencies, filed: Filed) -> str:
    """The same for whom Slack has told of, with what they should look at once more."""
    channel = deps.approval_channel
    where = f"<#{channel}>" if re.fullmatch(r"[CG][A-Z0-9]+", channel) else escape(channel)
    return (
        f":hourglass_flowing_sand: Request *#{filed.number}* is filed: {escape(shorten(filed.title, 300))}.\n"
        f"I am preparing the card for {where}, and you get a direct message at every turn."
        + "".join(f"\n:warning: {escape(shorten(note, 400))}" for note in filed.notes)
    )


def _misread(error: ParseError) -> list[Block]:
    message = f":x: {escape(capital(error.message))}"
    return [section(message), *(_form_button(error.operation, error.given) if error.operation else [])]


def _form_button(operation: type[Operation], given: Given) -> list[Block]:
    """Opens the form with what was given; left out when that does not fit into a button."""
    value = Carried(values=given.values, reason=given.reason).packed()
    if len(value) > BUTTON_VALUE:
        return []
    return actions(button("Open the form", f"form:{operation.name}", value))
