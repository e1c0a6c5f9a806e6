"""Ctrl-C of the sandbox: it says that it stops, and the second one waits for nobody."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sandbox import show
from sandbox.sandbox import BotProcess, execute


class Child:
    """A process that takes its time, and an impatient person in front of it."""

    def __init__(self) -> None:
        self.got: list[str] = []

    def poll(self) -> None:
        signal.raise_signal(signal.SIGINT)

    def terminate(self) -> None:
        self.got.append("SIGTERM")

    def wait(self, seconds: float | None = None) -> int:
        if seconds is not None:
            signal.raise_signal(signal.SIGINT)
        return 0

    def kill(self) -> None:
        self.got.append("SIGKILL")


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """The test runner's own handlers come back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_it_says_that_it_stops_and_a_second_ctrl_c_kills_the_bot(capsys: pytest.CaptureFixture[str]) -> None:
    bot = BotProcess.__new__(BotProcess)
    bot.process = cast("Any", Child())
    slack = SimpleNamespace(page_url="here", put_beside=lambda _: None)
    place: Any = SimpleNamespace(start_bot=lambda *_, **__: bot, slack=slack, folder=Path(), launch=execute)
    show._when_asked(show._stop)
    with pytest.raises(show.AskedToStop):
        show._with_bot(place, show.Wishes())
    assert capsys.readouterr().out.endswith("Stopping … (Ctrl-C once more ends it at once)\n")
    assert cast("Any", bot.process).got == ["SIGTERM", "SIGKILL"]
    signal.raise_signal(signal.SIGINT)  # A third one changes nothing.
