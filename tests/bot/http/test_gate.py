"""The gate before deliveries: 503 while it is closed, and it closes when what is in hand has been answered."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from bot.http.transport import AWAY, Answer, Gate

PATIENCE = 20
DONE: Answer = (200, {}, "done")


def done(_: str, __: dict[str, list[str]]) -> Answer:
    return DONE


def test_it_hands_on_only_while_it_is_open() -> None:
    gate = Gate()
    assert gate("", {}) == AWAY
    gate.open(done)
    assert gate("", {}) == DONE
    gate.close(quiet=0)
    assert gate("", {}) == AWAY
    gate.close(quiet=0)


def test_it_closes_when_what_is_in_hand_is_answered() -> None:
    gate, began, go_on = Gate(), threading.Event(), threading.Event()

    def slow(_: str, __: dict[str, list[str]]) -> Answer:
        began.set()
        go_on.wait(PATIENCE)
        return DONE

    gate.open(slow)
    with ThreadPoolExecutor(2) as people:
        delivery = people.submit(gate, "", {})
        assert began.wait(PATIENCE)
        closing = people.submit(gate.close, 0, PATIENCE)
        assert not closing.done()
        go_on.set()
        assert delivery.result(PATIENCE) == DONE
        closing.result(PATIENCE)
    assert gate("", {}) == AWAY


def test_it_waits_no_longer_than_it_is_told_for_a_handler_that_never_ends() -> None:
    gate, began, go_on = Gate(), threading.Event(), threading.Event()

    def stuck(_: str, __: dict[str, list[str]]) -> Answer:
        began.set()
        go_on.wait(PATIENCE)
        return DONE

    gate.open(stuck)
    with ThreadPoolExecutor(1) as people:
        people.submit(gate, "", {})
        assert began.wait(PATIENCE)
        gate.close(quiet=0, longest=0.05)
        assert gate("", {}) == AWAY
        go_on.set()
