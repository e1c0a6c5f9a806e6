"""One connection, its threads in line; a row is durable when `insert` returns."""

from __future__ import annotations

import ast
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, update
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.orm import load_only
from sqlmodel import SQLModel, col, select

from approvals.models import HomeViewer, Installation, Interaction, Request, Vote
from approvals.queue.store import FifoLock, Row, Store, breaks
from bot.database import migrate, open_engine
from tests.harness.database import ON_BOTH, give_back, new_database

ROOT = Path(__file__).parents[3]
NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
REQUEST: Row = {
    **{name: name for name in ("delivery", "marker", "operation", "subject", "team", "requester")},
    "params": {},
    "approvals_needed": 1,
    "created_at": NOW,
}
VOTE: Row = {
    **{name: name for name in ("user", "person", "decision", "reason", "digest")},
    "request_id": 1,
    "at": NOW,
}


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


@pytest.mark.parametrize("database", ON_BOTH)
def test_a_row_that_is_there_already_is_known_by_what_it_breaks_and_by_nothing_else(database: str) -> None:
    engine = new_database(database)
    store = Store(engine)
    kinds: list[tuple[type[SQLModel], Row, tuple[str, ...]]] = [
        (Interaction, click("one"), ("delivery",)),
        (Request, REQUEST | {"status": "denied"}, ("delivery",)),
        (Request, REQUEST, ("operation", "subject")),
        (Vote, VOTE, ("request_id", "person")),
        (HomeViewer, {"user": "U", "shown": 0, "opened_at": NOW, "lease_owner": ""}, ("user",)),
        (Installation, {"id": 1, "identity": "i", "created_at": NOW}, ("id",)),
    ]
    every = {(model, columns) for model, _, columns in kinds}
    for number, (model, row, columns) in enumerate(kinds):
        other = {"delivery": f"{number}"} if "subject" in columns else {}
        with suppress(IntegrityError):
            store.insert(model, row | other)
        with pytest.raises(IntegrityError) as caught:
            store.insert(model, row | {name: f"another {name}" for name in other})
        broken = {(one, names) for one, names in every if breaks(caught.value, one, *names)}
        assert broken == {(model, columns)}
    with pytest.raises(IntegrityError) as caught:
        store.insert(Vote, VOTE | {"person": None})
    assert not any(breaks(caught.value, one, *names) for one, names in every), "it was refused for another reason"
    give_back(engine)


def test_nobody_takes_a_refused_row_for_one_cause_out_of_several() -> None:
    """Whoever catches what the database refuses asks `breaks` which of its rules it was."""
    for file in [path for room in ("approvals", "bot", "handlers") for path in (ROOT / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and node.type and ast.unparse(node.type) == "IntegrityError":
                assert "breaks(" in ast.unparse(node), f"{file.name}:{node.lineno}"
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "suppress":
                assert "IntegrityError" not in ast.unparse(node), f"{file.name}:{node.lineno}"


def test_a_second_session_in_the_same_thread_is_an_error_and_no_deadlock(store: Store) -> None:
    with store.read(), pytest.raises(RuntimeError, match="use that one"), store.read():
        pass


def filed(number: int = 1) -> Request:
    return Request(
        **REQUEST | {"id": number, "delivery": f"d{number}", "marker": f"m{number}", "subject": f"s{number}"}
    )


def test_a_row_is_found_by_its_number_with_one_statement_that_is_made_once(store: Store) -> None:
    """And in the session it is the same object, which knows what was changed in it and not yet written."""
    with store.write() as session:
        session.add(filed())
        assert session.get(Request, 1) is session.get_one(Request, 1)
        assert session.get(Request, 2) is None
    with store.read() as session:
        found = session.get_one(Request, 1)
        found.reason = "changed"
        assert session.get_one(Request, 1).reason == "changed"
        session.expunge(found)
        assert session.get_one(Request, 1).reason == ""


def test_what_was_read_before_is_read_anew_where_that_is_wished_for(store: Store) -> None:
    with store.write() as session:
        session.add(filed())
    with store.read() as session:
        found = session.get_one(Request, 1)
        session.connection().execute(update(Request).values(reason="by another"))
        assert session.get_one(Request, 1).reason == ""
        assert session.get_one(Request, 1, populate_existing=True) is found
        assert found.reason == "by another"
        session.connection().execute(update(Request).values(reason="by a third"))
        session.expire(found)
        assert session.get_one(Request, 1).reason == "by a third"


@pytest.mark.parametrize("wish", [{"with_for_update": True}, {"options": [load_only(col(Request.reason))]}])  # type: ignore[arg-type]
def test_whatever_else_is_wished_for_sqlalchemy_does(store: Store, wish: dict[str, Any]) -> None:
    with store.write() as session:
        session.add(filed())
    with store.read() as session:
        found = session.get_one(Request, 1, **wish)
        assert ("subject" in inspect(found).unloaded) == ("options" in wish)


def test_a_number_that_nothing_has_is_an_error_where_one_is_wanted(store: Store) -> None:
    with store.read() as session, pytest.raises(NoResultFound):
        session.get_one(Request, 7)
