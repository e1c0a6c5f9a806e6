"""After a restore nothing is changed in AWS before whoever runs the bot says so, and what may have gone on since is known first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from approvals.models import Installation, Message, Request, RoleSession
from approvals.outbox.sending import Outbox
from approvals.request.quarantine import NotHeldError, Quarantine, release
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.database import kept
from tests.harness.people import BOB
from tests.harness.slack import InMemorySlack
from tests.harness.workers import Workers

OU = {"unit_name": "Billing"}
TAG: dict[str, Any] = {"account": "222222222222", "tags": ["owner=shop"]}


def after_a_restore(workers: Workers, meanwhile: Callable[[], object] = lambda: None) -> None:
    """What `meanwhile` does is done after the backup and not in the database any more."""
    backup, at = kept(workers.engine), workers.clock()
    meanwhile()
    workers.clock.advance(hours=1)
    workers.restored(backup, at)
    workers.look_again()


def released(workers: Workers) -> None:
    workers.work()
    assert release(workers.context.store, workers.clock()) == []
    assert workers.quarantine
    workers.quarantine.look()
    assert not workers.quarantine


def test_the_approval_channel_is_told_and_the_audit_has_it(workers: Workers) -> None:
    workers.approved("create-ou", **OU)
    waiting = workers.ask("tag-account", **TAG)
    workers.work()
    after_a_restore(workers)
    assert workers.request(waiting.id).status == Status.PENDING
    (notice,) = workers.said("notice")
    assert "restored from a backup" in notice
    assert "0 requests under way" in notice
    assert "orgbot restore --release" in notice
    released(workers)
    assert "carries out approved requests again" in workers.said("notice")[-1]
    assert [line.event for line in workers.audit() if line.event.startswith("database.")] == [
        "database.replaced",
        "database.restored",
        "database.released",
    ]
    assert workers.unproven() == []


def test_what_waited_is_put_before_approvers_anew_and_earlier_approvals_no_longer_count(workers: Workers) -> None:
    request = workers.ask("tag-account", **TAG)
    workers.work()
    card = workers.card_of(request)
    after_a_restore(workers)
    workers.work()
    assert workers.request(request.id).announced_at is None, "nobody is asked in quarantine"
    released(workers)
    workers.work()
    again = workers.request(request.id)
    assert (again.card_channel, again.card_ts) == card
    assert again.announced_at == workers.clock()
    workers.click(again, "approve", BOB)
    assert workers.until_done(again).status == Status.SUCCEEDED
    assert workers.unproven() == []


def test_what_was_done_after_the_backup_is_not_put_before_approvers_again(workers: Workers) -> None:
    request = workers.ask("create-ou", **OU)
    workers.work()

    def meanwhile() -> None:
        workers.click(request, "approve", BOB)
        assert workers.until_done(request).status == Status.SUCCEEDED

    after_a_restore(workers, meanwhile)
    released(workers)
    workers.work()
    ended = workers.request(request.id)
    assert (ended.status, "already" in ended.outcome) == (Status.REFUSED, True), ended.outcome


def test_nothing_that_approvers_had_not_seen_is_begun(workers: Workers) -> None:
    request = workers.ask("create-ou", **OU)
    after_a_restore(workers)
    ended = workers.request(request.id)
    assert (ended.status, ended.outcome) == (
        Status.REFUSED,
        "orgbot was restored from a backup that was taken before approvers were asked. Ask again.",
    )
    assert workers.unproven() == []


def test_a_press_that_nobody_had_looked_at_does_not_count(workers: Workers) -> None:
    request = workers.ask("create-ou", **OU)
    workers.work()
    workers.click(request, "approve", BOB)
    after_a_restore(workers)
    released(workers)
    workers.work()
    assert workers.request(request.id).status == Status.PENDING


def test_credentials_are_not_opened_a_second_time(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("credentials", account="222222222222")
    workers.work()
    assert "credentials" in workers.unsent()
    opened = len(aws.calls.of("AssumeRole"))
    after_a_restore(workers)
    ended = workers.request(request.id)
    assert (ended.status, "whether the credentials were handed over since is not known" in ended.outcome) == (
        Status.FAILED,
        True,
    )
    released(workers)
    workers.until_done(request)
    assert "credentials" not in workers.unsent()
    assert len(aws.calls.of("AssumeRole")) == opened
    with workers.context.store.read() as session:
        assert session.exec(select(RoleSession)).all() == []
    assert workers.unproven() == []


def test_release_waits_until_all_that_was_under_way_was_looked_at(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("create-ou", **OU)
    after_a_restore(workers)
    assert release(workers.context.store, workers.clock()) == [request.id]
    aws.faults.add(kind="error", code="AccessDeniedException", times=None)
    workers.work()
    assert release(workers.context.store, workers.clock()) == [request.id], "a look that failed is none"
    aws.faults.clear()
    workers.clock.advance(minutes=2)
    workers.work()
    assert release(workers.context.store, workers.clock()) == []


def test_what_was_not_begun_is_judged_once_more_before_it_is(workers: Workers) -> None:
    request = workers.approved("tag-account", **TAG)
    other = {"ResourceId": "222222222222", "Tags": [{"Key": "owner", "Value": "somebody-else"}]}
    after_a_restore(workers, lambda: workers.context.aws.write("organizations", "tag_resource", **other))
    released(workers)
    ended = workers.until_done(request)
    assert (ended.status, "changed these tags" in ended.outcome) == (Status.FAILED, True), ended.outcome
    assert ended.outcome.endswith("may have taken effect."), "it may have been sent after the backup was taken"


def test_there_is_nothing_to_release_without_a_restore_or_before_the_bot_has_begun(workers: Workers) -> None:
    store = workers.context.store
    with pytest.raises(NotHeldError, match="not in quarantine"):
        release(store, workers.clock())
    with store.write() as session:
        session.merge(Installation(id=1, identity="i", created_at=workers.clock(), quarantine="restored"))
    with pytest.raises(NotHeldError, match="start orgbot first"):
        release(store, workers.clock())


def test_a_second_start_in_quarantine_changes_nothing_more(workers: Workers) -> None:
    workers.approved("create-ou", **OU)
    after_a_restore(workers)
    before = len(workers.audit())
    workers.restart("third process")
    again = Quarantine(workers.context.store, workers.clock)
    assert again
    assert len(workers.audit()) == before
    assert again.line()[1] is None
    assert "orgbot restore --release" in again.line()[2]


def test_messages_that_were_queued_are_looked_for_before_they_are_posted(workers: Workers) -> None:
    slack = InMemorySlack()
    request = workers.ask("create-ou", **OU)
    workers.work()

    def send() -> None:
        for lane in workers.lanes():
            Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {}).send_lane(lane)

    after_a_restore(workers, send)
    posted = len(slack.posts)
    assert posted
    send()
    workers.clock.advance(minutes=1)
    send()
    cards = [post for post in slack.posts if post["metadata"]["event_payload"]["id"] == marker_of(workers, request)]
    assert len(cards) == 1
    assert workers.request(request.id).card_ts == cards[0]["ts"]


def marker_of(workers: Workers, request: Request) -> str:
    with workers.context.store.read() as session:
        cards = select(Message).where(Message.request_id == request.id, Message.kind == "card").order_by(Message.id)  # type: ignore[arg-type]
        return session.exec(cards).first().marker  # type: ignore[union-attr]


@pytest.mark.parametrize(("state", "then"), [("minted", "lost"), ("offered", "expired"), ("live", "live")])
def test_a_button_or_a_message_with_credentials_whose_end_is_unknown_opens_nothing(
    workers: Workers, state: str, then: str
) -> None:
    request = workers.ask("credentials", account="222222222222")
    with workers.context.store.write() as session:
        session.add(
            RoleSession(
                request_id=request.id or 0,
                state=state,
                user="U0ALICE",
                account="222222222222",
                role="r",
                duration=900,
                session_name="s",
            )
        )
    after_a_restore(workers)
    with workers.context.store.read() as session:
        assert session.exec(select(RoleSession.state)).all() == [then]
