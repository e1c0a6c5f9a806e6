"""The budget of every operation, with an AWS that takes its time: what its requester is notified of, and what its thread holds."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlmodel import select

from approvals.models import Message
from approvals.outbox.sending import Outbox
from approvals.queue.outgoing import ANEW, EDITED, LINE
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE, BOB, CAROL
from tests.harness.slack import InMemorySlack
from tests.harness.workers import Workers
from tests.operations.test_every_operation_survives import CASES

MOST_NOTIFICATIONS = 2  # That it waits for somebody, and that it is over.
MOST_IN_THE_THREAD = 2  # Who decided and how far it is, and the end.


def most_that_may_be_said(workers: Workers, kinds: dict[str, bool]) -> int:
    """The messages of these kinds if each leaves before the next is queued; of those that are edited in place, one."""
    with workers.context.store.read() as session:
        found = Counter(session.exec(select(Message.kind)).all())
    return sum(min(found[kind], 1) if edited else found[kind] for kind, edited in kinds.items())


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
    slack = InMemorySlack()
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

    assert most_that_may_be_said(workers, {"dm": False, EDITED: True, ANEW: False}) <= MOST_NOTIFICATIONS
    assert most_that_may_be_said(workers, {"thread": False, LINE: True}) <= MOST_IN_THE_THREAD
    (told,) = [post["text"] for post in slack.posts if post["channel"] == f"D{ALICE}"]
    assert workers.request(request.id).outcome in told
