"""Anchors of the audit: posted when there is something new, once, and found again by whoever verifies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from approvals.audit.anchors import EVENT, Anchor, disagreements, line, parse, post
from approvals.audit.chain import problems
from approvals.dispatcher import Dispatcher
from approvals.models import AuditRecord, Message
from approvals.outbox.sending import Outbox
from tests.harness.slack import InMemorySlack
from tests.harness.tables import each_of
from tests.harness.workers import Workers

DAY = timedelta(hours=24)
NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}


@pytest.fixture
def asked(workers: Workers) -> Workers:
    workers.ask("create-account", **NEW)
    workers.work()
    return workers


def anchors(workers: Workers) -> list[Anchor]:
    return [found for text in workers.said("notice") for found in parse(text)]


def test_an_anchor_names_the_newest_record_and_is_noted_itself(asked: Workers) -> None:
    newest = asked.audit()[-1]
    asked.clock.advance(hours=24)
    assert post(asked.context, DAY)

    assert anchors(asked) == [Anchor(newest.id or 0, newest.hash)]
    noted = asked.audit()[-1]
    assert (noted.event, noted.detail) == (EVENT, {"record": newest.id, "sha256": newest.hash})
    assert problems(asked.audit()) == []


def test_nothing_is_anchored_before_its_time_or_without_news(asked: Workers) -> None:
    assert not post(asked.context, DAY)
    asked.clock.advance(hours=24)
    assert post(asked.context, DAY)
    asked.clock.advance(hours=240)
    assert not post(asked.context, DAY)
    assert len(anchors(asked)) == 1


def test_a_restart_knows_when_the_last_one_was_posted(asked: Workers) -> None:
    asked.clock.advance(hours=24)
    post(asked.context, DAY)
    asked.restart()
    asked.ask("create-account", account_name="another", email="another@example.com")
    asked.work()
    asked.clock.advance(hours=23)
    assert not post(asked.context, DAY)
    asked.clock.advance(hours=1)
    assert post(asked.context, DAY)


def test_the_dispatcher_posts_it(asked: Workers) -> None:
    asked.clock.advance(hours=24)
    slack = InMemorySlack()
    dispatcher = Dispatcher(
        asked.context, Outbox(asked.context, slack, lambda: "B0ORGBOT", lambda _: {}), 2, lambda _: None
    )
    dispatcher.anchor(DAY)
    dispatcher.stop()
    assert len(anchors(asked)) == 1


def test_an_empty_audit_has_no_anchor(workers: Workers) -> None:
    assert not post(workers.context, DAY)


def test_an_anchor_arrives_once_though_an_answer_was_lost(asked: Workers) -> None:
    asked.clock.advance(hours=24)
    post(asked.context, DAY)
    slack = InMemorySlack()
    outbox = Outbox(asked.context, slack, lambda: "B0ORGBOT", lambda _: {})
    outbox.send_lane("notices")
    with asked.context.store.write() as session:  # As if the process had died before it wrote the answer down.
        now = asked.clock()
        sending = update(Message).where(col(Message.lane) == "notices")
        session.execute(sending.values(status="sending", started_at=now, due_at=now))
    outbox.send_lane("notices")

    (posted,) = slack.posts
    assert posted["channel"] == "C0APPROVALS"
    assert parse(posted["text"]) == anchors(asked)


def test_a_cut_at_the_end_is_seen_with_an_anchor_and_not_without(asked: Workers) -> None:
    records = asked.audit()
    anchor = Anchor(records[-1].id or 0, records[-1].hash)
    assert disagreements(records, [anchor]) == []
    for left in (records[:-1], []):
        assert problems(left) == []
        (line,) = disagreements(left, [anchor])
        assert "has been cut off" in line


def test_an_end_that_was_cut_off_and_written_anew_is_seen(asked: Workers) -> None:
    records = asked.audit()
    anchor = Anchor(records[-1].id or 0, records[-1].hash)
    forged = AuditRecord(**records[-1].model_dump() | {"hash": "0" * 64})
    (line,) = disagreements([*records[:-1], forged], [anchor])
    assert "not the one that was anchored" in line


HASH = "0123456789abcdef" * 4


@each_of(
    ("text", "found"),
    [
        (f"1234:{HASH}", [Anchor(1234, HASH)]),
        (f" 1,234 : {HASH.upper()} ", [Anchor(1234, HASH)]),
        (line(Anchor(1234567, HASH))["text"], [Anchor(1234567, HASH)]),
        (f"orgbot  9:00\n⚓ Audit anchor: record 12, sha256 {HASH}\n\n13:{HASH}", [Anchor(12, HASH), Anchor(13, HASH)]),
        ("", []),
        ("1234", []),
        (f"1234:{HASH[:-1]}", []),
        (f"1234:{HASH}0", []),
        (f"²:{HASH}", []),
    ],
)
def test_anchors_are_read_as_they_are_typed_and_as_they_stand_in_the_channel(text: str, found: list[Any]) -> None:
    assert parse(text) == found
