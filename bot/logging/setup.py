"""Structured logs: the request's number in every line about a request, and never a secret or a payload.

Source: structlog documentation, "Standard Library Logging", "Context Variables"; Python documentation, "logging".
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, TextIO

import structlog

from bot.logging.redaction import Redactor

# slack_bolt logs whole bodies at INFO and DEBUG, botocore whole answers, moto whole requests.
QUIET = (
    *("slack_bolt", "slack_sdk", "botocore", "boto3", "s3transfer", "urllib3", "apscheduler", "alembic", "waitress"),
    *("moto", "werkzeug", "uvicorn", "websockets", "asyncio", "sqlalchemy"),
)
SEVERAL_LINES = frozenset({"exception", "stack"})
LONG_ENOUGH = 16  # An AWS secret key is 40 characters; the stand-ins' are words such as "testing".
Event = MutableMapping[str, Any]

log = logging.getLogger(__name__)


def set_up_logs(level: str, style: str, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Sends every log record of the process to `stream` (standard error): one JSON object or one readable line each.

    `style` is `json` or `console`; `secrets` are values that are hidden wherever they stand, besides those of the AWS_
    variables. Records of structlog and of `logging` are treated alike, and so is an exception that nobody caught.
    """
    handler = _Handler(stream or sys.stderr)
    handler.addFilter(_is_ours_or_a_warning)
    handler.setFormatter(_formatter(style, Redactor([*secrets, *_aws_secrets()])))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


@contextmanager
def request_context(number: int) -> Iterator[None]:
    """Within it, every line of this thread carries `request=12`."""
    with structlog.contextvars.bound_contextvars(request=number):
        yield


def bind_request(number: int | None) -> None:
    """From now on every line of this thread carries `request=12`; None ends it."""
    structlog.contextvars.unbind_contextvars("request")
    if number is not None:
        structlog.contextvars.bind_contextvars(request=number)


class _Handler(logging.StreamHandler[TextIO]):
    """A record that cannot be written is told without its arguments, which `logging` itself would print.

    Where nothing can be written at all, because a disk is full or whoever reads is gone, the work goes on without a log.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  The name is logging's.
        with suppress(OSError, ValueError, AttributeError):  # It is closed, or there is none.
            self.stream.write(f"a log record of {record.name}, line {record.lineno}, could not be written\n")
            self.stream.flush()


def _is_ours_or_a_warning(record: logging.LogRecord) -> bool:
    """Levels alone do not keep libraries quiet: Bolt gives each of its loggers the root's level."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] not in QUIET


def _formatter(style: str, redactor: Redactor) -> logging.Formatter:
    last: list[Any] = (
        [_one_line, structlog.dev.ConsoleRenderer(colors=False)]
        if style == "console"
        else [structlog.processors.JSONRenderer()]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redactor, *last],
    )


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def _one_line(_: Any, __: str, event: Event) -> Event:
    """Control characters from outside become visible, so that nobody can write lines of their own into the log."""
    return {
        key: value if key in SEVERAL_LINES or not isinstance(value, str) else _visible(value)
        for key, value in event.items()
    }


def _visible(text: str) -> str:
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _aws_secrets() -> list[str]:
    values = (os.environ.get(name, "") for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))
    return [value for value in values if len(value) >= LONG_ENOUGH]


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("nobody caught this", exc_info=(kind, error, trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is None or issubclass(given.exc_type, SystemExit):
        return
    log.critical("nobody caught this", exc_info=(given.exc_type, given.exc_value, given.exc_traceback))
