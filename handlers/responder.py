"""Somebody who looks: who they are, and the ways to answer them. What calls Slack or AWS runs on a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

from approvals.slack.blocks import Block, section, shorten
from approvals.slack.client import SlackAmbiguousError, SlackRefusedError, call
from handlers.caller import Caller
from handlers.dependencies import Dependencies
from handlers.modals import careful, show, tell

NOT_SHOWN = ":warning: The answer could not be shown. Please ask once more."


@dataclass(frozen=True)
class Responder:
    """One command or click of one person."""

    deps: Dependencies
    slack: WebClient
    caller: Caller

    def later(self, what: str, work: Callable[[], None]) -> None:
        """Runs work on a worker; `what` is logged when it fails."""
        careful(self.deps, what, work)

    def admitted(self, show: Callable[[], list[Block]]) -> list[Block]:
        """What `show()` gives, for those who may see it; none where Slack has to be asked first: a worker answers then."""
        known = self.deps.admission.lately(self.caller.user, self.caller.team)
        if known is not None:
            return [section(known)] if known else show()
        self.later("an answer was not shown", lambda: self._answer(show))
        return []

    def _answer(self, show: Callable[[], list[Block]]) -> None:
        unwelcome = self.deps.admission.unwelcome(self.caller.user, self.caller.team)
        blocks = [section(unwelcome)] if unwelcome else show()
        if blocks:
            self.reply(blocks, replace=False)

    def if_admitted(self, work: Callable[[], None]) -> None:
        """Runs work on a worker for those who may see what comes of it; the others are told why not."""
        self.later("a click was not answered", lambda: self._act(work))

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
        """The private answer, in place of the message whose button was pressed when `replace` is set; workers only."""
        texts = [block["text"]["text"] for block in blocks if "text" in block]
        text = shorten("\n".join(texts) or "orgbot", 2900)
        body = {"response_type": "ephemeral", "replace_original": replace, "text": text, "blocks": blocks}
        if not self.caller.reply_to:
            show(self.slack, self.caller, text, blocks)
            return
        try:
            self.deps.sources.respond(self.caller.reply_to, body)
        except (SlackRefusedError, SlackAmbiguousError):
            self.tell(NOT_SHOWN)
            raise
