"""Imports run one way, and the contracts in pyproject.toml would notice if they did not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ("approvals", "bot", "handlers", "operations", "sandbox")
MODULES = (*(f"{package}/__init__.py" for package in HOUSE), "bot/app.py", "bot/start.py", "bot/cli.py")
ONE_WAY = "Imports run one way: operations <- approvals <- handlers <- bot"
SANDBOX, CLI = "The sandbox knows nothing of the bot", "Only the bot's command line knows of the sandbox"
HANDLERS, OPERATIONS = "Handlers know neither SQL nor AWS", "Operations know neither Slack nor SQL"


def lint_imports(folder: Path) -> tuple[int, str]:
    """Exit code and output of import-linter with this repository's contracts, for the packages of a folder."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    options = ("--config", str(ROOT / "pyproject.toml"), "--no-cache")
    done = subprocess.run(  # noqa: S603  The command is ours.
        [sys.executable, "-c", program, *options], cwd=folder, capture_output=True, text=True, check=False, timeout=100
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house of the same packages, with nothing in them."""
    for module in MODULES:
        (tmp_path / module).parent.mkdir(exist_ok=True)
        (tmp_path / module).touch()
    return tmp_path


def test_this_house_keeps_its_contracts() -> None:
    code, output = lint_imports(ROOT)
    assert code == 0, output


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("operations/__init__.py", "import approvals", ONE_WAY),
        ("approvals/__init__.py", "import handlers", ONE_WAY),
        ("handlers/__init__.py", "import bot", ONE_WAY),
        ("sandbox/__init__.py", "import operations", SANDBOX),
        ("sandbox/__init__.py", "import bot.cli", SANDBOX),
        ("handlers/__init__.py", "import sandbox", CLI),
        ("bot/app.py", "import sandbox", CLI),
        ("handlers/__init__.py", "import sqlmodel", HANDLERS),
        ("handlers/__init__.py", "from botocore import errorfactory", HANDLERS),
        ("operations/__init__.py", "import slack_sdk.web", OPERATIONS),
        ("operations/__init__.py", "import sqlalchemy", OPERATIONS),
    ],
)
def test_an_import_against_the_rule_is_found(house: Path, module: str, line: str, contract: str) -> None:
    (house / module).write_text(f"{line}\n", encoding="utf-8")
    code, output = lint_imports(house)
    assert code == 1
    assert f"{contract} BROKEN" in output


def test_what_the_rule_allows_passes(house: Path) -> None:
    (house / "bot/cli.py").write_text("import sandbox\nimport handlers\n", encoding="utf-8")
    (house / "handlers/__init__.py").write_text("import approvals, operations, slack_bolt\n", encoding="utf-8")
    (house / "approvals/__init__.py").write_text("import operations, sqlmodel\n", encoding="utf-8")
    (house / "operations/__init__.py").write_text("import botocore\n", encoding="utf-8")
    code, output = lint_imports(house)
    assert code == 0, output
