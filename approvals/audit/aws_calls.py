"""The calls to AWS that belong into the audit: noted as they end, by the worker that has their request in hand."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlmodel import Session

from approvals.audit import chain
from operations.aws.client import Call
from operations.aws.errors import FencedError

EVENT = "aws.call"
LOST = "unknown"
NEVER_LEFT = FencedError.__name__

_noted: contextvars.ContextVar[list[Call] | None] = contextvars.ContextVar("noted", default=None)


@contextmanager
def noting(calls: list[Call]) -> Iterator[None]:
    """Within this block the calls of this thread that belong into the audit are appended to `calls`."""
    token = _noted.set(calls)
    try:
        yield
    finally:
        _noted.reset(token)


def note(call: Call) -> None:
    """For `Aws(on_call=…)`: keeps what changes something, and each AssumeRole that was refused."""
    calls = _noted.get()
    if calls is not None and _matters(call):
        calls.append(call)


def _matters(call: Call) -> bool:
    if call.write:
        return call.outcome != NEVER_LEFT
    return call.operation == "AssumeRole" and call.outcome != "ok"


def record(session: Session, at: datetime, request_id: int, calls: Sequence[Call], step: str = "") -> None:
    """One audit record a call: AWS's names and request id, and `ok` or the error's code."""
    for call in calls:
        chain.record(
            session,
            at,
            EVENT,
            "orgbot",
            request_id,
            service=call.service,
            operation=call.operation,
            outcome=call.outcome,
            aws_request_id=call.aws_request_id,
            step=step,
        )


def record_lost(session: Session, at: datetime, request_id: int, step: str) -> None:
    """The record of a call whose process ended before the answer was written down."""
    chain.record(session, at, EVENT, "orgbot", request_id, outcome=LOST, step=step)
