"""Uploaded files, kept in memory."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.slack.errors import SlackRefusal

MOST_BYTES = 20_000_000
LOOKED_AT_WITHIN = 0.2  # Seconds.


@dataclass
class File:
    """One file: announced with its length, then filled, then shared when `title` is set."""

    id: str
    ticket: str
    name: str
    length: int
    user: str
    content: bytes | None = None
    title: str = ""
    shared_in: str | None = None
    completed_at: float | None = None

    @property
    def is_ready(self) -> bool:
        """Whether Slack has looked at it, which takes a moment; until then it has no type, and no block may show it."""
        return self.completed_at is not None and time.monotonic() - self.completed_at > LOOKED_AT_WITHIN

    def for_api(self, base_url: str) -> dict[str, Any]:
        """The file object of the Web API."""
        kind = self.name.rpartition(".")[2] if "." in self.name else "text"
        address = f"{base_url}/files/{self.id}/{self.name}"
        return {
            "id": self.id,
            "created": int(time.time()),
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": _MIME.get(kind, "text/plain") if self.is_ready or self.shared_in else "",
            "filetype": kind,
            "user": self.user,
            "size": len(self.content or b""),
            "mode": "hosted",
            "is_external": False,
            "url_private": address,
            "url_private_download": address,
            "channels": [self.shared_in] if self.shared_in else [],
        }


_MIME = {"png": "image/png", "json": "application/json", "svg": "image/svg+xml", "csv": "text/csv"}


class Files:
    """By id, and by the ticket of the upload address."""

    def __init__(self) -> None:
        self._known: dict[str, File] = {}

    def announce(self, name: str, length: int, user: str) -> File:
        """Room for a file of that length in bytes."""
        file = File(f"F{secrets.token_hex(5).upper()}", secrets.token_urlsafe(18), name, length, user)
        self._known[file.id] = file
        return file

    def find(self, file_id: str) -> File:
        """By id; raises SlackRefusal file_not_found."""
        if file_id not in self._known:
            raise SlackRefusal("file_not_found")
        return self._known[file_id]

    def by_ticket(self, ticket: str) -> File:
        """By the upload address's secret part; raises SlackRefusal file_not_found."""
        for file in self._known.values():
            if secrets.compare_digest(file.ticket, ticket):
                return file
        raise SlackRefusal("file_not_found")

    def unusable(self, shown: Any, at: str = "") -> Iterator[str]:
        """What is wrong with the files that blocks show: Slack doesn't know them, or isn't done with them."""
        if isinstance(shown, list):
            for index, item in enumerate(shown):
                yield from self.unusable(item, f"{at}/{index}")
        if not isinstance(shown, dict):
            return
        for name, part in shown.items():
            if name == "slack_file" and isinstance(part, dict) and "id" in part:
                file = self._known.get(str(part["id"]))
                if file is None or not file.is_ready:
                    yield f"[ERROR] invalid slack file [json-pointer:{at}/slack_file]"
            else:
                yield from self.unusable(part, f"{at}/{name}")

    def delete(self, file_id: str) -> None:
        """Forget it; raises SlackRefusal file_not_found."""
        del self._known[self.find(file_id).id]
