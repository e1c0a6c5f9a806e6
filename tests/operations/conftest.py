"""Workers for the operations too: whole runs, from the request to what stands in AWS."""

from __future__ import annotations

from tests.approvals.conftest import database, workers

__all__ = ["database", "workers"]
