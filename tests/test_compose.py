"""compose.yaml, read as its engine would read it: two bots that share a database which is there before them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from bot.config.settings import load_settings, names
from tests.test_dockerfile import environment

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
GIVEN = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "ORGBOT_APPROVERS": "U1",
    "ORGBOT_APPROVAL_CHANNEL": "C1",
}


def services(rules: str = "") -> dict[str, Any]:
    """With the variables put in as an engine does (Compose Specification, "Interpolation")."""
    text = re.sub(r"\$\{POSTGRES_PASSWORD:\?[^}]+\}", "secret", TEXT)
    text = re.sub(r"\$\{ORGBOT_RULES:\+([^}]+)\}", r"\1" if rules else "", text)
    return dict(yaml.safe_load(re.sub(r"\$\{ORGBOT_RULES:-([^}]+)\}", rules or r"\1", text))["services"])


def bots(rules: str = "") -> list[dict[str, Any]]:
    return [service for service in services(rules).values() if service.get("build")]


def test_two_bots_work_on_the_database_that_stands_beside_them() -> None:
    database = services()["database"]["environment"]
    url = f"postgresql+psycopg://{database['POSTGRES_USER']}:secret@database:5432/{database['POSTGRES_DB']}"
    given = [{**GIVEN, **{name: value or "" for name, value in bot["environment"].items()}} for bot in bots()]
    assert [load_settings(settings, "none").database_url for settings in given] == [url, url]


def test_a_rules_file_that_the_settings_name_comes_along_and_none_else() -> None:
    for bot in bots("rules.toml"):
        (mount,) = bot["volumes"]
        assert (mount["source"], mount["read_only"]) == ("rules.toml", True)
        assert bot["environment"]["ORGBOT_RULES"] == mount["target"]
    for bot in bots():
        assert not bot["environment"]["ORGBOT_RULES"]
        assert bot["volumes"][0]["source"] == "/dev/null"


def test_their_settings_are_settings_of_orgbot_and_no_secret_stands_in_the_file() -> None:
    assert all(set(bot["environment"]) <= set(names()) and bot["env_file"] == ".env" for bot in bots())
    assert set(re.findall(r"PASSWORD: (.*)", TEXT)) == {"${POSTGRES_PASSWORD:?set it in .env, letters and digits only}"}


def test_a_bot_starts_when_the_database_answers_and_is_let_end_in_order() -> None:
    assert services()["database"]["healthcheck"]["test"][1] == "pg_isready"
    for bot in bots():
        assert bot["depends_on"] == {"database": {"condition": "service_healthy"}}
        assert bot["stop_grace_period"] == "60s"


def test_each_bot_has_a_port_of_its_own_to_be_asked_how_it_is() -> None:
    ports = [port for bot in bots() for port in bot["ports"]]
    assert len({port.split(":")[1] for port in ports}) == len(bots())
    assert {port.split(":")[2] for port in ports} == {environment()["PORT"]}


def test_what_the_database_holds_outlives_it() -> None:
    assert services()["database"]["volumes"] == ["database:/var/lib/postgresql/data"]
    assert re.fullmatch(r"postgres:\d+", services()["database"]["image"])
