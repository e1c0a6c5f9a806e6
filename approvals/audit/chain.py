"""The audit: append-only records, each holding the hash of the one before it; the calls to AWS are among them.

An edit, a deletion or a reordering breaks the chain; a cut at the end shows against a hash that was noted elsewhere. Calls are
noted as they end, by the worker that has their request in hand.
"""

from __future__ import annotations

import contextvars
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from approvals.models import AuditRecord
from operations.aws.client import Call
from operations.aws.errors import FencedError

CALL = "aws.call"
UNKNOWN = "unknown"
NEVER_LEFT = FencedError.__name__
_noted: contextvars.ContextVar[list[Call] | None] = contextvars.ContextVar("noted", default=None)

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


@contextmanager
def noting_calls(calls: list[Call]) -> Iterator[None]:
    """Within this block the calls of this thread that belong into the audit are appended to `calls`."""
    token = _noted.set(calls)
    try:
        yield
    finally:
        _noted.reset(token)


def note_call(call: Call) -> None:
    """For `Aws(on_call=…)`: keeps what changes something, and each AssumeRole that was refused."""
    calls = _noted.get()
    if calls is not None and _matters(call):
        calls.append(call)


def _matters(call: Call) -> bool:
    if call.write:
        return call.outcome != NEVER_LEFT
    return call.operation == "AssumeRole" and call.outcome != "ok"


def record_calls(session: Session, at: datetime, request_id: int, calls: Sequence[Call], step: str = "") -> None:
    """One audit record a call: AWS's names and request id, and `ok` or the error's code."""
    for call in calls:
        record(
            session,
            at,
            CALL,
            "orgbot",
            request_id,
            service=call.service,
            operation=call.operation,
            outcome=call.outcome,
            aws_request_id=call.aws_request_id,
            step=step,
        )


def record_lost_call(session: Session, at: datetime, request_id: int, step: str) -> None:
    """The record of a call whose process ended before the answer was written down."""
    record(session, at, CALL, "orgbot", request_id, outcome=UNKNOWN, step=step)
