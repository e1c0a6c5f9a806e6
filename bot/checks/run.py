"""`orgbot check`: is the configuration right? One line for each thing that the bot needs, with the way out, in groups."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from approvals.audit.chain import MARK
from approvals.authority.bindings import Words, kept_in
from approvals.authority.rules import Rule
from approvals.models import AuditRecord, Binding
from bot.checks.aws import aws_findings
from bot.checks.findings import WRONG, Finding, WrongError, settings_or_complaints, tried
from bot.checks.slack import people_findings, slack_findings
from bot.config.rules_file import load_rules
from bot.config.settings import Settings, SettingsError, aws_variables, unknown
from bot.database import DatabaseError, file_of, open_engine, reading
from bot.slack import slack_client
from operations.snapshot.names import counted


def run_checks() -> int:
    """Prints every finding; gives the exit code: 1 when something is wrong, what could not be looked at not counted."""
    settings = settings_or_complaints(os.environ)
    if settings is None:
        return WRONG
    os.environ.update(aws_variables())
    found: list[bool | None] = []
    for title, findings in groups(settings):
        _say(title)
        for finding in findings:
            _say(str(finding))
            found.append(finding.ok)
        _say()
    _say(
        f"{counted(found.count(False), 'thing')} to mend, {found.count(None)} not looked at, {found.count(True)} right."
    )
    return WRONG if False in found else 0


def _say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def groups(settings: Settings) -> Iterator[tuple[str, Iterator[Finding]]]:
    """What belongs together, under its title; each finding comes as soon as it is known, and nothing is changed anywhere."""
    rules, complaints = _rules(settings)
    yield "Settings", _settings_findings(settings, rules, complaints)
    slack = slack_client(settings)
    yield "Slack", slack_findings(slack, settings)
    yield "Who approves", people_findings(slack, settings, rules)
    yield "AWS", aws_findings(settings, rules, bound_words(settings.database_url))


def _rules(settings: Settings) -> tuple[Sequence[Rule], list[str]]:
    """The rules; none where something is wrong with them, and then what that is."""
    try:
        return load_rules(settings).rules, []
    except SettingsError as error:
        return (), error.lines


def _settings_findings(settings: Settings, rules: Sequence[Rule], complaints: Sequence[str]) -> Iterator[Finding]:
    yield Finding.right("settings", "complete")
    for line in unknown(os.environ):
        yield Finding.wrong("settings", line)
    yield tried("database", lambda: _database(settings.database_url))
    yield _audit_key(settings)
    if rules:
        yield Finding.right("rules", counted(len(rules), "rule"))
    for line in complaints:
        yield Finding.wrong("rules", line)


def _audit_key(settings: Settings) -> Finding:
    count = len(settings.audit_keys())
    if not count and _is_signed(settings.database_url):
        return Finding.wrong(
            "audit key", "the audit is signed, and ORGBOT_AUDIT_KEY is missing; set it, or the bot does not start"
        )
    if not count:
        return Finding.unknown(
            "audit key",
            "none, so whoever can write to the database can rewrite the audit; set ORGBOT_AUDIT_KEY (`openssl rand -hex 32`) "
            "where those who administer the database do not see it",
        )
    return Finding.right(
        "audit key", "set" if count == 1 else f"set, and {count - 1} more to check what was signed before"
    )


def _is_signed(url: str) -> bool:
    """Whether a key signs the audit; what cannot be read is told by the finding about the database."""
    with suppress(DatabaseError, SQLAlchemyError), reading(url) as connection:
        marks = select(col(AuditRecord.id)).where(col(AuditRecord.event) == MARK)
        return connection.execute(marks.limit(1)).first() is not None
    return False


def bound_words(url: str) -> Words:
    """What the words of the rules were bound to; nothing where no bot has worked yet."""
    with suppress(DatabaseError, SQLAlchemyError), reading(url) as connection:
        return kept_in(connection.execute(select(col(Binding.key), col(Binding.word), col(Binding.meant))))
    return {}


def _database(url: str) -> str:
    name = file_of(url)
    if name and not Path(name).exists():
        return _to_be_made(Path(name).absolute().parent)
    engine = open_engine(url)
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return f"{engine.dialect.name}, revision {revision or 'none yet; made at the first start'}"


def _to_be_made(folder: Path) -> str:
    if not os.access(folder, os.W_OK):
        raise WrongError(f"nothing can be written in {folder}; make that folder, or set DATABASE_URL")
    return "sqlite, none yet; made at the first start"
