"""`orgbot run`: the process around the bot, from the environment to the exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping

from slack_sdk.errors import SlackApiError

from approvals.slack_calls import SlackAmbiguousError, SlackBusyError, SlackRefusedError
from bot import collector, signals
from bot.database import DatabaseError
from bot.logs import set_up_logs
from bot.settings import Settings, SettingsError, aws_variables, load_settings, unknown

log = logging.getLogger(__name__)
WRONG = 1
WHERE = "settings stand in the environment or in .env; .env.example has each with its explanation, the README the way to them"


def run_until_stopped() -> int:
    """Runs the bot until SIGTERM or SIGINT; gives the exit code: 0, or 1 when it could not start."""
    settings = settings_or_complaints(os.environ)
    if settings is None:
        return WRONG
    os.environ.update(aws_variables())
    set_up_logs(settings.log_level, settings.log_format, settings.secrets())
    for line in unknown(os.environ):
        log.warning("%s", line)
    try:
        return _run(settings)
    except SettingsError as error:
        for line in error.lines:
            log.error("orgbot cannot start: %s", line)  # noqa: TRY400  The sentence says all; a traceback would hide it.
    except (DatabaseError, OSError) as error:
        log.error("orgbot cannot start: %s", error)  # noqa: TRY400  The sentence says all; a traceback would hide it.
    except (SlackApiError, SlackRefusedError, SlackBusyError, SlackAmbiguousError) as error:
        log.error("orgbot cannot start: Slack answers %s; `orgbot check` tells what is wrong", error)  # noqa: TRY400
    return WRONG


def settings_or_complaints(environ: Mapping[str, str]) -> Settings | None:
    """The settings; or None, after one line on standard error for each that is wrong."""
    try:
        return load_settings(environ)
    except SettingsError as error:
        for line in error.lines:
            sys.stderr.write(f"orgbot: {line}\n")
        sys.stderr.write(f"orgbot: {WHERE}\n")
        return None


def _run(settings: Settings) -> int:
    from bot.app import Orgbot

    signals.hold()
    bot = Orgbot(settings)
    try:
        bot.start()
        collector.spare()
        signals.until_told_to_end(bot.reload_rules)
    finally:
        bot.stop()
    return 0
