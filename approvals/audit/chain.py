"""The audit: append-only records, each holding the hash of the one before it.

An edit, a deletion or a reordering breaks the chain; a cut at the end shows against a hash that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from approvals.models import AuditRecord

GENESIS = "0" * 64


def record(
    session: Session, at: datetime, event: str, actor: str, request_id: int | None = None, **detail: Any
) -> AuditRecord:
    """Appends one record in the transaction of `session`: what happened (`event`), by whom, about which request."""
    last = session.exec(select(AuditRecord.hash).order_by(col(AuditRecord.id).desc()).limit(1)).first()
    entry = AuditRecord(
        at=at, event=event, actor=actor, request_id=request_id, detail=detail, previous=last or GENESIS, hash=""
    )
    entry.hash = digest_of(entry)
    session.add(entry)
    session.flush()
    return entry


def digest_of(entry: AuditRecord) -> str:
    """SHA-256 over the record's canonical JSON, `previous` included."""
    at = entry.at.isoformat(timespec="microseconds") if entry.at else ""
    content = [at, entry.event, entry.actor, entry.request_id, entry.detail, entry.previous]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def problems(entries: Iterable[AuditRecord]) -> list[str]:
    """What is wrong with the chain, one line each; empty when every record is as it was written and in its place."""
    found: list[str] = []
    previous = GENESIS
    for entry in entries:
        if entry.previous != previous:
            found.append(f"record {entry.id}: the record before it is missing, moved or changed")
        if entry.hash != digest_of(entry):
            found.append(f"record {entry.id}: its content was changed")
        previous = entry.hash
    return found
