"""The image, built as the Dockerfile says: what is in it, who runs, and that the program works there.

No engine is needed; what stands in for the image that it begins with says `harness/chrooted.py`. The stages are built once.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.harness.chrooted import Stage, built, instructions, why_not
from tests.test_packaging import ROOT, lines

# On a machine that is busy with other things packages take their time.
pytestmark = pytest.mark.timeout(600)
PACKAGES = "/opt/orgbot/lib"
NEEDED = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "ORGBOT_APPROVERS": "U1",
    "ORGBOT_APPROVAL_CHANNEL": "C1",
}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The last stage. Where it cannot be built, CI fails; elsewhere these tests are skipped, and say why."""
    hindered = why_not()
    if hindered and os.environ.get("CI") == "true":
        pytest.fail(f"the image cannot be built here: {hindered}")
    if hindered:
        pytest.skip(f"THE IMAGE WAS NOT BUILT: {hindered}")
    try:
        return built(ROOT / "Dockerfile", tmp_path_factory.mktemp("image"))
    except subprocess.CalledProcessError as error:
        pytest.fail(f"{error.cmd[-1][-300:]}\n{error.stdout[-2000:]}\n{error.stderr[-3000:]}")


def packages(image: Stage) -> Path:
    (found,) = image.path(PACKAGES).glob("python3.*/site-packages")
    return found


def test_exactly_what_is_locked_is_installed_and_the_project(image: Stage) -> None:
    """Without pip, which could bring more."""
    named = (entry.name.removesuffix(".dist-info").split("-") for entry in packages(image).glob("*.dist-info"))
    there: dict[str, str] = {canonicalize_name(name): version for name, version in named}
    wanted: dict[str, str] = {}
    for line in lines("run"):
        found = re.match(r"(?P<name>\S+)==(?P<version>\S+)(?: ; (?P<marker>.*?))? --hash", line)
        name: str = canonicalize_name(found["name"]) if found else ""
        if found and (name in there or not found["marker"]):
            wanted[name] = found["version"]
    assert set(there) - {"orgbot"} == set(wanted)
    assert {name: version for name, version in there.items() if name != "orgbot"} == wanted


def test_neither_the_sandbox_nor_what_only_builds_or_tests_is_in_it(image: Stage) -> None:
    names = {entry.name for entry in packages(image).iterdir()}
    assert names & {"sandbox", "moto", "pip", "hatchling", "pytest", "tests"} == set()
    assert {"approvals", "bot", "handlers", "operations"} <= names
    gone = image.run(["python", "-m", "pip", "--version"], check=False)
    assert "No module named pip" in gone.stderr


def test_it_runs_as_nobody_in_particular_and_writes_to_its_volume_alone(image: Stage) -> None:
    assert image.run(["id", "-u"]).stdout.strip() == "10001"
    assert image.run(["touch", "/data/orgbot.db"], check=False).returncode == 0
    assert image.run(["touch", "/opt/orgbot/x"], check=False).returncode != 0


def test_the_program_is_there_with_all_that_it_imports(image: Stage) -> None:
    assert image.run(["orgbot", "--version"]).stdout.startswith("orgbot ")
    assert "Commands:" in image.run(["orgbot", "--help"]).stdout
    assert image.run(["python", "-c", "import bot.app, psycopg; print('all')"]).stdout == "all\n"


def test_it_says_what_is_missing_and_that_the_sandbox_is_elsewhere(image: Stage) -> None:
    run = image.run(["orgbot", "run"], check=False)
    assert run.returncode != 0
    assert "SLACK_BOT_TOKEN" in run.stderr
    sandbox = image.run(["orgbot", "sandbox"], check=False)
    assert (sandbox.returncode, "[sandbox]" in sandbox.stderr) == (1, True)


def test_the_manifest_is_where_the_set_up_looks_for_it(image: Stage) -> None:
    told = image.run(["python", "-c", "from bot.init.slack import PACKED; print(PACKED.read_text()[:10])"])
    assert told.stdout.startswith("# The")


def test_it_is_small(image: Stage) -> None:
    """Megabytes of the environment that runs: AWS's models are most of it."""
    size = sum(file.lstat().st_size for file in image.path("/opt/orgbot").rglob("*"))
    assert size < 200 * 2**20


def test_the_file_is_read_as_it_stands() -> None:
    found = list(instructions(ROOT / "Dockerfile"))
    assert [word for word, _ in found].count("FROM") > 1
    assert found[-1] == ("CMD", '["run"]')
