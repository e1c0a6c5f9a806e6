"""Audit records as they stand in the database, read in a stream: without objects, because there may be millions, and without a
reader that a mangled row could stop.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, String, Text, cast, select, type_coerce
from sqlalchemy.engine import Connection
from sqlmodel import col

from approvals.models import AuditRecord

Query = Select[*tuple[Any, ...]]
BATCH = 2000  # Rows that are fetched at a time.
_decode = json.JSONDecoder().raw_decode
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Line(NamedTuple):
    """One record; `detail` is what its JSON holds, or UNREADABLE."""

    id: int
    at: str
    event: str
    actor: str
    request_id: int | None
    detail: Any
    previous: str
    hash: str

    @classmethod
    def of(cls, record: AuditRecord) -> Line:
        """The line of a record that is held as an object."""
        given = (record.event, record.actor, record.request_id, record.detail, record.previous, record.hash)
        return cls(record.id or 0, moment(record.at), *given)


class Unreadable:
    """In the place of a detail that is no JSON."""


UNREADABLE = Unreadable()


def content(line: Line) -> bytes | None:
    """What is hashed: the record's canonical JSON, `previous` included; None where it cannot be read."""
    try:
        return _canonical([line.at, line.event, line.actor, line.request_id, line.detail, line.previous]).encode()
    except (TypeError, ValueError, RecursionError):
        return None


def moment(at: datetime | str | None) -> str:
    """A record's time as it is hashed: UTC in ISO 8601, with microseconds. SQLite gives text, which is left as it is."""
    if isinstance(at, datetime):
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="microseconds")
    return f"{str(at).replace(' ', 'T')}+00:00" if at else ""


def detail_of(text: Any) -> Any:
    """The JSON of a detail, or UNREADABLE; also where something stands around it, which the bot never writes."""
    try:
        found, end = _decode(text)
    except (TypeError, ValueError, RecursionError):
        return UNREADABLE
    return found if end == len(text) else UNREADABLE


def query(dialect: str) -> Query:
    """All records, raw, from a database of this dialect; the caller says which and in which order."""
    columns = (AuditRecord.event, AuditRecord.actor, AuditRecord.request_id)
    return select(
        col(AuditRecord.id),
        time_of(dialect, AuditRecord.at),
        *map(col, columns),
        raw(dialect, AuditRecord.detail),
        col(AuditRecord.previous),
        col(AuditRecord.hash),
    )


def time_of(dialect: str, column: Any) -> Any:
    """A column of times as the driver gives them, for `moment`."""
    return type_coerce(col(column), String) if dialect == "sqlite" else col(column)


def raw(dialect: str, column: Any) -> Any:
    """A JSON column as its text."""
    return type_coerce(col(column), Text) if dialect == "sqlite" else cast(col(column), Text)


def lines(connection: Connection, wanted: Query, **values: Any) -> Iterator[Line]:
    """The records of a `query`, as they come; `values` are those of its parameters."""
    for number, at, event, actor, request_id, detail, previous, found in rows(connection, wanted, **values):
        yield Line(number, moment(at), event, actor, request_id, detail_of(detail), previous, found)


def rows(connection: Connection, wanted: Query, **values: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of any query, fetched some at a time (with PostgreSQL by a cursor of the server's)."""
    with connection.execute(wanted, values, execution_options={"yield_per": BATCH}) as found:
        for batch in found.partitions():
            yield from map(tuple, batch)
