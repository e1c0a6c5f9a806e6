"""When something may be due next: simulated time jumps there instead of walking."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, SQLModel, func, select

from approvals.models import UtcTime

# Every time that the database holds, whatever it is for: those that are no due time cost an idle look at the most.
TIMES = [
    column
    for table in SQLModel.metadata.tables.values()
    for column in table.columns
    if isinstance(column.type, UtcTime)
]
JUST_AFTER = timedelta(microseconds=1)  # A lease is over when its end has passed.


def next_moment(session: Session, now: datetime, end: datetime) -> datetime:
    """The first time after `now` at which a row may become due, `end` at the latest."""
    later: list[datetime | None] = [
        session.exec(select(func.min(column)).where(column > now)).one() for column in TIMES
    ]
    return min([end, *(found + JUST_AFTER for found in later if found)])
