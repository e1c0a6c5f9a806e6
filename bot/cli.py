"""The command line: `orgbot init | run | sandbox | check | iam-policy | audit | backup | restore`."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import collector

if TYPE_CHECKING:
    from approvals.audit.keys import Keys

UNUSABLE = 2  # As for a wrong option: what was asked for could not be looked at, which is no finding.

# Without its boxes typer writes what a value is in plain capitals; with them it says `--help <bool>`.
app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Run an AWS Organization from Slack.", rich_markup_mode=None
)


def _print_version(wanted: object) -> None:
    if wanted:
        typer.echo(f"orgbot {version('orgbot')}")
        raise typer.Exit


@app.callback()
def orgbot(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Run an AWS Organization from Slack."""


@app.command()
def run() -> None:
    """Runs the bot until SIGTERM or Ctrl-C."""
    collector.pause()
    from bot.start import run_until_stopped

    raise typer.Exit(run_until_stopped())


@app.command("iam-policy")
def iam_policy(
    without: Annotated[
        list[str] | None, typer.Option(metavar="OPERATION", help="Leave out what an operation needs; may be repeated")
    ] = None,
    grant_to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PRINCIPAL", help="Who alone may be given access, such as group/developers; may be repeated"
        ),
    ] = None,
    bot_role: Annotated[
        str, typer.Option(metavar="ROLE", help="The name of the bot's own role, when others run this command")
    ] = "",
    partition: Annotated[str, typer.Option(metavar="PARTITION", help="Such as aws-us-gov; else the bot's own")] = "",
) -> None:
    """Prints the least-privilege IAM policy for the bot's own role, made from the operations, ORGBOT_WITHOUT, ORGBOT_GRANT_TO and
    the roles of ORGBOT_RULES.
    """
    from bot.iam_policy import print_policy

    print_policy(without or (), grant_to or (), bot_role, partition)


@app.command()
def check(
    explain: Annotated[
        str,
        typer.Option(
            metavar="COMMAND",
            help='Say which rule decides about a request, such as "move-account --account X --to /Y"',
        ),
    ] = "",
    asker: Annotated[
        str, typer.Option("--as", metavar="PERSON", help="Who asks, for --explain: an e-mail address or user id")
    ] = "",
) -> None:
    """Is the configuration right: one line each, exit 1 when something is wrong. With --explain: exit 1 when refused."""
    if bool(explain) != bool(asker):
        raise typer.BadParameter("--explain and --as go together: what is asked for, and who asks")
    if explain:
        from bot.checks.explain import run_explain

        raise typer.Exit(run_explain(explain, asker))
    from bot.checks.run import run_checks

    raise typer.Exit(run_checks())


@app.command()
def init(
    *,
    anew: Annotated[bool, typer.Option("--anew", help="Ask everything again, also what is kept in .env.")] = False,
) -> None:
    """Sets the bot up in this folder, a question at a time; exit 1 when something is still to be mended at the end."""
    from bot.init.run import run_init

    raise typer.Exit(run_init(Path.cwd(), anew=anew))


audit = typer.Typer(
    no_args_is_help=True, help="The audit: every request, vote and change of status.", rich_markup_mode=None
)
app.add_typer(audit, name="audit")


@audit.command()
def verify(
    anchor: Annotated[
        list[str] | None,
        typer.Option(metavar="ANCHOR", help="An anchor from the approval channel, 1234:abcdef…; may be repeated"),
    ] = None,
    anchors: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A file of anchors, such as lines of the channel")
    ] = None,
    archive: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="What `orgbot audit export` wrote once, as JSON lines")
    ] = None,
) -> None:
    """Is the audit whole, and does it prove what was done? Exit 1 when a record was changed, removed or moved, is not what an
    anchor says, or lacks what a request was carried out upon.

    Exit 2 when there is nothing to look at, or records are signed and ORGBOT_AUDIT_KEY is not set.
    """
    from bot.audit import AuditInputError
    from bot.audit import verify as check_chain

    try:
        raise typer.Exit(check_chain(_database_url(), anchor or (), anchors or (), _audit_keys(), archive or ()))
    except AuditInputError as error:
        raise typer.BadParameter(str(error)) from error


@audit.command()
def export(
    form: Annotated[str, typer.Option("--format", metavar="jsonl|csv", help="One record a line, or a table")] = "jsonl",
    since: Annotated[str, typer.Option(metavar="DATE", help="From this date on, such as 2026-01-31 (UTC)")] = "",
    until: Annotated[str, typer.Option(metavar="DATE", help="Before this date")] = "",
    person: Annotated[
        str, typer.Option(metavar="PERSON", help="What this person did, and their requests: user id or e-mail")
    ] = "",
) -> None:
    """Prints the records."""
    from bot.audit import AuditInputError, Wanted, moment
    from bot.audit import export as print_records

    if form not in ("json", "jsonl", "csv"):
        raise typer.BadParameter(f"--format: “{form}” is no format; give jsonl or csv")
    try:
        wanted = Wanted(moment(since, "--since"), moment(until, "--until"), person.strip())
        raise typer.Exit(print_records(_database_url(), form, wanted))
    except AuditInputError as error:
        raise typer.BadParameter(str(error)) from error


def _database_url() -> str:
    from bot.config.settings import load_database_url

    return load_database_url(os.environ)


def _audit_keys() -> Keys:
    from approvals.audit.keys import Keys
    from bot.config.settings import load_audit_keys

    return Keys.given(load_audit_keys(os.environ))


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to; left out: a name with the time, in this folder")
    ] = None,
) -> None:
    """Writes all that is in the database to a file, while the bot runs; it can be restored into SQLite and into PostgreSQL.

    The file is its owner's alone. It holds who asked for what and who decided, and no credentials.
    """
    from bot.backup import write_backup

    raise typer.Exit(write_backup(_database_url(), file))


@app.command()
def restore(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="What `orgbot backup` wrote, or the copy that was made before a migration"
        ),
    ] = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Although the database holds something; that is backed up first.")
    ] = False,
    release: Annotated[
        bool, typer.Option("--release", help="End the quarantine: approved requests are carried out again.")
    ] = False,
) -> None:
    """Makes the database (DATABASE_URL) what it was when the backup was taken; the bot must not run.

    Start the bot then: it looks in AWS at what was under way and changes nothing, until `orgbot restore --release`.
    """
    if (file is None) != release:
        raise typer.BadParameter("give the file to restore, or --release")
    from bot.backup import read_backup, release_quarantine

    raise typer.Exit(
        release_quarantine(_database_url(), _audit_keys())
        if file is None
        else read_backup(_database_url(), file, replace=replace, keys=_audit_keys())
    )


@app.command()
def sandbox(
    *,
    play: Annotated[bool, typer.Option("--play", help="Play the whole story in the terminal, then end.")] = False,
    port: Annotated[int, typer.Option(metavar="PORT", help="Port of the page; 0 takes a free one.")] = 3100,
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Other rules than the demo's.")
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Credentials behind a button instead of in a message.")
    ] = False,
    accounts: Annotated[int, typer.Option(metavar="N", min=0, help="So many accounts more.")] = 0,
) -> None:
    """Everything on this machine: a Slack workspace with a page, an AWS organization, and the bot between them."""
    try:
        from sandbox.show import RULES, Wishes, run_sandbox
    except ImportError as error:
        typer.echo(
            f"The sandbox needs its own packages ({error.name} is missing): pip install '<the clone>[sandbox]', or make demo in the clone",
            err=True,
        )
        raise typer.Exit(1) from error
    wishes = Wishes(play=play, port=port, rules=rules or RULES, reveal=reveal, accounts=accounts)
    raise typer.Exit(run_sandbox(wishes))


def main() -> None:
    """The entry point; a person never sees a traceback, unless ORGBOT_LOG_LEVEL=DEBUG asks for it."""
    try:
        app()
    except Exception as error:
        if os.environ.get("ORGBOT_LOG_LEVEL", "").upper() == "DEBUG":
            raise
        for line in _complaints(error):
            sys.stderr.write(f"orgbot: {line}\n")
        sys.exit(UNUSABLE)


def _complaints(error: Exception) -> list[str]:
    from bot.config.settings import SettingsError
    from bot.database import DatabaseError

    if isinstance(error, SettingsError):
        return error.lines
    if isinstance(error, DatabaseError):
        return [str(error)]
    said = " ".join(str(error).split())
    return [f"this should not have happened ({type(error).__name__}: {said}); ORGBOT_LOG_LEVEL=DEBUG shows where"]
