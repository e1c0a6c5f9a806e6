"""The newest snapshot of the organization in the database, for all processes on one PostgreSQL: what one has read, the others take."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import ValidationError
from sqlmodel import col, select

from approvals.audit.keys import is_genuine
from approvals.models import SharedSnapshot
from approvals.queue.store import Store
from bot.snapshot.file import SHAPE
from operations.snapshot.organization import Organization


class SnapshotRow:
    """The newest snapshot that any process has read, in the database; `newer` gives it to those that have an older one. With a key,
    one that somebody else has written is none.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self) -> Organization | None:
        """The snapshot as it was kept; None when there is none, or one of another version."""
        return self.newer(datetime.min.replace(tzinfo=UTC))

    def newer(self, than: datetime) -> Organization | None:
        """What another process has read since; its content is sent only then."""
        with self._store.read() as session:
            found = session.exec(select(SharedSnapshot).where(col(SharedSnapshot.read_at) > than)).first()
            counts = found is not None and is_genuine(session, found)
        try:
            return SHAPE.validate_json(found.content) if found and counts else None
        except ValidationError:
            return None  # Another version has read it; this one reads for itself.

    def save(self, organization: Organization) -> None:
        """Keeps it, unless what is kept is newer."""
        content = SHAPE.dump_json(organization).decode()
        with self._store.write(alone=True) as session:
            found = session.get(SharedSnapshot, 1)
            if (
                found is None
                or not found.read_at
                or found.read_at < organization.read_at
                or not is_genuine(session, found)
            ):
                session.merge(SharedSnapshot(id=1, read_at=organization.read_at, content=content))
