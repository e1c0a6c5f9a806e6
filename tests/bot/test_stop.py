"""A stop ends in its time whatever hangs, and closes nothing under the feet of what still runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot import app
from bot.app import Orgbot

PARTS = ("transport", "pulse", "look")


@pytest.fixture
def over() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


class Parts(SimpleNamespace):
    """As much of a bot as is stopped; `hangs` is the part whose end does not come before `over`."""

    def __init__(self, over: threading.Event, hangs: str = "") -> None:
        self.closed: list[str] = []
        stops = {name: SimpleNamespace(stop=over.wait if name == hangs else self._nothing) for name in PARTS}
        super().__init__(**stops)
        self.readiness, self.scheduler = SimpleNamespace(state="started"), SimpleNamespace(stop=self._nothing)
        self.neighbours = SimpleNamespace(leave=over.wait if hangs == "neighbours" else self._nothing)
        self.dispatcher = SimpleNamespace(stop=lambda _: hangs != "dispatcher")
        self.store = SimpleNamespace(engine=SimpleNamespace(dispose=self._close("engine")))
        self._closing = SimpleNamespace(close=self._close("files"))

    def _nothing(self) -> None:
        """It ends at once."""

    def _edges(self) -> list[Any]:
        return []

    def _close(self, what: str) -> Callable[[], None]:
        return lambda: self.closed.append(what)


def test_what_has_ended_is_closed(over: threading.Event) -> None:
    parts = Parts(over)
    Orgbot.stop(cast("Orgbot", parts))
    assert parts.closed == ["engine", "files"]
    assert parts.readiness.state == "stopping"


@pytest.mark.parametrize("hangs", [*PARTS, "dispatcher", "neighbours"])
def test_whatever_hangs_is_left_behind(hangs: str, over: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "TRANSPORT_STOP", 0.05)
    monkeypatch.setattr(app, "PULSE_STOP", 0.05)
    parts = Parts(over, hangs)
    Orgbot.stop(cast("Orgbot", parts))
    assert not over.is_set()
    assert parts.closed == []


def test_all_parts_of_a_stop_together_take_less_than_a_container_gives() -> None:
    dispatcher = max(app.LONGEST_STOP - app.TRANSPORT_STOP, app.SHORTEST_STOP)
    edges = 2 * (app.EDGE_STOP + 2)
    assert app.TRANSPORT_STOP + dispatcher + 3 * app.PULSE_STOP + edges < 30
