"""Workers with an outbox that posts to Slack's stand-in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.request import Request

from approvals.outbox.sending import Outbox
from approvals.slack.pacing import Pacing
from bot.slack import CountingWebClient
from sandbox.slack.driver import SlackSandbox
from tests.harness.clock import SlackTime
from tests.harness.people import BOB
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}


class NearSlack(CountingWebClient):
    """The bot's client, whose calls reach a stand-in in this process without a socket as long as none may go wrong."""

    def __init__(self, slack: SlackSandbox) -> None:
        super().__init__(slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=5)
        self._slack = slack

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        if self._slack.faults or not isinstance(req.data, bytes):
            return super()._perform_urllib_http_request_internal(url, req)
        answer = self._slack.answer(url.rpartition("/")[2], dict(req.header_items()), req.data)
        return {"status": answer.status_code, "headers": dict(answer.headers), "body": bytes(answer.body).decode()}


class Mail:
    """Workers with an outbox: everything is worked off until nothing is left to say."""

    def __init__(self, workers: Workers, slack: SlackSandbox, *, paced: bool = False) -> None:
        client = NearSlack(slack)
        client.pacing = Pacing(lambda: workers.clock().timestamp()) if paced else None
        slack.workspace.clock = SlackTime(workers.clock)
        self.workers, self.slack, self.client = workers, slack, client
        self.renew()

    def renew(self) -> None:
        """An outbox that remembers nothing, as after a restart."""
        self.outbox = Outbox(self.workers.context, self.client, lambda: "B0ORGBOT", lambda _: {})

    def deliver(self) -> None:
        for _ in range(200):
            self.workers.work()
            for lane in self.workers.lanes():
                self.outbox.send_lane(lane)
            if not self.workers.unsent():
                return
            self.workers.clock.advance(seconds=2)
        raise AssertionError(f"never sent: {self.workers.unsent()}")

    def whole_story(self) -> None:
        request = self.workers.ask("create-account", **NEW)
        self.deliver()
        self.workers.click(request, "approve", BOB)
        self.deliver()
        self.workers.until_done(request)
        self.deliver()

    def once(self) -> None:
        """What is due just now, and what follows from it at once; nothing waits any longer."""
        for _ in range(20):
            if not self.workers.work() and not self.workers.lanes():
                return
            for lane in self.workers.lanes():
                self.outbox.send_lane(lane)

    def approves_in(self, channel: str) -> None:
        """The bot is started anew with another approval channel."""
        self.workers.context = replace(self.workers.context, approval_channel=channel)
        self.renew()
