"""Workers for the documentation too: what it tells people to type is typed."""

from __future__ import annotations

from tests.approvals.conftest import database, workers

__all__ = ["database", "workers"]
