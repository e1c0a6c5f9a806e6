"""What stands in `deploy/` is read by the tools that it is for, and names only what the bot has."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from approvals.states import Status
from bot.config.settings import load_settings, names
from bot.http.metrics import Metrics
from tests.documentation.pages import blocks
from tests.harness.tables import each_of
from tests.test_dockerfile import environment as image
from tests.test_dockerfile import only

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBERNETES = "1.30"
NAME = re.compile(r"\b(?:orgbot_\w+|up)\b")
OF_THE_DATABASE = re.compile(r"orgbot_(?:requests|outbox_pending|jobs_aside)\b")
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


@each_of("query", queries())
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


@each_of("query", [query for query in queries() if OF_THE_DATABASE.search(query)])
def test_what_every_process_reads_of_one_database_is_counted_once(query: str) -> None:
    """With two bots a sum would be double."""
    counted = len(OF_THE_DATABASE.findall(query))
    assert len(re.findall(rf"max(?: by \([a-z, ]+\) )?\({OF_THE_DATABASE.pattern}", query)) == counted


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


def block_of_the_guide(language: str, word: str) -> str:
    """The block of the guide in which the word stands."""
    page = [block for block in blocks() if block.page == "docs/how-to/deploy.md"]
    (found,) = [block.text for block in page if block.language == language and word in block.text]
    return found


def words_of(program: str) -> list[list[str]]:
    """Every command of the guide that begins so, in words."""
    lines = [line for block in blocks() if block.page == "docs/how-to/deploy.md" for line in block.text.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith(program)]


def manifests() -> dict[str, Any]:
    return {one["kind"]: one for one in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))}


def pod() -> dict[str, Any]:
    return dict(manifests()["Deployment"]["spec"]["template"]["spec"])


def template() -> dict[str, Any]:
    """The ECS template, with CloudFormation's functions as their arguments."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda _, __, node: getattr(node, "value", None))
    return dict(yaml.load((DEPLOY / "ecs.yaml").read_text(encoding="utf-8"), Loader))  # noqa: S506  A safe loader's child.


def ecs_container() -> dict[str, Any]:
    (found,) = template()["Resources"]["Task"]["Properties"]["ContainerDefinitions"]
    return dict(found)


def test_the_pod_is_the_images() -> None:
    """Its user, its port, the folder in which it works and finds `rules.toml`."""
    (container,) = pod()["containers"]
    uid = int(only("USER").partition(":")[0])
    assert {pod()["securityContext"][key] for key in ("runAsUser", "runAsGroup", "fsGroup")} == {uid}
    assert {port["containerPort"] for port in container["ports"]} == {int(image()["PORT"])}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}["rules"] == only("WORKDIR")
    assert {entry["name"]: entry["value"] for entry in container["env"]}["HOST"] == image()["HOST"]


def test_a_service_beside_it_sets_nothing() -> None:
    """Kubernetes sets ORGBOT_ADMIN_PORT=tcp://… for a service called orgbot-admin."""
    assert pod()["enableServiceLinks"] is False


def test_the_guide_makes_what_the_pod_names() -> None:
    made = {words[2]: words[-2] for words in words_of("kubectl create")}
    (container,) = pod()["containers"]
    assert [source["secretRef"]["name"] for source in container["envFrom"]] == [made["secret"]]
    rules = next(volume for volume in pod()["volumes"] if volume["name"] == "rules")
    assert rules["configMap"] == {"name": made["configmap"], "optional": True}
    (identity,) = words_of("aws eks")
    assert identity[identity.index("--service-account") + 1] == manifests()["ServiceAccount"]["metadata"]["name"]


def test_the_guides_container_is_the_images() -> None:
    (run,) = words_of("docker run")
    assert run[run.index("--volume") + 1] == f"orgbot:{only('VOLUME')}"
    assert run[run.index("--publish") + 1].endswith(f":{image()['PORT']}")


def test_the_guide_gives_the_template_what_it_asks_for() -> None:
    given = {line.partition("=")[0] for line in json.loads(block_of_the_guide("json", "Cluster"))}
    assert given == template()["Parameters"].keys()
    secret = json.loads(block_of_the_guide("json", "SLACK_BOT_TOKEN"))
    assert secret.keys() == {entry["Name"] for entry in ecs_container()["Secrets"]}
    load_settings({**secret, "ORGBOT_APPROVAL_CHANNEL": "C1", "ORGBOT_APPROVERS": "U1"}, "none")


def test_ecs_asks_the_bot_itself_whether_it_is_alive() -> None:
    """It does not look at the image's own health check."""
    (asked,) = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", ecs_container()["HealthCheck"]["Command"][-1])
    assert asked == (image()["PORT"], "/healthz")


def test_the_image_with_rules_finds_them() -> None:
    lines = dict(line.split(" ", 1) for line in block_of_the_guide("dockerfile", "FROM").splitlines())
    assert lines["COPY"].split() == ["rules.toml", lines["ENV"].partition("=")[2]]
    assert not lines["ENV"].partition("=")[2].startswith(only("VOLUME")), "what stands in a volume is not in the image"


@pytest.mark.parametrize("file", ["kubernetes.yaml", "ecs.yaml"])
def test_the_settings_named_are_settings(file: str) -> None:
    assert set(SETTING.findall((DEPLOY / file).read_text(encoding="utf-8"))) <= set(names())
