"""The command line itself: one line for what is wrong, never a traceback, and exit codes that can be told apart."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot import cli
from bot.config import settings
from sandbox.aws.server import AwsSandbox
from tests.harness.workers import Workers


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, and none of the bot's settings."""
    monkeypatch.chdir(tmp_path)
    for name in settings.names():
        monkeypatch.delenv(name, raising=False)


def orgbot(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    """The exit code."""
    monkeypatch.setattr(sys, "argv", ["orgbot", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


@pytest.mark.parametrize("command", ["verify", "export"])
def test_without_a_database_there_is_nothing_to_look_at_and_nothing_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert orgbot(monkeypatch, "audit", command) == cli.UNUSABLE
    told = capsys.readouterr().err
    assert told.startswith(f"orgbot: there is no database {tmp_path / 'orgbot.db'}; ")
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "the database has no table of the bot's"), (b"hello " * 100, "cannot be read: file is not a database; ")],
    ids=["another's", "no database"],
)
def test_a_database_that_is_none_of_the_bots(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, told: str
) -> None:
    (tmp_path / "orgbot.db").write_bytes(content)
    assert orgbot(monkeypatch, "audit", "verify") == cli.UNUSABLE
    shown = capsys.readouterr().err
    assert told in shown
    assert shown.count("\n") == 1


def test_the_audit_needs_no_setting_but_the_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], aws: AwsSandbox
) -> None:
    workers = Workers(aws, f"sqlite:///{tmp_path / 'kept.db'}")
    workers.ask("tag-account", account="222222222222", tags=["owner=shop"])
    workers.close()
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite:///kept.db\n", encoding="utf-8")
    assert orgbot(monkeypatch, "audit", "verify") == 0
    assert "each as it was written" in capsys.readouterr().out


def test_a_wrong_database_url_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://h/n")
    assert orgbot(monkeypatch, "audit", "verify") == cli.UNUSABLE
    assert capsys.readouterr().err.startswith("orgbot: DATABASE_URL=[hidden]: mysql is not supported; write ")


def test_what_nobody_foresaw_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> str:
        raise ZeroDivisionError("by\nnothing")

    monkeypatch.setattr(settings, "load_database_url", broken)
    assert orgbot(monkeypatch, "audit", "verify") == cli.UNUSABLE
    assert capsys.readouterr().err == (
        "orgbot: this should not have happened (ZeroDivisionError: by nothing); ORGBOT_LOG_LEVEL=DEBUG shows where\n"
    )
    monkeypatch.setenv("ORGBOT_LOG_LEVEL", "debug")
    monkeypatch.setattr(sys, "argv", ["orgbot", "audit", "verify"])
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_the_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert orgbot(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.startswith("orgbot ")


@pytest.mark.parametrize(
    "words", [(), ("check",), ("audit", "verify"), ("audit", "export"), ("sandbox",)], ids=" ".join
)
def test_the_help_names_values_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert orgbot(monkeypatch, *words, "--help") == 0
    assert "<" not in capsys.readouterr().out


@pytest.mark.parametrize("words", [(), ("a.backup", "--release")])
def test_a_restore_is_of_a_file_or_ends_the_quarantine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert orgbot(monkeypatch, "restore", *words) == 2
    assert "give the file to restore, or --release" in capsys.readouterr().err


def test_what_cannot_be_backed_up_or_restored_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for words in (("backup",), ("restore", str(tmp_path / "none.backup")), ("restore", "--release")):
        assert orgbot(monkeypatch, *words) == 2
        told = capsys.readouterr().err
        assert told.startswith("orgbot: ")
        assert told.count("\n") == 1
    assert not (tmp_path / "orgbot.db").exists()
