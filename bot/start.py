"""`orgbot run`: the process around the bot, from the environment to the exit code."""

from __future__ import annotations

import logging
import os
import threading
import time

from botocore.exceptions import BotoCoreError
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import SQLAlchemyError

from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError
from bot import collector, signals
from bot.checks.findings import WRONG, WrongError, sentence, settings_or_complaints
from bot.config.settings import Settings, SettingsError, aws_variables, unknown
from bot.database import DatabaseError
from bot.http.server import TO_LEAVE
from bot.logging.setup import set_up_logs

log = logging.getLogger(__name__)
NO_START = (
    *(SettingsError, WrongError, DatabaseError, OSError, SQLAlchemyError, BotoCoreError),
    *(SlackApiError, SlackRefusedError, SlackBusyError, SlackAmbiguousError),
)


def run_until_stopped() -> int:
    """Runs the bot until SIGTERM or SIGINT; gives the exit code: 0, or 1 when it could not start."""
    collector.share_heaps()
    settings = settings_or_complaints(os.environ)
    if settings is None:
        return WRONG
    os.environ.update(aws_variables())
    set_up_logs(settings.log_level, settings.log_format, settings.secrets())
    for line in unknown(os.environ):
        log.warning("%s", line)
    try:
        _run(settings)
    except NO_START as error:
        for line in error.lines if isinstance(error, SettingsError) else [sentence(error)]:
            log.error("orgbot cannot start: %s", line)  # noqa: TRY400  The sentence says all; a traceback would hide it.
        return WRONG
    except Exception:
        log.exception("orgbot cannot go on")
        return WRONG
    log.info("orgbot has stopped")
    _leave_if_something_hangs()
    return 0


def _leave_if_something_hangs() -> None:
    """Python would wait for the threads of its pools, daemons too, however long a call to AWS or Slack takes that one is in."""
    end = time.monotonic() + TO_LEAVE
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(max(end - time.monotonic(), 0.0))
            if thread.is_alive():
                logging.shutdown()
                os._exit(0)


def _run(settings: Settings) -> None:
    from bot.app import Orgbot

    signals.hold()
    try:
        bot = Orgbot(settings)
    except signals.ToldToEndError:
        return
    try:
        bot.start()
        collector.spare()
        signals.until_told_to_end(bot.in_force.reload)
    except signals.ToldToEndError:
        log.info("told to end before it was ready")
    finally:
        bot.stop()
