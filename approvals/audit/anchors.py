"""Anchors: the newest audit record's hash, noted outside of the database, where whoever edits the audit cannot reach it.

A chain of hashes shows every change but one: a cut at its end. An anchor in the approval channel shows that too. Nothing is
kept about anchors but their own audit records, so that a restart knows when the last one was posted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from approvals.audit import chain
from approvals.context import Context
from approvals.models import AuditRecord
from approvals.queue import outgoing
from approvals.views.thread import Body, body

EVENT = "audit.anchored"
WRITTEN = re.compile(r"(?<![0-9,])([0-9][0-9,]*)(?:\s*:\s*|, sha256 `?)([0-9a-fA-F]{64})(?![0-9a-fA-F])", re.ASCII)


@dataclass(frozen=True)
class Anchor:
    """The number of an audit record, and the hash that it had when the anchor was posted."""

    record: int
    hash: str


def post(context: Context, every: timedelta) -> bool:
    """Queues an anchor for the approval channel, and notes it, when one is due; gives whether it was."""
    now = context.clock()
    with context.store.write(alone=True) as session:
        newest = _due(session, now, every)
        if newest is None:
            return False
        anchor = Anchor(newest.id or 0, newest.hash)
        chain.record(session, now, EVENT, chain.ORGBOT, record=anchor.record, sha256=anchor.hash)
        outgoing.notice(session, now, line(anchor))
    return True


def _due(session: Session, now: datetime, every: timedelta) -> AuditRecord | None:
    """The newest record, when there is something new and the last anchor, or else the first record, is old enough."""
    newest = session.exec(select(AuditRecord).order_by(col(AuditRecord.id).desc()).limit(1)).first()
    if newest is None or newest.event == EVENT:
        return None
    anchored = select(AuditRecord.at).where(AuditRecord.event == EVENT).order_by(col(AuditRecord.id).desc())
    began = select(AuditRecord.at).order_by(col(AuditRecord.id))
    since = session.exec(anchored.limit(1)).first() or session.exec(began.limit(1)).one()
    return newest if since is not None and since + every <= now else None


def line(anchor: Anchor) -> Body:
    """For the channel: what it is, and what it is good for."""
    return body(
        f":anchor: Audit anchor: record {anchor.record:,}, sha256 `{anchor.hash}`\n"
        "Leave this message here: with it, `orgbot audit verify --anchor` shows whether records were cut off or rewritten."
    )


def parse(text: str) -> list[Anchor]:
    """The anchors in a text: `1234:abcdef…`, or the lines as they stand in the channel; empty when there is none."""
    return [Anchor(int(number.replace(",", "")), found.casefold()) for number, found in WRITTEN.findall(text)]


def disagreements(entries: Iterable[AuditRecord], anchors: Iterable[Anchor]) -> list[str]:
    """One line for each anchor that the records do not bear out."""
    check = AnchorCheck(anchors)
    for entry in entries:
        check.look(entry.id or 0, entry.hash)
    return check.at_the_end()


class AnchorCheck:
    """Sees the records one by one, and keeps of them what the anchors name."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self._anchors = list(anchors)
        self._named = {anchor.record for anchor in self._anchors}
        self._hashes: dict[int, str] = {}
        self._last = 0

    def look(self, record: int, found: str) -> None:
        """The next record's number and hash."""
        self._last = max(self._last, record)
        if record in self._named:
            self._hashes[record] = found

    def at_the_end(self) -> list[str]:
        """One line for each anchor that the records did not bear out."""
        wrong = [anchor for anchor in self._anchors if self._hashes.get(anchor.record) != anchor.hash]
        return [_disagreement(anchor, self._last) for anchor in wrong]


def _disagreement(anchor: Anchor, last: int) -> str:
    if anchor.record > last:
        end = f"ends with record {last:,}" if last else "is empty"
        return f"anchor {anchor.record}: the audit {end}; what came after has been cut off"
    return f"anchor {anchor.record}: the record is not the one that was anchored; it was rewritten, or cut off and replaced"
