"""The budget of every operation, with an AWS that takes its time: what its requester is notified of, and what its thread holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.outbox.sending import Outbox
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE, BOB, CAROL
from tests.harness.slack import InMemorySlack, Post
from tests.harness.workers import Workers
from tests.operations.test_every_operation_survives import CASES

MOST_NOTIFICATIONS = 2  # That it waits for somebody, and that it is over.
MOST_IN_THE_THREAD = 2  # Who decided and how far it is, and the end.


class Counting(InMemorySlack):
    """Notes each post, also one that is edited or taken away later."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[Post] = []

    def _post(self, given: Post) -> Post:
        self.made.append(dict(given))
        return super()._post(given)


def works(workers: Workers, outbox: Outbox) -> None:
    """All that is due now is done and said."""
    workers.work()
    while lanes := workers.lanes():
        for lane in lanes:
            outbox.send_lane(lane)
        workers.work()


@pytest.mark.parametrize("name", CASES)
def test_a_request_is_told_in_few_messages(workers: Workers, aws: AwsSandbox, name: str) -> None:
    aws.conditions.creation_seconds = aws.conditions.closing_seconds = aws.conditions.policy_type_seconds = 30.0
    slack = Counting()
    outbox = Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {})
    request = workers.ask(name, **CASES[name][0])
    works(workers, outbox)
    for approver in (BOB, CAROL)[: workers.request(request.id).approvals_needed]:
        workers.click(request, "approve", approver)
        works(workers, outbox)
    end = workers.clock() + timedelta(hours=2)
    while not workers.request(request.id).finished_at and workers.clock() < end:
        workers.jump(end)
        aws.advance(seconds=31)
        works(workers, outbox)
    assert workers.request(request.id).status == Status.SUCCEEDED

    told = [post["text"] for post in slack.made if post["channel"] == f"D{ALICE}"]
    thread = [post["text"] for post in slack.made if post.get("thread_ts")]
    assert len(told) <= MOST_NOTIFICATIONS, told
    assert len(thread) <= MOST_IN_THE_THREAD, thread
    assert [post["text"] for post in slack.posts if post["channel"] == f"D{ALICE}"] == told[-1:], "one message stands"
