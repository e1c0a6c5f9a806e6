"""How fast Slack is called, and in which order those that wait have their turn."""

from __future__ import annotations

import pytest

from approvals.slack.pacing import APART, LONGEST_WAIT, MINUTE, PER_MINUTE, POST, ForPeople, Pacing


class Seconds:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def pacing(clock: Seconds) -> Pacing:
    return Pacing(clock)


def test_messages_in_a_channel_leave_one_after_the_other_and_other_channels_do_not_wait(
    pacing: Pacing, clock: Seconds
) -> None:
    assert pacing.wait(POST, "C1") == 0
    assert pacing.wait(POST, "C1") == pytest.approx(APART)
    assert pacing.wait(POST, "C2") == 0
    clock.now += APART
    assert pacing.wait(POST, "C1") == 0


def test_who_waits_has_a_turn_of_their_own_in_the_order_in_which_they_came(pacing: Pacing, clock: Seconds) -> None:
    waits = [pacing.wait(POST, "C1", f"message {number}") for number in range(4)]
    assert waits == pytest.approx([0, APART, 2 * APART, 3 * APART])
    left = []
    for _ in range(3):
        clock.now += APART
        left += [number for number in (3, 2, 1) if pacing.wait(POST, "C1", f"message {number}") == 0]
    assert left == [1, 2, 3]


def test_whoever_comes_late_for_their_turn_holds_the_next_one_up_for_a_moment_only(
    pacing: Pacing, clock: Seconds
) -> None:
    for number in range(3):
        pacing.wait(POST, "C1", f"message {number}")
    clock.now += 2 * APART - 0.2
    assert pacing.wait(POST, "C1", "message 1") == 0
    clock.now += 0.2
    assert pacing.wait(POST, "C1", "message 2") == pytest.approx(APART - 0.2)
    clock.now += APART - 0.2
    assert pacing.wait(POST, "C1", "message 2") == 0


@pytest.mark.parametrize("method", sorted(PER_MINUTE))
def test_a_methods_tier_is_kept_within_any_minute(pacing: Pacing, clock: Seconds, method: str) -> None:
    made = []
    for _ in range(300):
        if pacing.wait(method) == 0:
            made.append(clock.now)
        clock.now += 0.5
    assert max(sum(start <= call < start + 60 for call in made) for start in made) == PER_MINUTE[method]


def test_hundreds_of_calls_above_the_tier_keep_their_order(pacing: Pacing, clock: Seconds) -> None:
    waits = [pacing.wait("chat.update", ticket=f"card {number}") for number in range(120)]
    assert waits[:50] == [0] * 50
    assert waits[50:] == sorted(waits[50:])
    assert waits[119] == pytest.approx(2 * MINUTE)


@pytest.mark.parametrize("method", [POST, "chat.update", "views.open", "chat.getPermalink"])
def test_retry_after_holds_for_the_whole_method(pacing: Pacing, clock: Seconds, method: str) -> None:
    pacing.wait(method, "C1", "kept")
    pacing.leave_alone(method, 30)
    assert pacing.wait(method, "C2") == pytest.approx(30)
    assert pacing.wait("conversations.info") == 0
    clock.now += 30
    assert pacing.wait(method, "C2") == 0


def test_a_turn_within_retry_after_is_kept_behind_it(pacing: Pacing, clock: Seconds) -> None:
    pacing.wait(POST, "C1", "first")
    pacing.wait(POST, "C1", "second")
    pacing.leave_alone(POST, 20)
    clock.now += APART
    assert pacing.wait(POST, "C1", "second") == pytest.approx(20 - APART)
    clock.now += 20 - APART
    assert pacing.wait(POST, "C1", "second") == 0


def test_what_a_person_waits_for_has_no_tier(pacing: Pacing) -> None:
    assert [pacing.wait("views.open") for _ in range(500)] == [0] * 500


def test_channels_in_which_nothing_is_said_any_more_take_no_room(pacing: Pacing, clock: Seconds) -> None:
    for number in range(1000):
        pacing.wait(POST, f"D{number}")
        pacing.wait(POST, f"D{number}", "nobody comes for it")
    clock.now += LONGEST_WAIT + MINUTE + APART
    pacing.wait(POST, "C1")
    assert len(pacing._lanes) == 1


def test_what_a_person_waits_for_is_held_back_by_retry_after_alone_and_others_wait_behind_it(
    pacing: Pacing, clock: Seconds
) -> None:
    people = ForPeople(pacing)
    assert [people.wait(POST, "D1") for _ in range(3)] == [0, 0, 0]
    assert pacing.wait(POST, "D1") == pytest.approx(APART)
    people.leave_alone(POST, 5)
    assert [people.wait(POST, "D1"), pacing.wait(POST, "D2")] == pytest.approx([5, 5])
    clock.now += 5
    assert people.wait(POST, "D1") == 0
