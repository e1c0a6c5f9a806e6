"""The clockwork's jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.scheduler import Clockwork


class Recorder:
    """A dispatcher and a picture that note what they are asked for."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def anchor(self, every: timedelta) -> None:
        self.asked.append(every)

    def __getattr__(self, name: str) -> Any:
        return lambda *_: self.asked.append(name)


@pytest.mark.parametrize(("hours", "asked"), [(24, [timedelta(hours=24)]), (0, [])])
def test_anchors_are_looked_after_unless_they_are_switched_off(hours: int, asked: list[Any]) -> None:
    told: Any = Recorder()
    clockwork = Clockwork(told, told, 1, timedelta(hours=hours))
    for job in clockwork.jobs():
        if job.id == "anchor":
            job.func()
    assert told.asked == asked
