"""Who the bot is, asked for as long as Slack is away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError
from bot.identity import LONGEST_PAUSE, patiently


class Slack:
    """Gives or raises one after the other."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    def __call__(self) -> dict[str, Any]:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


def test_it_asks_again_with_growing_pauses_until_there_is_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    pauses: list[float] = []
    away = [SlackAmbiguousError("auth.test: no answer (HTTP 500)") for _ in range(9)]
    assert patiently(Slack(*away, {"team_id": "T"}), pauses.append) == {"team_id": "T"}
    assert pauses == [1, 2, 4, 8, 16, 32, *[LONGEST_PAUSE] * 3]
    assert len(caplog.records) == len(away)
    assert "waiting for Slack, which is asked again in 1 s: auth.test: no answer (HTTP 500)" in caplog.text


def test_slacks_own_wish_counts_when_it_is_longer() -> None:
    pauses: list[float] = []
    patiently(Slack(SlackBusyError("auth.test", "ratelimited", timedelta(seconds=30)), {}), pauses.append)
    assert pauses == [30]


def test_a_no_is_not_waited_out() -> None:
    pauses: list[float] = []
    with pytest.raises(SlackRefusedError):
        patiently(Slack(SlackRefusedError("auth.test", "invalid_auth")), pauses.append)
    assert pauses == []
