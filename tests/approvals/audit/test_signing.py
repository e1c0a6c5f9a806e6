"""A key comes, is changed, is lost: what is still proven, what runs, and what is told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete
from sqlmodel import col

from approvals.audit import signing
from approvals.audit.chain import MARK, problems
from approvals.audit.keys import NO_KEYS, Keys
from approvals.models import AuditRecord, Request
from approvals.states import Status
from tests.harness.people import BOB
from tests.harness.tampering import UNDECIDED, changed, tamper
from tests.harness.workers import Workers

OLD, NEW = "the old key, which is long enough for this", "the new key, which is long enough for this"
KEYS = Keys.given((OLD,))
ROTATED = Keys.given((NEW, OLD))
TAG: dict[str, Any] = {"account": "222222222222", "tags": ["owner=shop"]}


def starts(workers: Workers, keys: Keys) -> None:
    """The bot starts with these keys."""
    workers.keys = keys
    workers.restart()
    signing.begin(workers.context.store, workers.clock())


def asked(workers: Workers, account: str = "222222222222") -> Request:
    found = workers.ask("tag-account", account=account, tags=["owner=shop"])
    workers.work()
    return found


def approved(workers: Workers, request: Request) -> Request:
    workers.click(request, "approve", BOB)
    return workers.until_done(request)


def marks(workers: Workers) -> list[AuditRecord]:
    return [entry for entry in workers.audit() if entry.event == MARK]


def test_a_key_that_comes_in_the_middle(workers: Workers) -> None:
    done, waiting = approved(workers, asked(workers)), asked(workers, "333333333333")
    starts(workers, KEYS)

    assert done.status == approved(workers, waiting).status == Status.SUCCEEDED
    assert problems(workers.audit(), KEYS) == []
    assert [list(mark.detail["live"]) for mark in marks(workers)] == [[str(waiting.id)]]
    (told,) = workers.said("notice")
    assert told.startswith(
        f":lock: From record {marks(workers)[0].id} on the audit is signed with the key {KEYS.name}."
    )


def test_neither_the_record_nor_the_channel_holds_the_key(workers: Workers) -> None:
    starts(workers, KEYS)
    assert OLD not in str(workers.audit()) + str(workers.said("notice")) + repr(KEYS)
    assert len(KEYS.name) == 16


def test_the_next_start_with_the_same_key_tells_nothing(workers: Workers) -> None:
    for _ in range(3):
        starts(workers, KEYS)
    assert len(marks(workers)) == len(workers.said("notice")) == 1


def test_what_was_filed_before_the_key_and_is_changed_afterwards_does_not_run(workers: Workers) -> None:
    waiting = asked(workers)
    starts(workers, KEYS)
    tamper(workers, waiting, changed("request.filed", rehashed=True, detail={"reason": "x"}))
    ended = approved(workers, waiting)
    assert ended.status == Status.FAILED
    assert f"record {workers.audit()[0].id} is not signed" in ended.outcome


def test_a_key_does_not_prove_what_was_not_proven_before(workers: Workers) -> None:
    waiting = asked(workers)
    tamper(workers, waiting, UNDECIDED["a vote inserted, status by hand"])
    starts(workers, KEYS)
    assert marks(workers)[0].detail["live"] == {}
    assert workers.until_done(waiting).status == Status.FAILED


def test_a_new_key_with_the_old_one_behind_it(workers: Workers) -> None:
    first = asked(workers)
    starts(workers, KEYS)
    second = asked(workers, "333333333333")
    starts(workers, ROTATED)
    assert approved(workers, first).status == approved(workers, second).status == Status.SUCCEEDED
    assert [mark.detail["key"] for mark in marks(workers)] == [KEYS.name, ROTATED.name]
    assert problems(workers.audit(), ROTATED) == []


def test_a_new_key_without_the_old_one(workers: Workers) -> None:
    """What the lost key signed can't be checked, so that what it has to prove doesn't run."""
    starts(workers, KEYS)
    waiting = asked(workers)
    lone = Keys.given((NEW,))
    starts(workers, lone)
    assert approved(workers, waiting).status == Status.FAILED
    assert approved(workers, asked(workers, "333333333333")).status == Status.SUCCEEDED
    (told,) = problems(workers.audit(), lone)
    assert told.startswith(
        f"record 1: from here on the audit is signed with a key that ORGBOT_AUDIT_KEY does not hold ({KEYS.name})"
    )


def test_without_the_key_the_bot_does_not_start(workers: Workers) -> None:
    starts(workers, KEYS)
    with pytest.raises(signing.KeyMissingError, match="ORGBOT_AUDIT_KEY: is missing"):
        starts(workers, NO_KEYS)


def test_without_the_key_only_the_order_can_be_checked(workers: Workers) -> None:
    starts(workers, KEYS)
    asked(workers)
    assert problems(workers.audit()) == []
    assert problems([entry for entry in workers.audit() if entry.event != "request.filed"]) == []
    assert problems(workers.audit()[1:]) == [
        "record 2: the record before it is missing, moved or changed",
        "record 2: its content was changed",
    ]


def test_a_signed_part_that_is_missing_is_told(workers: Workers) -> None:
    asked(workers)
    before = workers.audit()
    starts(workers, KEYS)
    (told,) = problems(before, KEYS)
    assert told.startswith("no record is signed with ORGBOT_AUDIT_KEY: the signed part was removed")


def test_a_record_that_is_not_signed_behind_the_mark_is_told(workers: Workers) -> None:
    starts(workers, KEYS)
    workers.keys = NO_KEYS
    workers.restart()
    asked(workers)
    assert problems(workers.audit(), KEYS) == ["record 2: is not signed, though the audit is from record 1 on"]


def test_a_mark_that_was_removed_is_told_and_nothing_older_counts(workers: Workers) -> None:
    waiting = asked(workers)
    starts(workers, KEYS)
    with workers.context.store.write() as session:
        session.execute(delete(AuditRecord).where(col(AuditRecord.event) == MARK))
    assert approved(workers, waiting).status == Status.FAILED
    assert "the record that began this is missing" in "".join(problems(workers.audit(), KEYS))


def test_behind_a_mark_that_was_changed_each_change_is_still_named(workers: Workers) -> None:
    starts(workers, KEYS)
    request = asked(workers)
    approved(workers, request)
    entries = workers.audit()
    entries[0].detail = {"key": "another"}
    entries[-1].actor = "U0MALLORY"
    found = problems(entries, KEYS)
    assert found[0].startswith(
        "record 1: from here on the audit is signed with a key that ORGBOT_AUDIT_KEY does not hold (another)"
    )
    assert found[-1] == f"record {entries[-1].id}: its content was changed"
