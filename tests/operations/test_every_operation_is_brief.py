"""The budget of every operation, with an AWS that takes its time: what its requester is notified of, and what its thread holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from approvals.models import Message, Request
from approvals.outbox.sending import Outbox
from approvals.queue.outgoing import ANEW, EDITED, LINE
from approvals.sessions.handover import KIND as CREDENTIALS
from approvals.states import Status
from operations.access.access_role import DEFAULT_ROLE
from operations.core.registry import all_operations
from sandbox.aws.roles import default_trust, make_role
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE, BOB, CAROL
from tests.harness.slack import InMemorySlack
from tests.harness.workers import Workers
from tests.operations.organization.test_organization_itself import empty
from tests.operations.test_every_operation_is_known_at_once import OUTSIDER, STORIES
from tests.operations.test_every_operation_survives import WEB

__all__ = ["empty"]
MOST_NOTIFICATIONS = 2  # That it waits for somebody, and that it is over.
MOST_IN_THE_THREAD = 2  # Who decided and how far it is, and the end.


def most_that_may_be_said(workers: Workers, request: Request, kinds: dict[str, bool]) -> int:
    """The messages of these kinds if each leaves before the next is queued; of those that are edited in place, one."""
    with workers.context.store.read() as session:
        found = Counter(session.exec(select(Message.kind).where(Message.request_id == request.id)).all())
    return sum(min(found[kind], 1) if edited else found[kind] for kind, edited in kinds.items())


def works(workers: Workers, outbox: Outbox) -> None:
    """All that is due now is done and said."""
    workers.work()
    while lanes := workers.lanes():
        for lane in lanes:
            outbox.send_lane(lane)
        workers.work()


def is_told_briefly(
    workers: Workers, aws: AwsSandbox, name: str, params: dict[str, Any], people: Callable[[], object] = bool
) -> None:
    """Asks, approves and waits until it is over; `people` do what AWS waits for."""
    aws.conditions.creation_seconds = aws.conditions.closing_seconds = aws.conditions.policy_type_seconds = 30.0
    slack = InMemorySlack()
    outbox = Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {})
    request = workers.ask(name, **params)
    works(workers, outbox)
    for approver in (BOB, CAROL)[: workers.request(request.id).approvals_needed]:
        workers.click(request, "approve", approver)
        works(workers, outbox)
    people()
    end = workers.clock() + timedelta(hours=2)
    while not workers.request(request.id).finished_at and workers.clock() < end:
        workers.jump(end)
        aws.advance(seconds=31)
        works(workers, outbox)
    ended = workers.request(request.id)
    assert ended.status == Status.SUCCEEDED, ended.outcome

    told = {"dm": False, EDITED: True, ANEW: False, CREDENTIALS: False}
    assert most_that_may_be_said(workers, ended, told) <= MOST_NOTIFICATIONS
    assert most_that_may_be_said(workers, ended, {"thread": False, LINE: True}) <= MOST_IN_THE_THREAD
    assert len([post for post in slack.posts if post["channel"] == f"D{ALICE}" and ended.outcome in post["text"]]) == 1


@pytest.mark.parametrize("name", STORIES)
def test_a_request_is_told_in_few_messages(workers: Workers, aws: AwsSandbox, name: str) -> None:
    *before, (operation, params) = STORIES[name]
    for earlier, given in before:
        assert workers.until_done(workers.approved(earlier, **given)).status == Status.SUCCEEDED
    is_told_briefly(workers, aws, operation, params)


def test_an_invitation_that_somebody_accepts(workers: Workers, aws: AwsSandbox) -> None:
    def accept() -> None:
        sent = aws.client("organizations").list_handshakes_for_organization(Filter={"ActionType": "INVITE"})
        aws.accept(sent["Handshakes"][0]["Id"])
        make_role(OUTSIDER, DEFAULT_ROLE, default_trust())

    is_told_briefly(workers, aws, "invite-account", {"who": OUTSIDER, "ou": "/Security"}, accept)


def test_credentials(workers: Workers, aws: AwsSandbox) -> None:
    is_told_briefly(workers, aws, "credentials", {"account": WEB})


def test_the_organization_itself(empty: Workers, aws: AwsSandbox) -> None:
    is_told_briefly(empty, aws, "create-organization", {"feature_set": "billing"})
    empty.look_again()
    is_told_briefly(empty, aws, "enable-all-features", {})


def test_no_operation_is_left_out() -> None:
    there = {"invite-account", "credentials", "create-organization", "enable-all-features"}
    assert {operation.name for operation in all_operations()} == STORIES.keys() | there
