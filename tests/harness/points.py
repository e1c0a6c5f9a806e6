"""Named points at which a forked bot kills itself, or puts itself to sleep: before and after each commit, insert, call and post.

`STOPS_AT=post:before:3:SIGKILL` in its environment means: at the third post, before it leaves. Only `tests.harness.preloaded` arms
a bot so; the bot itself knows nothing of it.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable
from typing import Any

ARMED, UNPACED = "STOPS_AT", "WITHOUT_SLACKS_TIERS"
PLACES = ("commit", "insert", "call", "post")
POINTS = tuple(f"{place}:{when}" for place in PLACES for when in ("before", "after"))


def arm(wanted: str) -> None:
    """Makes this process stop at a point; nothing for an empty word."""
    if not wanted:
        return
    place, when, nth, with_signal = wanted.split(":")
    times, number = itertools.count(1), signal.Signals[with_signal]

    def reached() -> None:
        if next(times) == int(nth):
            os.kill(os.getpid(), number)

    before = reached if when == "before" else _nothing
    after = reached if when == "after" else _nothing
    {"commit": _commits, "insert": _inserts, "call": _calls, "post": _posts}[place](before, after)


def _nothing() -> None:
    """The other side of the point."""


def _commits(before: Callable[[], None], after: Callable[[], None]) -> None:
    from sqlalchemy import event  # noqa: PLC0415  Only a bot that is armed needs them.
    from sqlmodel import Session  # noqa: PLC0415

    event.listen(Session, "before_commit", lambda _: before())
    event.listen(Session, "after_commit", lambda _: after())


def _inserts(before: Callable[[], None], after: Callable[[], None]) -> None:
    from approvals.queue.store import Store  # noqa: PLC0415

    _wrap(Store, "insert", lambda *_, **__: True, before, after)


def _calls(before: Callable[[], None], after: Callable[[], None]) -> None:
    from operations.aws.client import Aws  # noqa: PLC0415

    _wrap(Aws, "write", lambda *_, **__: True, before, after)


def _posts(before: Callable[[], None], after: Callable[[], None]) -> None:
    from bot.slack import CountingWebClient  # noqa: PLC0415

    _wrap(CountingWebClient, "api_call", lambda _, method, **__: method == "chat.postMessage", before, after)


def _wrap(
    owner: type, name: str, counts: Callable[..., bool], before: Callable[[], None], after: Callable[[], None]
) -> None:
    real = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if not counts(*args, **kwargs):
            return real(*args, **kwargs)
        before()
        answer = real(*args, **kwargs)
        after()
        return answer

    setattr(owner, name, wrapped)
