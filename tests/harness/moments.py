"""When something may be due next: simulated time jumps there instead of walking."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, union_all
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
NOW: Any = bindparam("now", type_=UtcTime)
# One statement, built once, because tests ask it all the time.
LATER = union_all(*(select(func.min(column).label("moment")).where(column > NOW) for column in TIMES)).subquery()
NEXT: Any = select(func.min(LATER.c.moment))


def next_moment(session: Session, now: datetime, end: datetime) -> datetime:
    """The first time after `now` at which a row may become due, `end` at the latest."""
    found: datetime | None = session.connection().execute(NEXT, {"now": now}).scalar_one()
    return min(end, found + JUST_AFTER) if found else end
