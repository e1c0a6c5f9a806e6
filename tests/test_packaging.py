"""Locked versions with hashes and no address in them, in step with pyproject.toml; make and CI as documented."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from bot.init import slack
from sandbox import sandbox

ROOT = Path(__file__).parents[1]
LOCKS = ("run", "sandbox", "dev", "build")
# As secret scanners know them: Slack, AWS, GitHub, private keys.
SECRET = re.compile(
    r"xox[abeprs]-[0-9]{6,}-|xoxe\.xox[bp]-[0-9]-|xapp-[0-9]-[A-Z0-9]+-[0-9]+-|hooks\.slack\.com/services/T|"
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[opsu]_[0-9A-Za-z]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY"
)
PIN = re.compile(
    r"^(?P<name>[a-z0-9.-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))?(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)$"
)


def project() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def lines(lock: str) -> list[str]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    return [" ".join(line.split()) for line in text.replace("\\\n", " ").splitlines()]


def pins(lock: str) -> dict[str, set[str]]:
    found = [PIN.match(line) for line in lines(lock)]
    versions: dict[str, set[str]] = {}
    for match in filter(None, found):
        versions.setdefault(match["name"], set()).add(match["version"])
    return versions


def direct(lock: str) -> list[Requirement]:
    """What pyproject.toml asks for in this lock."""
    whole = project()
    base, extras = whole["project"]["dependencies"], whole["project"]["optional-dependencies"]
    run, sandbox = base + extras["postgres"], extras["sandbox"]
    groups = whole["dependency-groups"]
    dev = [entry for entry in groups["dev"] if isinstance(entry, str)]
    asked = {
        "run": run,
        "sandbox": base + sandbox,
        "dev": run + sandbox + dev + groups["build"],
        "build": groups["build"],
    }
    return [Requirement(text) for text in asked[lock]]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_version_with_its_hashes_and_no_address(lock: str) -> None:
    assert [line for line in lines(lock) if not PIN.match(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_gives_what_the_project_asks_for(lock: str) -> None:
    locked = pins(lock)
    for wanted in direct(lock):
        versions = locked.get(canonicalize_name(wanted.name), set())
        assert versions, f"{wanted.name} is not in requirements/{lock}.txt: make lock"
        assert all(wanted.specifier.contains(Version(version)) for version in versions), f"{wanted}: make lock"


@pytest.mark.parametrize(("smaller", "larger"), [("run", "dev"), ("sandbox", "dev"), ("build", "dev")])
def test_the_locks_agree(smaller: str, larger: str) -> None:
    large = pins(larger)
    assert {name: large.get(name) for name in pins(smaller)} == pins(smaller)


@pytest.mark.parametrize("name", ["pyproject.toml", "Makefile", "Dockerfile", ".ci/run"])
def test_no_file_of_the_set_up_names_an_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"(?<!no-emit-)index-url|find-links|https://|http://(?!127\.0\.0\.1)", text)


def make(*words: str) -> list[str]:
    """The lines that make prints."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    shown = subprocess.run(["make", *words], cwd=ROOT, env=own, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603, S607  Whatever make the machine has.
    return shown.stdout.splitlines()


def test_make_alone_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    assert [line.split()[0] for line in make()] == phony[1].split()


@pytest.mark.parametrize(
    ("target", "installed"),
    [("demo", ["sandbox", "build"]), ("play", ["sandbox", "build"]), ("test", ["dev"]), ("check", ["dev"])],
)
def test_each_target_installs_what_it_needs_and_says_so_first(target: str, installed: list[str]) -> None:
    told = make("--dry-run", *(f"--what-if=requirements/{lock}.txt" for lock in LOCKS), target)
    (needed,) = [line for line in told if "--require-hashes" in line]
    assert re.findall(r"-r requirements/([a-z]+)\.txt", needed) == installed
    assert 'echo "Installing' in told[told.index(needed) - 1]


def test_the_demos_port_can_be_chosen() -> None:
    assert make("--dry-run", "demo", "PORT=3200")[-1].endswith("orgbot sandbox --port 3200")
    assert make("--dry-run", "demo", "PORT=")[-1].rstrip().endswith("orgbot sandbox")


def test_ci_runs_the_checks_and_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    text = script.read_text(encoding="utf-8")
    assert os.access(script, os.X_OK)
    assert {"set -euo pipefail", "export CI=true"} <= set(text.splitlines())
    assert "make check" in text


def test_the_licence_is_the_one_that_is_declared() -> None:
    assert project()["project"]["license"] == (ROOT / "LICENSE").read_text(encoding="utf-8").split()[0]


def headings() -> list[str]:
    """What the changelog's parts are called, the newest first."""
    return re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_changelog_has_this_version_on_top_and_when_it_was_released() -> None:
    """What comes after it is gathered under “Unreleased”, and gets a version with the next release."""
    released = [heading for heading in headings() if heading != "Unreleased"]
    assert headings()[0] in ("Unreleased", released[0])
    assert re.fullmatch(rf"{re.escape(project()['project']['version'])} \(\d{{4}}-\d\d-\d\d\)", released[0])


def test_a_part_of_the_changelog_is_one_list_without_gaps() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^- .+\n\n- .+$", changelog, re.MULTILINE) == []
    assert set(re.findall(r"^### (.+)$", changelog, re.MULTILINE)) <= {
        "Added",
        "Changed",
        "Fixed",
        "Removed",
        "Security",
    }


def test_nothing_in_the_repository_looks_like_a_secret() -> None:
    """Tests put together what they need; whoever looks for leaked secrets finds none."""
    named = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)  # noqa: S607  Whichever the machine has.
    files = [ROOT / name for name in named.stdout.split("\0") if name and not name.endswith(".png")]
    found = [
        f"{file.relative_to(ROOT)}: {match[0][:12]}…"
        for file in files
        if file.is_file()
        for match in SECRET.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_whoever_needs_the_manifest_in_an_installed_package_looks_where_it_is_put() -> None:
    put = project()["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]["manifest.yml"]
    assert sandbox.PACKED == slack.PACKED == ROOT / put
