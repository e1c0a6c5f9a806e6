"""The audit: append-only records, each holding the hash of the one before it; the calls to AWS are among them.

A record is appended at the end of the transaction that it belongs to, when all rows that this writes are locked: with PostgreSQL one
transaction at a time appends, in the order in which they are committed, and nobody who waits for that holds up who appends.

An edit, a deletion or a reordering breaks the chain; a cut at the end shows against a hash that was noted elsewhere. With a key
nobody else can make a hash that counts; a record (MARK) says from where on there is one. Calls are noted as they end, by the
worker that has their request in hand.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import event as events
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session, col, select

from approvals.audit.keys import NO_KEYS, Keys, plain
from approvals.audit.lines import Line, content
from approvals.models import AuditRecord
from approvals.queue.store import wait_for_writers
from operations.aws.client import Call
from operations.aws.errors import FencedError

CALL = "aws.call"
MARK = "audit.signed"
ORGBOT = "orgbot"
UNKNOWN = "unknown"
NEVER_LEFT = FencedError.__name__
_noted: contextvars.ContextVar[list[Call] | None] = contextvars.ContextVar("noted", default=None)

GENESIS = "0" * 64


_TO_APPEND = object()


def record(
    session: Session, at: datetime, event: str, actor: str, request_id: int | None = None, **detail: Any
) -> None:
    """One record with the transaction of `session`: what happened (`event`), by whom, about which request."""
    entry = AuditRecord(at=at, event=event, actor=actor, request_id=request_id, detail=detail, previous="", hash="")
    session.info.setdefault(_TO_APPEND, []).append(entry)


def append(session: Session) -> list[AuditRecord]:
    """Appends what `record` was given so far, for whoever has to know the records' numbers; nothing else may be locked after it."""
    entries: list[AuditRecord] = session.info.pop(_TO_APPEND, [])
    if entries:
        session.flush()
        wait_for_writers(session)
    last = session.exec(_LAST).first() if entries else None
    for entry in entries:
        entry.previous = last or GENESIS
        entry.hash = last = digest_of(entry, Keys.of(session))
        session.add(entry)
        session.flush()
    return entries


_LAST = select(AuditRecord.hash).order_by(col(AuditRecord.id).desc()).limit(1)


@events.listens_for(Session, "before_commit")
def _append(session: Session) -> None:
    append(session)


@events.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _: SessionTransaction) -> None:
    session.info.pop(_TO_APPEND, None)


def digest_of(entry: AuditRecord, keys: Keys = NO_KEYS) -> str:
    """The hash over the record's canonical JSON, `previous` included: 64 hexadecimal digits."""
    return keys.hash(content(Line.of(entry)) or b"")


def problems(entries: Iterable[AuditRecord], keys: Keys = NO_KEYS) -> list[str]:
    """What is wrong with the chain, one line each; empty when every record is as it was written and in its place."""
    check = ChainCheck(keys)
    return [*(line for entry in entries for line in check.look(Line.of(entry))), *check.at_the_end()]


@dataclass
class ChainCheck:
    """Follows the chain record by record, from its beginning, and keeps nothing of what it has seen but where it stands.

    `signed_since` is the record from which on all are signed; `foreign` the name of a key that signed and is not held.
    """

    keys: Keys = NO_KEYS
    count: int = 0
    last: str = GENESIS
    signed_since: int = 0
    vouched: bool = False
    foreign: str = ""
    unchecked: int = 0

    def look(self, line: Line) -> list[str]:
        """What is wrong with the next record; empty when it is as it was written and in its place."""
        moved = line.previous != self.last
        self.count, self.last = self.count + 1, line.hash
        found = [f"record {line.id}: the record before it is missing, moved or changed"] if moved else []
        said = content(line)
        if said is None:
            return [*found, _changed(line)]
        if self.keys.signed(said, line.hash):
            return [*found, *self._signed(line)]
        wrong = self._unsigned(line, is_plain=plain(said) == line.hash)
        return [*found, wrong] if wrong else found

    def _signed(self, line: Line) -> list[str]:
        """A key begins with a record that says so: without it, what stands before may be signed records that were replaced."""
        begun = bool(self.signed_since) or line.event == MARK
        self.signed_since, self.vouched, self.foreign = self.signed_since or line.id, True, ""
        said = f"record {line.id}: from here on the audit is signed, and the record that began this is missing"
        return [] if begun else [said]

    def _unsigned(self, line: Line, *, is_plain: bool) -> str:
        """What is wrong with a record that none of the keys signed."""
        if is_plain and self.signed_since:
            return f"record {line.id}: is not signed, though the audit is from record {self.signed_since} on"
        if is_plain:
            return ""
        if line.event == MARK:
            return self._foreign(line)
        if not self.foreign:
            return _changed(line)
        self.unchecked += 1
        return ""

    def _foreign(self, line: Line) -> str:
        """From here on another key signs, or somebody pretends so."""
        name = line.detail.get("key") if isinstance(line.detail, dict) else None
        self.signed_since, self.foreign = self.signed_since or line.id, str(name or "unnamed")
        self.unchecked += 1
        if not self.keys:
            return ""
        return (
            f"record {line.id}: from here on the audit is signed with a key that ORGBOT_AUDIT_KEY does not hold ({self.foreign}), "
            "so what follows cannot be checked; an earlier key goes behind the first one, after a comma"
        )

    def at_the_end(self) -> list[str]:
        """What is wrong with the whole: the part that the key should have signed is missing."""
        if not self.keys or self.vouched:
            return []
        return [
            "no record is signed with ORGBOT_AUDIT_KEY: the signed part was removed, or orgbot has not been started with the key yet"
        ]


def _changed(line: Line) -> str:
    return f"record {line.id}: its content was changed"


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


def record_calls(
    session: Session, at: datetime, request_id: int, calls: Sequence[Call], step: str = "", **attempt: Any
) -> None:
    """One audit record a call: AWS's names and request id, and `ok` or the error's code; of an `attempt` its `number`, and as what it
    `ended`.
    """
    for call in calls:
        record(
            session,
            at,
            CALL,
            ORGBOT,
            request_id,
            service=call.service,
            operation=call.operation,
            outcome=call.outcome,
            aws_request_id=call.aws_request_id,
            step=step,
            **attempt,
        )


def record_lost_call(session: Session, at: datetime, request_id: int, step: str, **attempt: Any) -> None:
    """The record of a call whose process ended before the answer was written down."""
    record(session, at, CALL, ORGBOT, request_id, outcome=UNKNOWN, step=step, **attempt)
