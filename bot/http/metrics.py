"""What the bot counts for Prometheus, and what is measured every few seconds: the database is read for it, so that a restart
loses nothing, and not when Prometheus asks, so that nobody has it read. Source: Prometheus documentation, "Metric and label naming".
"""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlmodel import Session, col, func, select

from approvals.models import LIVE, AuditRecord, Message, Request
from approvals.queue.store import Store
from approvals.queue.worker import set_aside_jobs
from approvals.states import TERMINAL
from bot.snapshot.cache import SnapshotCache

Numbers = Counts[tuple[str, str]]
Labels = TypeVar("Labels", bound=tuple[str, ...])
# Slack gives up after 3 s.
ACK_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3)
ENDS = {
    f"request.{status.value}": str(status.value) for status in TERMINAL
}  # The audit's events, which lifecycle writes.
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


class Measuring:
    """Sets the gauges to what stands in the database and in the cache, when it is called with the time.

    The finished requests are counted once, and then followed by the audit's new records: a status that is final never changes.
    """

    def __init__(self, store: Store, snapshot: SnapshotCache, metrics: Metrics) -> None:
        self._store = store
        self._snapshot = snapshot
        self._metrics = metrics
        self._finished = Numbers()
        self._newest: int | None = None

    def __call__(self, now: datetime) -> None:
        waiting = select(func.count()).select_from(Message).where(col(Message.status).in_(("queued", "sending")))
        with self._store.read() as session:
            pending, aside = session.exec(waiting).one(), set_aside_jobs(session)
            found = self._follow(session) + _counted(session, LIVE)
        self._metrics.outbox_pending.set(pending)
        _set(self._metrics.requests, found)
        _set(self._metrics.jobs_aside, {(kind,): number for kind, number in aside.items()})
        organization = self._snapshot.latest()
        if organization:
            self._metrics.organization_age_seconds.set((now - organization.read_at).total_seconds())

    def _follow(self, session: Session) -> Numbers:
        """The finished requests by operation and status."""
        newest = session.exec(select(func.max(AuditRecord.id))).one() or 0
        if self._newest is None or newest < self._newest:
            self._finished = _counted(session, col(Request.status).in_(TERMINAL))
        elif newest > self._newest:
            new = select(Request.operation, AuditRecord.event).where(
                col(AuditRecord.id) > self._newest, col(AuditRecord.id) <= newest, col(AuditRecord.event).in_(ENDS)
            )
            ended = session.exec(new.join(Request, col(Request.id) == col(AuditRecord.request_id))).all()
            self._finished += Numbers((operation, ENDS[event]) for operation, event in ended)
        self._newest = newest
        return self._finished


def _counted(session: Session, which: Any) -> Numbers:
    counted = select(Request.operation, Request.status, func.count()).where(which)
    found = session.exec(counted.group_by(Request.operation, col(Request.status))).all()
    return Numbers({(operation, str(status)): number for operation, status, number in found})


def _set(gauge: Gauge, counts: Mapping[Labels, int]) -> None:
    """Every label anew; what is no longer there goes. Whoever reads meanwhile never sees the gauge empty."""
    for labels, number in counts.items():
        gauge.labels(*labels).set(number)
    for sample in [sample for metric in gauge.collect() for sample in metric.samples]:
        if tuple(sample.labels.values()) not in counts:
            gauge.remove(*sample.labels.values())
