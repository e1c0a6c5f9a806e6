"""One durable row by the shortest way: the statement is made once, and the driver is called directly.

This is what stands between a person and Slack's answer. The conversion of values is SQLAlchemy's own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.engine import Engine

Row = dict[str, Any]


class OneConnection:
    """The one connection of a SQLite engine, as the driver has it. Whoever uses it holds the store's lock, and nobody else does.

    To borrow it from SQLAlchemy's pool and to give it back takes a third as long as the insert.
    """

    def __init__(self, engine: Engine) -> None:
        event.listen(engine, "connect", self._note)
        pooled = engine.raw_connection()
        self.driver: Any = pooled.driver_connection
        pooled.close()

    def _note(self, driver: sqlite3.Connection, _: object) -> None:
        """SQLAlchemy has replaced a connection that it found broken."""
        self.driver = driver


class Insertion:
    """An INSERT into `table` of rows with these `columns`, for SQLite."""

    def __init__(self, engine: Engine, table: Table, columns: tuple[str, ...]) -> None:
        names = engine.dialect.identifier_preparer
        listed = ", ".join(names.format_column(table.c[name]) for name in columns)
        self._sql = f"INSERT INTO {names.format_table(table)} ({listed}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  Our own names.
        self._convert = [(name, _converter(table.c[name].type, engine)) for name in columns]

    def values(self, row: Row) -> list[Any]:
        """The row's values as the driver takes them."""
        return [convert(row[name]) if convert else row[name] for name, convert in self._convert]

    def __call__(self, connection: OneConnection, values: list[Any]) -> int:
        """The new row's id, once it is committed; raises the driver's IntegrityError.

        A statement outside a transaction is one of its own.
        """
        return int(connection.driver.execute(self._sql, values).lastrowid)


def _converter(kind: Any, engine: Engine) -> Callable[[Any], Any] | None:
    converter: Callable[[Any], Any] | None = kind.dialect_impl(engine.dialect).bind_processor(engine.dialect)
    return converter
