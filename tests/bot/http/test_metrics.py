"""The names under which Prometheus finds what the bot counts."""

from __future__ import annotations

from prometheus_client import generate_latest

from bot.http.metrics import Metrics


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
