"""No question that is asked while the bot works walks through the audit: it is found by an index, however long it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from approvals.audit import alarm, anchors, signing
from approvals.audit.evidence import counted_before, unasked, unproven
from approvals.audit.guards import Audited
from approvals.authority.bindings import Bindings
from approvals.models import Interaction, Request
from approvals.request.quarantine import Quarantine
from approvals.sessions import book
from bot.rules import SharedRules
from sandbox.aws.server import AwsSandbox
from tests.harness.database import ON_BOTH
from tests.harness.tampering import KEYS, TAG
from tests.harness.workers import Workers

MANY = 5_000
NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)",
    "postgresql": "WITH n(i) AS (SELECT generate_series(1, :many))",
}
FILL = """
INSERT INTO audit (at, event, actor, request_id, detail, previous, hash) {numbers}
SELECT CURRENT_TIMESTAMP, CASE WHEN i % 9 = 0 THEN 'request.filed' ELSE 'aws.call' END, 'orgbot',
       1000000 + i, '{{}}', 'p' || i, 'h' || i FROM n
"""
WALKS = re.compile(r"Seq Scan on audit|SCAN audit$|Filter: .*event")
SORTS = re.compile(r"Sort|TEMP B-TREE|audit_pkey")  # All records of an event are read for the newest.


@pytest.fixture(params=ON_BOTH)
def long(request: pytest.FixtureRequest, aws: AwsSandbox) -> Iterator[Workers]:
    """A request was carried out, another waits, and there are records of many others since."""
    found = Workers(aws, request.param, keys=KEYS)
    signing.begin(found.context.store, found.clock())
    found.until_done(found.approved("tag-account", **TAG))
    found.ask("create-ou", unit_name="Billing")
    found.work()
    with found.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(FILL.format(numbers=NUMBERS[connection.dialect.name])), {"many": MANY})
        connection.execute(text("ANALYZE"))
    yield found
    found.close()


def reading(what: Callable[[Session, Request], Any]) -> Callable[[Workers], Any]:
    def do(workers: Workers) -> None:
        with workers.context.store.read() as session:
            what(session, session.get_one(Request, 2))

    return do


ASKED: dict[str, Callable[[Workers], Any]] = {
    "a request's proof": reading(lambda session, request: unproven(session, request.id or 0)),
    "whether it was asked": reading(unasked),
    "whether a press has counted": reading(lambda session, request: counted_before(session, request.id or 0, "x")),
    "what became of its session": reading(lambda session, request: book.as_told(session, request.id)),
    "whether its alarm was raised": lambda workers: alarm.objection(workers.context, 2),
    "whether a press is forged": lambda workers: alarm.is_forged_press(
        workers.context, Interaction(delivery="x", kind="approve", user="U", team="T", request_id=2)
    ),
    "since when it is signed": lambda workers: signing.begin(workers.context.store, workers.clock()),
    "whether it is signed": reading(lambda session, _: signing.check_key(session)),
    "an anchor": lambda workers: anchors.post(workers.context, timedelta(days=1)),
    "how far a restore is": lambda workers: Quarantine(workers.context.store, workers.clock),
    "what the rules are bound to": lambda workers: Bindings(
        workers.context.store, lambda: workers.rules, workers.clock, Audited()
    ).refresh(workers.snapshot),
    "which rules are in force": lambda workers: [
        SharedRules(workers.context.store, workers.clock, name, workers.rules).look() for name in ("one", "other")
    ],
    "what happened to it": lambda workers: workers.intake.history(2),
}


@contextmanager
def noted(workers: Workers) -> Iterator[list[tuple[str, Any]]]:
    """The statements that read the audit, with what is filled in."""
    found: list[tuple[str, Any]] = []

    def note(*arguments: Any) -> None:
        statement, parameters = str(arguments[2]), arguments[3]
        if re.search(r"(FROM|JOIN) audit", statement):
            found.append((statement, parameters))

    event.listen(workers.engine, "before_cursor_execute", note)
    yield found
    event.remove(workers.engine, "before_cursor_execute", note)


def plan(workers: Workers, statement: str, parameters: Any) -> str:
    with workers.engine.connect() as connection:
        word = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{word} {statement}", parameters))


def is_its_end(statement: str) -> bool:
    """The newest records, along the key."""
    return "WHERE" not in statement and ("LIMIT" in statement or "max(" in statement)


def test_it_is_found_by_an_index(long: Workers) -> None:
    walks: dict[str, str] = {}
    for name, ask in ASKED.items():
        with noted(long) as asked:
            ask(long)
        assert asked, name
        for statement, parameters in asked:
            told = plan(long, statement, parameters)
            if (WALKS.search(told) and not is_its_end(statement)) or (
                "audit.event =" in statement and SORTS.search(told)
            ):
                walks[f"{name}: {statement}"] = told
    assert walks == {}
