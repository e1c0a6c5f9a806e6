"""`orgbot check`: is the configuration right? One line for each thing that the bot needs, with the way out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from approvals.audit.chain import MARK
from approvals.models import AuditRecord
from bot.checks.aws import aws_findings
from bot.checks.findings import WRONG, Finding, WrongError, settings_or_complaints, tried
from bot.checks.slack import slack_findings
from bot.config.rules_file import load_rules
from bot.config.settings import Settings, SettingsError, aws_variables, unknown
from bot.database import DatabaseError, file_of, open_engine, reading
from operations.snapshot.names import counted


def run_checks() -> int:
    """Prints every finding; gives the exit code: 1 when something is wrong, what could not be looked at not counted."""
    settings = settings_or_complaints(os.environ)
    if settings is None:
        return WRONG
    os.environ.update(aws_variables())
    wrong = 0
    for finding in findings(settings):
        sys.stdout.write(f"{finding}\n")
        sys.stdout.flush()
        wrong += finding.ok is False
    return WRONG if wrong else 0


def findings(settings: Settings) -> Iterator[Finding]:
    """Every finding, each as soon as it is known; nothing is changed anywhere."""
    yield Finding.right("settings", "complete")
    for line in unknown(os.environ):
        yield Finding.wrong("settings", line)
    yield tried("database", lambda: _database(settings.database_url))
    yield _audit_key(settings)
    try:
        rules = load_rules(settings).rules
        yield Finding.right("rules", counted(len(rules), "rule"))
    except SettingsError as error:
        rules = ()
        for line in error.lines:
            yield Finding.wrong("rules", line)
    yield from slack_findings(settings, rules)
    yield from aws_findings(settings, rules)


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
