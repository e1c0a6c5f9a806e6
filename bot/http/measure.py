"""What is measured when Prometheus asks: the database is read then, so that a restart loses nothing."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, func, select

from approvals.models import Message, Request
from approvals.queue.store import Store
from bot.http.metrics import Metrics
from bot.snapshot.cache import SnapshotCache


def measure(store: Store, snapshot: SnapshotCache, metrics: Metrics, now: datetime) -> None:
    """Sets the gauges to what stands in the database and in the cache."""
    waiting = select(func.count()).select_from(Message).where(col(Message.status).in_(("queued", "sending")))
    counted = select(Request.operation, Request.status, func.count()).group_by(Request.operation, Request.status)
    with store.read() as session:
        metrics.outbox_pending.set(session.exec(waiting).one())
        found = session.exec(counted).all()
    metrics.requests.clear()
    for operation, status, number in found:
        metrics.requests.labels(operation, status).set(number)
    organization = snapshot.latest()
    if organization:
        metrics.organization_age_seconds.set((now - organization.read_at).total_seconds())
