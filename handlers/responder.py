"""The ways to answer somebody: lines for them alone, forms, replies to a command or a click. What calls Slack or AWS runs on a worker.

Source: Slack API, "views.open" (trigger ids live 3 s and work once), "chat.postEphemeral", "conversations.open".
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from traceback import format_tb
from typing import Any

from slack_sdk import WebClient

from approvals.pools import SOON, STRAY
from approvals.queue.worker import is_outage
from approvals.slack.blocks import Block, fallback, section, shorten
from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call
from approvals.slack.codes import elsewhere
from approvals.slack.modals import window
from approvals.views.set_aside import ERROR
from handlers.caller import Caller
from handlers.dependencies import Dependencies
from operations.aws.looks import begun

log = logging.getLogger(__name__)
TOO_SLOW = ":hourglass: The form took too long to open. Try again."
NOT_OPENED = ":warning: The form couldn't be opened. Try again in a moment."
WAITING, ANSWER, ASKING = "One moment", "orgbot", ":hourglass: Checking who you are…"
ELSEWHERE = "This can't be decided here. You get a message that says why."
OWN_ERROR = f":warning: {ERROR}, so it couldn't answer. Whoever runs it finds it in the log; `/org requests` shows what you have asked for."
NOT_SHOWN = ":warning: The answer couldn't be shown. Ask again."


@dataclass(frozen=True)
class Responder:
    """One command or click of one person."""

    deps: Dependencies
    slack: WebClient
    caller: Caller

    def later(self, what: str, work: Callable[[], None]) -> None:
        """Runs work on a worker; `what` is logged when it fails."""
        self.deps.run(lambda: _careful(what, work, self._sorry))

    def look_later(self, what: str, work: Callable[[], None]) -> None:
        """The same for what asks AWS, which may take long."""
        self.deps.look(lambda: _careful(what, work, self._sorry))

    def _sorry(self, why: str) -> None:
        _tell(self.slack, self.caller, why)

    def admitted(self, show: Callable[[], list[Block]]) -> list[Block]:
        """What `show()` gives, for those who may see it; none where Slack has to be asked first: a worker answers then."""
        known = self.deps.admission.lately(self.caller.user, self.caller.team)
        if known is not None:
            return [section(known)] if known else show()
        self.answer_later(show)
        return []

    def answer_later(self, show: Callable[[], list[Block]]) -> None:
        """What `show()` gives, by a worker: it takes longer than Slack waits."""
        self.later("an answer was not shown", lambda: self._answer(show))

    def _answer(self, show: Callable[[], list[Block]]) -> None:
        unwelcome = self.deps.admission.unwelcome(self.caller.user, self.caller.team)
        blocks = [section(unwelcome)] if unwelcome else show()
        if blocks:
            self.reply(blocks, replace=False)

    def if_admitted(self, work: Callable[[], None]) -> None:
        """Runs work on a worker for those who may see what comes of it; the others are told why not."""
        self.later("a click was not answered", lambda: self._act(work))

    def as_member(self, work: Callable[[], None]) -> None:
        """Runs work at once for a member of whom Slack has told lately; for all others as `if_admitted` does."""
        if self.deps.admission.lately(self.caller.user, self.caller.team) == "":
            work()
        else:
            self.if_admitted(work)

    def _act(self, work: Callable[[], None]) -> None:
        unwelcome = self.deps.admission.unwelcome(self.caller.user, self.caller.team)
        if unwelcome:
            self.tell(unwelcome)
        else:
            work()

    def tell(self, text: str) -> None:
        """A private line, by a worker."""
        tell(self.deps, self.slack, self.caller, text)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """A call to Slack's Web API; workers only. Raises as `approvals.slack.client.call`."""
        return call(self.slack, method, **params)

    def reply(self, blocks: list[Block], *, replace: bool) -> None:
        """The private answer, in place of the message whose button was pressed when `replace` is set, and always in place of
        the modal whose button was pressed; workers only.
        """
        if self.caller.view:
            self.call("views.update", view_id=self.caller.view, view=window(ANSWER, blocks))
            return
        if not self.caller.reply_to:
            show(self.slack, self.caller, fallback(blocks), blocks)
            return
        try:
            self.deps.sources.respond(self.caller.reply_to, _ephemeral(blocks, replace=replace))
        except (SlackRefusedError, SlackAmbiguousError):
            self.tell(NOT_SHOWN)
            raise

    def bring(self, blocks: list[Block]) -> None:
        """An answer that nobody may miss, by another way where its address no longer takes it: that lives for half an hour, and
        a form may stay open longer. Workers only.
        """
        try:
            if self.caller.view:
                self.call("views.update", view_id=self.caller.view, view=window(ANSWER, blocks))
                return
            if self.caller.reply_to:
                self.deps.sources.respond(self.caller.reply_to, _ephemeral(blocks, replace=False))
                return
        except (SlackRefusedError, SlackAmbiguousError) as error:
            log.warning("the answer goes another way: %s", error)
        show(self.slack, self.caller, fallback(blocks), blocks)


def _ephemeral(blocks: list[Block], *, replace: bool) -> dict[str, Any]:
    return {"response_type": "ephemeral", "replace_original": replace, "text": fallback(blocks), "blocks": blocks}


def open_view(deps: Dependencies, slack: WebClient, caller: Caller, make: Callable[[], Block]) -> None:
    """Makes and opens a form on a worker, for a caller who may see it; the others, and whoever it fails for, are told."""

    def admitted() -> Block | str:
        return deps.admission.unwelcome(caller.user, caller.team) or make()

    _opening(deps, slack, caller, admitted)


def open_view_if(deps: Dependencies, slack: WebClient, caller: Caller, make: Callable[[], Block | None]) -> None:
    """The same, when the worker makes a view at all."""
    _opening(deps, slack, caller, lambda: make() or "")


def _opening(deps: Dependencies, slack: WebClient, caller: Caller, make: Callable[[], Block | str]) -> None:
    def open_soon() -> None:
        _open_soon(slack, caller, make)

    deps.run(lambda: _careful("a form was not opened", open_soon, lambda why: _tell(slack, caller, why)))


def tell(deps: Dependencies, slack: WebClient, caller: Caller, text: str) -> None:
    """A line for the caller alone, on a worker."""
    deps.run(lambda: _tell(slack, caller, text))


def show(slack: WebClient, caller: Caller, text: str, blocks: list[Block]) -> None:
    """Blocks for the caller alone, by direct message where the bot cannot write; for workers. Raises what slack_calls.call raises."""
    message = {"text": shorten(text, 2900), "blocks": blocks}
    if caller.channel and _in_channel(slack, caller, message):
        return
    channel = call(slack, "conversations.open", users=caller.user)["channel"]["id"]
    call(slack, "chat.postMessage", channel=channel, **message)


def careful(deps: Dependencies, what: str, work: Callable[[], object]) -> None:
    """Runs work on a worker; a failure ends in the log, without what Slack sent."""
    deps.run(lambda: _careful(what, work))


def _open_soon(slack: WebClient, caller: Caller, make: Callable[[], Block | str]) -> None:
    """Opens what `make()` gives, or tells its sentence instead.

    Where Slack takes long to tell what has to be known before, the form is opened empty, because its trigger lives 3 s, and filled.
    """
    made = begun(make, SOON)
    if made.done():
        view = made.result()
        if not isinstance(view, str):
            _open(slack, caller, view)
        elif view:
            _tell(slack, caller, view)
        return
    opened = _open(slack, caller, window(WAITING, [section(ASKING)]))
    filled: Block | str = ""
    try:
        filled = made.result()
    except (Exception, *STRAY) as error:
        filled = _why(error)
        raise
    finally:
        if opened:
            filled = filled if not isinstance(filled, str) else window(WAITING, [section(filled or ELSEWHERE)])
            call(slack, "views.update", view_id=opened, view=filled)


def _open(slack: WebClient, caller: Caller, view: Block) -> str:
    """The id of the form, which takes the place of the modal whose button was pressed; empty when it could not be opened, which the
    caller is told.
    """
    try:
        if caller.view:
            return str(call(slack, "views.update", view_id=caller.view, view=view)["view"]["id"])
        return str(call(slack, "views.open", trigger_id=caller.trigger, view=view)["view"]["id"])
    except SlackRefusedError as error:
        if error.code == "exchanged_trigger_id":
            return ""  # Slack delivered the same thing twice, and the form is open.
        log.warning("a form could not be opened: %s", error)
        _tell(slack, caller, TOO_SLOW if error.code == "expired_trigger_id" else NOT_OPENED)
    except (SlackBusyError, SlackAmbiguousError) as error:
        log.warning("a form could not be opened: %s", error)
        _tell(slack, caller, NOT_OPENED)
    return ""


def _tell(slack: WebClient, caller: Caller, text: str) -> None:
    """In the channel, so that only the caller sees it; by direct message where the bot cannot write."""
    message = _message(text)
    try:
        if caller.channel and _in_channel(slack, caller, message):
            return
        channel = call(slack, "conversations.open", users=caller.user)["channel"]["id"]
        call(slack, "chat.postMessage", channel=channel, **message)
    except (SlackRefusedError, SlackBusyError, SlackAmbiguousError, KeyError) as error:
        log.warning("a private line could not be told: %s", error)


def _message(text: str) -> dict[str, Any]:
    return {"text": shorten(text, 2900)}


def _in_channel(slack: WebClient, caller: Caller, message: dict[str, Any]) -> bool:
    """Whether the caller could be told there."""
    try:
        call(slack, "chat.postEphemeral", channel=caller.channel, user=caller.user, **message)
    except SlackRefusedError as error:
        if elsewhere(error.code) or error.code == "missing_scope":
            return False
        raise
    return True


def _careful(what: str, work: Callable[[], object], sorry: Callable[[str], None] = lambda _: None) -> None:
    """Where something is away, or after an error of the bot's own, whoever waits is told by `sorry`."""
    try:
        work()
    except (SlackRefusedError, SlackBusyError, SlackAmbiguousError) as error:
        log.warning("%s: %s", what, error)
    except (Exception, *STRAY) as error:  # noqa: BLE001 - A worker must go on, and the text of an unknown error may hold a payload.
        place = "" if is_outage(error) else f"\n{where(error)}"  # What else is away says so itself, once.
        log.error("%s: %s%s", what, type(error).__name__, place)  # noqa: TRY400
        sorry(_why(error))


def _why(error: BaseException) -> str:
    return NOT_SHOWN if is_outage(error) else OWN_ERROR


def where(error: BaseException) -> str:
    """The lines of code that led there, without the error's own text: that may hold what somebody typed."""
    return "".join(format_tb(error.__traceback__)).rstrip()
