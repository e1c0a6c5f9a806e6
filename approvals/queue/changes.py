"""What is known to have changed since the organization was read, as the processes on one database tell it to each other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import delete
from sqlmodel import Session, col, select

from approvals.models import KnownChange
from operations.snapshot.changes import CHANGES, Change

log = logging.getLogger(__name__)
LAG = timedelta(minutes=1)
"""A reading that began so soon after a change may not show it yet: AWS's lists are eventually consistent, and clocks differ."""


def note(session: Session, changes: Sequence[Change], now: datetime) -> None:
    """Tells every process, this one included, once it is committed."""
    if changes:
        session.add(KnownChange(at=now, changes=CHANGES.dump_python(tuple(changes), mode="json")))


def note_told(session: Session, told: Sequence[Change], now: datetime) -> None:
    """Tells every process what AWS answered about a name; not about what was changed a moment ago, of which AWS may still tell
    how it was before.
    """
    changed = {change.of for _, known in since(session, now) for change in known}
    note(session, [change for change in told if change.of not in changed], now)


def since(
    session: Session, read_at: datetime, counts: Callable[[KnownChange], bool] = lambda _: True
) -> list[tuple[int, tuple[Change, ...]]]:
    """What a reading that began at `read_at` may not show, oldest first, each with its number, of the rows that count."""
    newer = select(KnownChange).where(col(KnownChange.at) >= read_at - LAG).order_by(col(KnownChange.id))
    return [(row.id or 0, tuple(_understood(row.changes))) for row in session.exec(newer).all() if counts(row)]


def forget(session: Session, before: datetime) -> None:
    """Removes what every reading shows by now."""
    session.execute(delete(KnownChange).where(col(KnownChange.at) < before))


def _understood(found: Sequence[dict[str, Any]]) -> Iterator[Change]:
    """Without what a newer version has written, which the next reading shows."""
    for one in found:
        try:
            yield from CHANGES.validate_python((one,))
        except ValidationError:
            log.warning("a change of the organization is not understood: %s", one.get("about"))
