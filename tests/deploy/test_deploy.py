"""What stands in `deploy/` is read by the tools that it is for, and names only what the bot has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from approvals.states import Status
from bot.config.settings import names
from bot.http.metrics import Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBERNETES = "1.30"
NAME = re.compile(r"\b(?:orgbot_\w+|up)\b")
SETTING = re.compile(r"\b(?:ORGBOT|SLACK)_[A-Z_]+\b")


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return list(json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))["panels"])


def queries() -> list[str]:
    return [rule["expr"] for rule in alerts()] + [target["expr"] for panel in panels() for target in panel["targets"]]


def sample_names() -> set[str]:
    """The names under which Prometheus has the bot's metrics."""
    kinds = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    families = Metrics().registry.collect()
    return {family.name + end for family in families for end in kinds[family.type]} | {"up"}


@pytest.mark.parametrize("query", queries())
def test_a_query_is_promql_over_metrics_that_there_are(query: str) -> None:
    promql_parser.parse(query)
    assert set(NAME.findall(query)) - {"orgbot"} <= sample_names()


def test_a_metric_that_nobody_looks_at_is_one_too_many() -> None:
    looked_at = {name for query in queries() for name in NAME.findall(query)}
    bases = {name.removesuffix("_total").removesuffix("_bucket") for name in looked_at}
    assert {family.name for family in Metrics().registry.collect()} <= bases


def test_a_query_names_only_statuses_that_there_are() -> None:
    named = {
        word for query in queries() for value in re.findall(r'status=~?"([^"]+)"', query) for word in value.split("|")
    }
    assert named <= {status.value for status in Status}


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    for rule in alerts():
        assert rule["annotations"].keys() == {"summary", "description"}
        assert rule["labels"]["severity"] in {"warning", "critical"}


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_the_kubernetes_manifest_is_one() -> None:
    import kubernetes_validate  # noqa: PLC0415  It takes its time, and whoever only collects does not need it.

    for document in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_the_ecs_template_is_one() -> None:
    from cfnlint import api as cfn  # noqa: PLC0415  Likewise.

    found = cfn.lint_file(DEPLOY / "ecs.yaml")
    assert [str(match) for match in found] == []


@pytest.mark.parametrize("file", ["kubernetes.yaml", "ecs.yaml"])
def test_the_settings_named_are_settings(file: str) -> None:
    assert set(SETTING.findall((DEPLOY / file).read_text(encoding="utf-8"))) <= set(names())
