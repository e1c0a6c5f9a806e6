"""The last snapshot of the organization in a file, so that a bot that starts while AWS is away has something to show.

It is a copy of what AWS said: names, e-mail addresses, attachments, and nothing that is secret. Only its owner may read it.
"""

from __future__ import annotations

import logging
import os
import tempfile
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from operations.snapshot.organization import Organization

log = logging.getLogger(__name__)
SHAPE = TypeAdapter(Organization)


class SnapshotFile:
    """The file at `path`; it is replaced as a whole. Nothing here raises: the file is a help, and never needed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Organization | None:
        """The snapshot as it was kept; None when there is none, or one that cannot be read."""
        try:
            return SHAPE.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            log.warning("the kept picture of the organization is not used: %s", type(error).__name__)
            return None

    def newer(self, than: datetime) -> None:
        """Nothing: it is this process's alone."""

    def save(self, organization: Organization) -> None:
        """Writes the snapshot beside the old one, then puts it in its place."""
        try:
            self._replace(SHAPE.dump_json(organization))
        except OSError as error:
            log.warning("the picture of the organization is not kept: %s", error)

    def _replace(self, content: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")  # With mode 0600.
        written = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            written.replace(self._path)
        except OSError:
            written.unlink(missing_ok=True)
            raise
