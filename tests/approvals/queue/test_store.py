"""One connection, its threads in line; a row is durable when `insert` returns."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from approvals.models import Interaction
from approvals.queue.store import FifoLock, Store
from bot.database import migrate, open_engine

NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine = open_engine(f"sqlite:///{tmp_path / 'orgbot.db'}")
    migrate(engine)
    yield Store(engine)
    engine.dispose()


def click(delivery: str) -> dict[str, Any]:
    return {
        "delivery": delivery,
        "kind": "approve",
        "user": "U0BOB",
        "team": "T0",
        "request_id": 1,
        "received_at": NOW,
        "due_at": NOW,
    } | {"reason": "", "channel": "", "tries": 0, "lease_owner": ""}


def deliveries(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.exec(select(Interaction.delivery)).all())


def test_an_inserted_row_is_seen_by_another_connection_at_once(store: Store) -> None:
    number = store.insert(Interaction, click("one"))
    with sqlite3.connect(str(store.engine.url.database)) as other:
        assert other.execute("SELECT id, delivery FROM interaction").fetchall() == [(number, "one")]
    other.close()


def test_times_come_back_as_they_were_given(store: Store) -> None:
    store.insert(Interaction, click("one"))
    with store.read() as session:
        assert session.exec(select(Interaction.received_at)).one() == NOW


def test_what_is_there_already_is_refused_and_the_next_row_goes_on(store: Store) -> None:
    store.insert(Interaction, click("one"))
    with pytest.raises(IntegrityError):
        store.insert(Interaction, click("one"))
    store.insert(Interaction, click("two"))
    assert deliveries(store) == ["one", "two"]


def test_rows_go_on_after_sqlalchemy_has_replaced_the_connection(store: Store) -> None:
    store.insert(Interaction, click("one"))
    pooled = store.engine.raw_connection()
    pooled.invalidate()
    pooled.close()
    assert deliveries(store) == ["one"]
    store.insert(Interaction, click("two"))
    assert deliveries(store) == ["one", "two"]


def test_rows_of_many_threads_all_arrive(store: Store) -> None:
    def insert(begin: int) -> None:
        for number in range(begin, begin + 25):
            store.insert(Interaction, click(f"{number}"))
            deliveries(store)

    threads = [threading.Thread(target=insert, args=(25 * number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(deliveries(store), key=int) == [str(number) for number in range(200)]


def test_the_lock_is_handed_on_in_the_order_of_asking() -> None:
    lock, order = FifoLock(), []

    def take(number: int) -> None:
        with lock:
            order.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(6)]
    with lock:
        for waiting, thread in enumerate(threads, start=1):
            thread.start()
            while len(lock._queue) < waiting:
                threading.Event().wait(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(6))


def test_a_second_session_in_the_same_thread_is_an_error_and_no_deadlock(store: Store) -> None:
    with store.read(), pytest.raises(RuntimeError, match="use that one"), store.read():
        pass
