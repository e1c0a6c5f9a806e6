"""Structured logs: the request's number in every line about a request, and never a secret or a payload.

Source: structlog documentation, "Standard Library Logging", "Context Variables".
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO

import structlog

SECRET_SHAPES = re.compile(
    r"xox[a-z]-[\w-]+"
    r"|xapp-[\w-]+"
    r"|(?i:(?:secret_?access_?key|session_?token|signing_?secret|authorization)['\"]?\s*[=:]\s*['\"]?)[^\s'\"&,}]+"
)
MASK = "[hidden]"
DROPPED_KEYS = frozenset({"payload", "body", "token", "authorization", "password", "secret"})
QUIET = ("slack_bolt", "slack_sdk", "botocore", "boto3", "urllib3", "apscheduler", "alembic", "waitress")


class Redactor:
    """A structlog processor that masks known secrets and whatever has a secret's shape, and drops payload-like keys."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(sorted((secret for secret in secrets if len(secret) >= 6), key=len, reverse=True))

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key in list(event):
            if key.lower() in DROPPED_KEYS:
                event[key] = MASK
            elif isinstance(event[key], str):
                event[key] = self.mask(event[key])
        return event

    def mask(self, text: str) -> str:
        """The text with every secret hidden."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return SECRET_SHAPES.sub(MASK, text)


def set_up_logs(level: str, style: str, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Sends every log record of the process to `stream` (standard error): one JSON object or one readable line each."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer = (
        structlog.dev.ConsoleRenderer(colors=False) if style == "console" else structlog.processors.JSONRenderer()
    )
    processors: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, Redactor(secrets), renderer]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=processors))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def bind_request(number: int | None) -> None:
    """From now on every line of this thread carries `request=12`; None ends it."""
    structlog.contextvars.clear_contextvars()
    if number is not None:
        structlog.contextvars.bind_contextvars(request=number)
