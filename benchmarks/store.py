"""Target 3: a pair of insert and guarded update, against raw sqlite3 with the same journal settings."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from approvals.authority.requirements import Requirement, Requirements
from approvals.authority.rules import Rule
from approvals.queue.store import Store
from approvals.request.intake import Draft, Intake
from approvals.request.lifecycle import transition
from approvals.states import Status
from benchmarks.table import Row
from bot.database import migrate, open_engine

PAIRS = 1000
RULE = Rule("default", ("U0BOB",))
REQUIRED = Requirements((Requirement(RULE, RULE.approvals),))


def rows() -> Iterator[Row]:
    """How many of raw sqlite3's transactions the store makes in the same time: filing (Core), and a status change with its audit (ORM)."""
    with tempfile.TemporaryDirectory() as folder:
        raw = _raw(Path(folder))
        filing, changing = _ours(Path(folder))
    yield Row("filing a request, rows/s", f"{filing:.0f}", f"{raw:.0f}", filing / raw, 0.5, least=True)
    yield Row("change of status with audit, /s", f"{changing:.0f}", f"{raw:.0f}", changing / raw, 0.2, least=True)


def _raw(folder: Path) -> float:
    database = sqlite3.connect(folder / "raw.db", isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE r (id INTEGER PRIMARY KEY, s TEXT)",
    ):
        database.execute(statement)

    def pair(number: int) -> None:
        database.execute("INSERT INTO r (s) VALUES (?)", ("x" * 300,))
        database.execute("UPDATE r SET s = 'y' WHERE id = ? AND s != 'y'", (number + 1,))

    return 2 * _rate(pair)


def _ours(folder: Path) -> tuple[float, float]:
    engine = open_engine(f"sqlite:///{folder / 'ours.db'}")
    migrate(engine)
    store = Store(engine)
    intake = Intake(store, lambda: datetime.now(UTC), lambda: None)

    def approve(number: int) -> None:
        with store.write() as session:
            transition(session, number + 1, Status.APPROVED, datetime.now(UTC), "U0BOB")

    rates = _rate(lambda number: intake.file(_draft(number))), _rate(approve)
    engine.dispose()
    return rates


def _rate(work: Callable[[int], object]) -> float:
    began = time.perf_counter()
    for number in range(PAIRS):
        work(number)
    return PAIRS / (time.perf_counter() - began)


def _draft(number: int) -> Draft:
    params = {"account_name": "bench", "email": f"bench{number}@example.com", "ou": "r-1"}
    return Draft("create-account", params, f"email:{number}", "why", "U0ALICE", "T0", "C0", f"d{number}", REQUIRED)
