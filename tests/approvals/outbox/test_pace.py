"""As fast as Slack takes it: nothing is refused in steady state, and after a long outage all arrives, in order and once."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from sqlmodel import col, select

from approvals.models import Message
from approvals.outbox.sending import Outbox
from approvals.queue import outgoing
from approvals.slack.pacing import Pacing
from tests.harness.clock import Clock
from tests.harness.slack import InMemorySlack
from tests.harness.workers import Workers

APART = timedelta(seconds=1)
PEOPLE, EACH = 4, 20  # 20 and 25 take long, and show the same.


class StrictSlack(InMemorySlack):
    """Takes one message a second and channel; away until `back`, when half of what comes is taken in and its answer lost."""

    def __init__(self, clock: Clock, back: datetime | None = None) -> None:
        super().__init__()
        self.pacing = Pacing(lambda: clock().timestamp())
        self.refused = 0
        self._clock, self._back = clock, back or clock()
        self._posted: dict[str, datetime] = {}
        self._away = 0

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        if self._clock() < self._back:
            self._away += 1
            if self._away % 2 and api_method == "chat.postMessage":
                super().api_call(api_method, **arguments)
            raise URLError(TimeoutError("away"))
        if api_method == "chat.postMessage":
            self._check(arguments["json"]["channel"])
        return super().api_call(api_method, **arguments)

    def _check(self, channel: str) -> None:
        last, now = self._posted.get(channel), self._clock()
        self._posted[channel] = now
        if last and now - last < APART:
            self.refused += 1
            answer = SlackResponse(
                client=self, http_verb="POST", api_url="", req_args={}, data={}, headers={}, status_code=429
            )
            raise SlackApiError("too many", answer)  # type: ignore[no-untyped-call]

    def said(self) -> dict[str, list[str]]:
        """The texts in each channel."""
        found: dict[str, list[str]] = defaultdict(list)
        for post in self.posts:
            found[post["channel"]].append(post["text"])
        return found


def deliver(workers: Workers, slack: StrictSlack) -> timedelta:
    """Sends until nothing is left; gives the time that it took."""
    outbox, begun = Outbox(workers.context, slack, lambda: "", lambda _: {}), workers.clock()
    while True:
        for lane in workers.lanes():
            outbox.send_lane(lane)
        if not workers.unsent():
            return workers.clock() - begun
        workers.jump(workers.clock() + timedelta(seconds=30))


def queue(workers: Workers, people: int, each: int) -> None:
    """Direct messages about one request, so many for each of so many people."""
    request = workers.ask("create-account", account_name="fullback-mobile", email="mobile@example.com")
    with workers.context.store.write() as session:
        for number in range(each):
            for person in range(people):
                outgoing.call(session, request, f"U{person}", workers.clock(), {"text": f"line {number}"})


def test_ten_minutes_of_slack_away_lose_nothing_and_repeat_nothing(workers: Workers) -> None:
    queue(workers, PEOPLE, EACH)
    slack = StrictSlack(workers.clock, workers.clock() + timedelta(minutes=10))
    deliver(workers, slack)
    assert slack.said() == {f"DU{person}": [f"line {number}" for number in range(EACH)] for person in range(PEOPLE)}
    assert slack.refused == 0


@pytest.mark.parametrize("messages", [30])
def test_cards_that_come_all_at_once_leave_one_a_second_and_none_is_refused(workers: Workers, messages: int) -> None:
    with workers.context.store.write() as session:
        for number in range(messages):
            session.add(
                Message(
                    lane=f"lane {number}",
                    kind="notice",
                    marker=str(number),
                    body={"text": f"card {number}"},
                    created_at=workers.clock(),
                    due_at=workers.clock(),
                )
            )
    slack = StrictSlack(workers.clock)
    took = deliver(workers, slack)
    assert slack.said() == {"C0APPROVALS": [f"card {number}" for number in range(messages)]}
    assert slack.refused == 0
    assert timedelta(seconds=messages) <= took <= timedelta(seconds=1.3 * messages)
    with workers.context.store.read() as session:
        assert set(session.exec(select(col(Message.error))).all()) == {""}
