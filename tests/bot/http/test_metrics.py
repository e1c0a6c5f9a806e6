"""The names under which Prometheus finds what the bot counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import generate_latest
from sqlalchemy import event

from bot.http.metrics import Measuring, Metrics
from sandbox.aws.server import AwsSandbox
from tests.harness.workers import Workers


def shown(metrics: Metrics) -> list[str]:
    return generate_latest(metrics.registry).decode().splitlines()


def test_what_is_counted_has_its_name_and_labels() -> None:
    metrics = Metrics()
    metrics.requests.labels("create-account", "succeeded").set(1)
    metrics.aws_calls.labels("CreateAccount", "ok").inc(2)
    metrics.slack_calls.labels("chat.postMessage", "ratelimited").inc()
    metrics.deliveries.labels("401").inc()
    metrics.outbox_pending.set(3)
    metrics.jobs_set_aside.labels("announce").inc()
    metrics.jobs_aside.labels("announce").set(1)
    metrics.organization_age_seconds.set(5)
    assert {
        'orgbot_requests{operation="create-account",status="succeeded"} 1.0',
        'orgbot_aws_calls_total{operation="CreateAccount",outcome="ok"} 2.0',
        'orgbot_slack_calls_total{method="chat.postMessage",outcome="ratelimited"} 1.0',
        'orgbot_slack_deliveries_total{status="401"} 1.0',
        "orgbot_outbox_pending 3.0",
        'orgbot_jobs_set_aside_total{kind="announce"} 1.0',
        'orgbot_jobs_aside{kind="announce"} 1.0',
        "orgbot_organization_age_seconds 5.0",
    } <= set(shown(metrics))


def test_times_fall_into_buckets_up_to_slacks_three_seconds() -> None:
    metrics = Metrics()
    metrics.ack_seconds.observe(2.5)
    metrics.tick_seconds.observe(0.2)
    lines = set(shown(metrics))
    assert {'orgbot_ack_seconds_bucket{le="2.0"} 0.0', 'orgbot_ack_seconds_bucket{le="3.0"} 1.0'} <= lines
    assert {'orgbot_tick_seconds_bucket{le="0.1"} 0.0', 'orgbot_tick_seconds_bucket{le="0.5"} 1.0'} <= lines


def test_two_bots_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.outbox_pending.set(1)
    assert "orgbot_outbox_pending 0.0" in shown(other)


@pytest.fixture
def workers(aws: AwsSandbox) -> Iterator[Workers]:
    made = Workers(aws)
    yield made
    made.close()


class Looked:
    """The workers' database as the metrics show it."""

    def __init__(self, workers: Workers) -> None:
        self.workers, self.metrics = workers, Metrics()
        cache: Any = SimpleNamespace(latest=lambda: None)
        self.measure = Measuring(workers.context.store, cache, self.metrics)

    def requests(self) -> dict[tuple[str, str], float]:
        self.measure(self.workers.clock())
        (found,) = self.metrics.requests.collect()
        return {(sample.labels["operation"], sample.labels["status"]): sample.value for sample in found.samples}


def test_requests_are_followed_from_live_to_finished(workers: Workers) -> None:
    looked = Looked(workers)
    assert looked.requests() == {}
    one, two = (workers.ask("create-ou", unit_name=name, parent="/") for name in ("One", "Two"))
    assert looked.requests() == {("create-ou", "pending"): 2}
    workers.work()
    workers.click(one, "deny", "U0BOB", reason="no")
    workers.work()
    assert looked.requests() == {("create-ou", "pending"): 1, ("create-ou", "denied"): 1}
    workers.click(two, "approve", "U0BOB")
    workers.until_done(two)
    counted = {("create-ou", "succeeded"): 1, ("create-ou", "denied"): 1}
    assert looked.requests() == counted
    assert Looked(workers).requests() == counted, "another process begins with what stands there"


def test_no_measurement_looks_at_finished_requests_again(workers: Workers) -> None:
    looked = Looked(workers)
    looked.requests()
    asked: list[str] = []
    engine = workers.context.store.engine

    def note(*arguments: Any) -> None:
        asked.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    looked.requests()
    event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        plans = [
            row[3]
            for statement in asked
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + _filled(statement)).all()
        ]
    assert [plan for plan in plans if plan.startswith("SCAN") and "USING" not in plan and "stumble" not in plan] == []


def _filled(statement: str) -> str:
    return re.sub(r"\?", "1", statement)
