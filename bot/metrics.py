"""What the bot counts, for Prometheus. Source: Prometheus documentation, "Metric and label naming"."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The counters of one bot, on a registry of their own so that several bots fit into one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.aws_calls = Counter(
            "orgbot_aws_calls",
            "Calls to AWS, by operation and outcome.",
            ["operation", "outcome"],
            registry=self.registry,
        )
        self.deliveries = Counter(
            "orgbot_slack_deliveries",
            "Deliveries from Slack, by HTTP status of the answer.",
            ["status"],
            registry=self.registry,
        )
        self.ack_seconds = Histogram(
            "orgbot_ack_seconds",
            "Time until Slack has its answer, in seconds.",
            registry=self.registry,
            buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
        )
        self.requests = Gauge("orgbot_requests", "Requests, by status.", ["status"], registry=self.registry)
        self.messages_waiting = Gauge(
            "orgbot_messages_waiting", "Messages that wait to be told to Slack.", registry=self.registry
        )
        self.organization_age = Gauge(
            "orgbot_organization_age_seconds",
            "Age of the cached picture of the organization, in seconds.",
            registry=self.registry,
        )
