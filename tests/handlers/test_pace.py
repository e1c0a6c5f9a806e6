"""Clicks are limited as requests are: one limit for one person, over every button, before anything is stored or looked up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.harness.handling import ALICE, BOB, GENERAL, GUEST, TEAM, Handling

MOVE = "move-account --account fullback-staging --to /Workloads/Production"


@pytest.fixture
def asked(handling: Handling) -> Handling:
    """Alice has asked for request #1; everybody may press three buttons a minute."""
    handling.types(MOVE)
    handling.posts_card()
    handling.limit(clicks=3)
    return handling


def presses(handling: Handling, times: int, user: str = BOB) -> None:
    for _ in range(times):
        handling.presses("approve", handling.button(), user=user)


def test_one_press_too_many_is_not_kept_and_its_presser_is_told_privately(asked: Handling) -> None:
    presses(asked, 4)
    assert len(asked.clicks()) == 3
    (told,) = asked.told()
    assert "3 times within a minute" in told
    assert "Nothing was done; press again in" in told


def test_who_presses_on_is_told_now_and_then(asked: Handling) -> None:
    presses(asked, 50)
    assert len(asked.told()) == 1
    asked.now += timedelta(seconds=6)
    presses(asked, 50)
    assert len(asked.told()) == 2
    assert len(asked.clicks()) == 3


def test_after_a_minute_the_next_is_taken(asked: Handling) -> None:
    presses(asked, 4)
    asked.now += timedelta(minutes=1)
    presses(asked, 1)
    assert len(asked.clicks()) == 4


def test_everybody_has_a_limit_of_their_own(asked: Handling) -> None:
    presses(asked, 3)
    presses(asked, 1, user=ALICE)
    assert len(asked.clicks()) == 4


def test_what_slack_delivers_again_is_no_further_press(asked: Handling) -> None:
    for _ in range(5):
        asked.presses("approve", asked.button(), trigger="t-1")
    presses(asked, 2)
    assert len(asked.clicks()) == 3
    assert asked.told() == []


@pytest.mark.parametrize(
    "action", ["undo", "again", "reveal", "extend", "deny", "look:next", "form:create-ou", "link-0"]
)
def test_it_is_one_limit_over_every_button(asked: Handling, action: str) -> None:
    presses(asked, 3)
    asked.presses(action, asked.button(), user=BOB)
    assert [line for line in asked.told() if "within a minute" in line]
    assert len(asked.told()) == 1, "nothing else came of it"


def test_a_denial_counts_when_it_is_sent(asked: Handling) -> None:
    asked.presses("deny", asked.button())
    view = asked.form()
    presses(asked, 2)
    assert "within a minute" in asked.submits(view, {"reason": "no"}, user=BOB, team=TEAM)["reason"]
    assert [kind for kind, *_ in asked.clicks()] == ["approve", "approve"]


def test_a_guest_learns_no_more_from_the_limit(asked: Handling) -> None:
    for _ in range(4):
        asked.presses("look:next", "{}", user=GUEST, channel=GENERAL)
    assert "fullback" not in str(asked.told())
    assert len(asked.told()) == 4
