"""One durable row by the shortest way: the statement is made once, and the driver is called directly.

This is what stands between a person and Slack's answer. The conversion of values is SQLAlchemy's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table
from sqlalchemy.engine import Engine

Row = dict[str, Any]


class Insertion:
    """An INSERT into `table` of rows with these `columns`, for SQLite."""

    def __init__(self, engine: Engine, table: Table, columns: tuple[str, ...]) -> None:
        self._engine = engine
        names = engine.dialect.identifier_preparer
        listed = ", ".join(names.format_column(table.c[name]) for name in columns)
        self._sql = f"INSERT INTO {names.format_table(table)} ({listed}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  Our own names.
        self._convert = [(name, _converter(table.c[name].type, engine)) for name in columns]

    def __call__(self, row: Row) -> int:
        """The new row's id, once it is committed; raises the driver's IntegrityError."""
        values = [convert(row[name]) if convert else row[name] for name, convert in self._convert]
        pooled = self._engine.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            return int(
                driver.execute(self._sql, values).lastrowid
            )  # A statement outside a transaction is one of its own.
        finally:
            pooled.close()


def _converter(kind: Any, engine: Engine) -> Callable[[Any], Any] | None:
    converter: Callable[[Any], Any] | None = kind.dialect_impl(engine.dialect).bind_processor(engine.dialect)
    return converter
