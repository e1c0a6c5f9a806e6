"""What the bot counts for Prometheus, and what is measured when Prometheus asks: the database is read then, so that a restart
loses nothing. Source: Prometheus documentation, "Metric and label naming".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlmodel import col, func, select

from approvals.models import Message, Request
from approvals.queue.store import Store
from approvals.queue.worker import set_aside_jobs
from bot.snapshot.cache import SnapshotCache

# Slack gives up after 3 s.
ACK_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3)
TICK_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30)


class Metrics:
    """The counters of one bot, on a registry of their own so that several bots fit into one process.

    Counters are shown with `_total` at the end, and every name begins with `orgbot_`. A label is always one of a few words
    (an operation, a status, a method): never a person, an account or a request number, which would grow without end.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._gauge(
            "requests", "Requests in the database, by operation and status.", "operation", "status"
        )
        self.aws_calls = self._counter("aws_calls", "Calls to AWS.", "operation", "outcome")
        self.slack_calls = self._counter("slack_calls", "Calls to Slack.", "method", "outcome")
        self.deliveries = self._counter("slack_deliveries", "Deliveries from Slack, by HTTP status.", "status")
        self.outbox_pending = self._gauge("outbox_pending", "Messages that wait to be told to Slack.")
        self.jobs_set_aside = self._counter(
            "jobs_set_aside", "Jobs set aside after an error of the bot's own, by kind.", "kind"
        )
        self.jobs_aside = self._gauge("jobs_aside", "Jobs that are set aside now, by kind.", "kind")
        self.organization_age_seconds = self._gauge("organization_age_seconds", "Age of the organization's picture.")
        self.tick_seconds = self._histogram("tick_seconds", "Length of one tick of the scheduler.", TICK_BUCKETS)
        self.ack_seconds = self._histogram("ack_seconds", "Time until Slack has its answer.", ACK_BUCKETS)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"orgbot_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"orgbot_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"orgbot_{name}", text, registry=self.registry, buckets=buckets)


def measure(store: Store, snapshot: SnapshotCache, metrics: Metrics, now: datetime) -> None:
    """Sets the gauges to what stands in the database and in the cache."""
    waiting = select(func.count()).select_from(Message).where(col(Message.status).in_(("queued", "sending")))
    counted = select(Request.operation, Request.status, func.count()).group_by(Request.operation, Request.status)
    with store.read() as session:
        metrics.outbox_pending.set(session.exec(waiting).one())
        found = session.exec(counted).all()
        aside = set_aside_jobs(session)
    metrics.requests.clear()
    for operation, status, number in found:
        metrics.requests.labels(operation, status).set(number)
    metrics.jobs_aside.clear()
    for kind, jobs in aside.items():
        metrics.jobs_aside.labels(kind).set(jobs)
    organization = snapshot.latest()
    if organization:
        metrics.organization_age_seconds.set((now - organization.read_at).total_seconds())
