"""`orgbot audit`: is the chain whole, and the records as JSON lines or CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from typing import Any

from sqlmodel import Session, col, select

from approvals.audit import problems
from approvals.models import AuditRecord
from bot.database import open_engine

COLUMNS = ("id", "at", "event", "actor", "request_id", "detail", "previous", "hash")


def verify(url: str) -> int:
    """Prints what is wrong with the chain, or its length and last hash; gives the exit code."""
    records = _records(url)
    found = problems(records)
    for line in found:
        sys.stdout.write(f"{line}\n")
    if not found:
        last = records[-1].hash if records else "none"
        sys.stdout.write(f"{len(records)} records, each as it was written; the last hash is {last}\n")
    return 1 if found else 0


def export(url: str, form: str) -> int:
    """Prints every record; gives the exit code."""
    rows = [_row(record) for record in _records(url)]
    (_as_csv if form == "csv" else _as_json)(rows)
    return 0


def _records(url: str) -> list[AuditRecord]:
    engine = open_engine(url)
    with Session(engine) as session:
        found = list(session.exec(select(AuditRecord).order_by(col(AuditRecord.id))).all())
    engine.dispose()
    return found


def _row(record: AuditRecord) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in COLUMNS}
    return values | {"at": record.at.isoformat() if record.at else ""}


def _as_json(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        sys.stdout.write(json.dumps(row, sort_keys=True) + "\n")


def _as_csv(rows: Iterable[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "detail": json.dumps(row["detail"], sort_keys=True)})
