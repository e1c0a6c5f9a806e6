"""Whoever changes the audit is found out: each edit, cut and reordering of records that somebody may think of."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from approvals.audit.chain import GENESIS, digest_of, problems, record
from approvals.models import AuditRecord
from approvals.queue.store import Store
from tests.harness.database import ON_BOTH, give_back, new_database
from tests.harness.people import ALICE, BOB
from tests.harness.workers import Workers

NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
TIMES = 1000
TIMES_A_FIELD = 200
FIELDS = ("at", "event", "actor", "request_id", "detail", "previous", "hash")


@pytest.mark.parametrize("database", ON_BOTH, indirect=True)
def test_records_of_many_who_write_at_once_are_one_chain_in_the_order_of_their_transactions(database: str) -> None:
    engine = new_database(database)
    store, errors = Store(engine), []

    def write(own: int) -> None:
        for number in range(12):
            try:
                with store.write() as session:
                    record(session, NOW, "first", f"{own}", number)
                    session.execute(select(AuditRecord.id).limit(1))
                    record(session, NOW, "second", f"{own}", number)
            except Exception as error:  # noqa: BLE001  Told below.
                errors.append(error)

    writers = [threading.Thread(target=write, args=(own,)) for own in range(6)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    with store.read() as session:
        entries = session.exec(select(AuditRecord).order_by(col(AuditRecord.id))).all()
    give_back(engine)
    assert errors == []
    assert len(entries) == 6 * 12 * 2
    assert problems(entries) == []
    pairs = [(entry.event, entry.actor, entry.request_id) for entry in entries]
    assert all(
        (first[0], second[0], first[1:]) == ("first", "second", second[1:])
        for first, second in zip(pairs[::2], pairs[1::2], strict=True)
    )


def test_what_is_rolled_back_leaves_no_record(workers: Workers) -> None:
    def fails() -> None:
        with workers.context.store.write() as session:
            record(session, NOW, "never", "nobody")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert workers.audit() == []


@pytest.fixture
def chain(workers: Workers) -> list[dict[str, Any]]:
    """Twenty-four records as the database gives them back, of a request's life again and again."""
    for number in range(6):
        workers.clock.advance(seconds=1.000001)
        with workers.context.store.write() as session:
            now = workers.clock()
            record(session, now, "request.filed", ALICE, number, operation="tag-account", digest="d" * 64)
            record(session, now, "vote.approve", BOB, number, digest="d" * 64, reason="ünïcode 🙂")
            record(session, now, "request.approved", BOB, number, nested={"list": [1, 2.5, None, True]})
            record(session, now, "anchor.posted", "orgbot")
    with workers.context.store.read() as session:
        found = session.exec(select(AuditRecord).order_by(col(AuditRecord.id))).all()
        return [entry.model_dump() for entry in found]


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  The same each time, so that a failure can be looked at.


def records(rows: list[dict[str, Any]]) -> list[AuditRecord]:
    return [AuditRecord(**row) for row in rows]


def test_what_nobody_touched_is_whole(chain: list[dict[str, Any]]) -> None:
    assert problems(records(chain)) == []
    assert chain[0]["previous"] == GENESIS
    assert problems([]) == []


def other_value(value: Any, chance: random.Random) -> Any:
    """Something near the value, as somebody who covers their tracks would choose it."""
    if isinstance(value, str):
        return chance.choice([value + "x", value[:-1], value.upper() + " ", ""]) if value else "x"
    if isinstance(value, dict):
        return chance.choice([value | {"why": ""}, {**value, next(iter(value), "x"): "other"}, {"x": value}])
    if isinstance(value, int):
        return chance.choice([value + 1, -value - 1, None])
    if value is None:
        return 1
    return value + timedelta(microseconds=chance.choice([-1, 1, 1_000_000, 86_400_000_000]))


@pytest.mark.parametrize("field", FIELDS)
def test_an_edit_of_any_field_is_found(chain: list[dict[str, Any]], field: str) -> None:
    for seed in range(TIMES_A_FIELD):
        chance = dice(seed)
        place = chance.randrange(len(chain))
        changed = other_value(chain[place][field], chance)
        edited = [*chain[:place], chain[place] | {field: changed}, *chain[place + 1 :]]
        found = problems(records(edited))
        assert any(line.startswith(f"record {chain[place]['id']}:") for line in found), (seed, changed)


@pytest.mark.parametrize("field", [field for field in FIELDS if field != "hash"])
def test_an_edit_with_its_hash_made_anew_is_found_by_the_record_behind_it(
    chain: list[dict[str, Any]], field: str
) -> None:
    for seed in range(TIMES_A_FIELD):
        chance = dice(seed)
        place = chance.randrange(len(chain) - 1)
        forged = AuditRecord(**chain[place] | {field: other_value(chain[place][field], chance)})
        forged.hash = digest_of(forged)
        edited = [*records(chain[:place]), forged, *records(chain[place + 1 :])]
        assert f"record {chain[place + 1]['id']}: the record before it is missing, moved or changed" in problems(edited)


def cut(rows: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    start = chance.randrange(len(rows) - 1)
    end = chance.randrange(start + 1, len(rows))
    return rows[:start] + rows[end:]


def swap(rows: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    first, second = chance.sample(range(len(rows)), 2)
    moved = list(rows)
    moved[first], moved[second] = moved[second], moved[first]
    return moved


def shuffle(rows: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    moved = chance.sample(rows, len(rows))
    return moved if moved != rows else rows[::-1]


def repeat(rows: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    place, row = chance.randrange(len(rows) + 1), chance.choice(rows)
    return [*rows[:place], row, *rows[place:]]


@pytest.mark.parametrize("damage", [cut, swap, shuffle, repeat])
def test_records_that_are_missing_moved_or_repeated_are_found(
    chain: list[dict[str, Any]], damage: Callable[[list[dict[str, Any]], random.Random], list[dict[str, Any]]]
) -> None:
    for seed in range(TIMES):
        assert problems(records(damage(chain, dice(seed)))), seed


def test_new_ids_in_the_old_order_change_nothing_and_in_another_are_found(chain: list[dict[str, Any]]) -> None:
    """The id is not part of the hash, because the database gives it after the hash; the order is what it says."""
    shifted = [row | {"id": row["id"] * 10} for row in chain]
    assert problems(records(shifted)) == []
    moved = sorted([*shifted[1:], shifted[0] | {"id": 155}], key=lambda row: int(row["id"]))
    assert problems(records(moved))
