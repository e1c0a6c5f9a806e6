"""Deliveries that were mutated at random are answered with 200 or 4xx, leave memory as it was and nothing of theirs in the log."""

from __future__ import annotations

import copy
import gc
import json
import logging
import random
import resource
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.http.transport import SignedHttp
from tests.handlers.test_tampered import payload, places
from tests.harness.handling import ALICE, BOB, GENERAL, TEAM, Handling
from tests.harness.profiles import is_full

TIMES = 100_000 if is_full() else 1_000
SEED = 16
MOST_GROWN = 30_000_000  # Bytes, between the first tenth and the end.
CANARY = "kanarienvogel"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
MOVE = {"account": {"account": {"selected_option": {"value": "222222222222"}}}, "reason": {"reason": {"value": CANARY}}}
WRONG: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        2**70,
        1.5,
        float("inf"),
        "",
        " ",
        CANARY,
        CANARY * 5_000,
        "\x00",
        "\ud800",
        "<!channel>",
        "1",
    ),
    *([], [None], [[]], [{}], {}, {"id": CANARY}, {CANARY: CANARY}, {"values": []}, json.loads("[" * 90 + "]" * 90)),
)


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  Nothing is kept secret with it.


def view(callback: str) -> dict[str, Any]:
    return {"id": "V1", "callback_id": callback, "private_metadata": "{}", "hash": "h", "state": {"values": MOVE}}


def bodies() -> Iterator[dict[str, Any]]:
    """One delivery of each kind, in Slack's shape."""
    person = {
        "user": {"id": ALICE, "team_id": TEAM},
        "team": {"id": TEAM},
        "trigger_id": "1.2",
        "is_enterprise_install": False,
    }
    event = {"type": "app_home_opened", "user": ALICE, "tab": "home", "channel": "D1", "view": {"id": "V1"}}
    yield from (
        payload(kind) for kind in ("approve", "deny", "undo", "look:next", "form:move-account", "extend", "reveal")
    )
    yield from (
        {"type": "view_submission", **person, "view": view(callback)}
        for callback in (
            "request:move-account",
            "request:create-policy",
            "break-glass:move-account",
            "deny",
            "look",
            "x",
        )
    )
    yield {"type": "view_closed", **person, "view": view("request:move-account")}
    yield {"type": "block_suggestion", **person, "action_id": "account:account", "block_id": "account", "value": CANARY}
    yield {
        "type": "event_callback",
        "team_id": TEAM,
        "event": event,
        "authorizations": [{"team_id": TEAM, "user_id": BOB}],
    }
    yield {"type": "url_verification", "challenge": "c"}
    yield {
        "command": "/org",
        "text": f"move --account {CANARY}",
        "user_id": ALICE,
        "team_id": TEAM,
        "channel_id": GENERAL,
    }


def mutated(body: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """The body with one to three of its fields missing, or of another type, or at a wrong place."""
    changed = copy.deepcopy(body)
    for _ in range(dice.randint(1, 3)):
        *inside, last = dice.choice(list(places(changed)) or [("x",)])
        holder: Any = changed
        for key in inside:
            holder = holder[key]
        if dice.random() < 0.2 and not isinstance(holder, list):
            holder.pop(last, None)
        else:
            holder[last] = copy.deepcopy(dice.choice((*WRONG, changed)))
    return changed


def wire(body: dict[str, Any], dice: random.Random) -> tuple[str, str]:
    """What is sent, and its content type; now and then some bytes of it are others."""
    if "command" in body:
        sent, kind = urlencode({key: str(value).encode("utf-8", "replace") for key, value in body.items()}), FORM
    elif body.get("type") == "block_actions" or "view" in body or "action_id" in body:
        sent, kind = urlencode({"payload": json.dumps(body)}), FORM
    else:
        sent, kind = json.dumps(body), JSON
    for _ in range(dice.choice((0, 0, 0, 1, 5))):
        at = dice.randrange(len(sent))
        sent = sent[:at] + dice.choice('{}[]"%\\&=\x00é7') + sent[at + dice.randint(0, 3) :]
    return sent, kind


def resident() -> int:
    """Bytes of memory that this process has in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class Leaks(logging.Handler):
    """The lines of the log that hold something of a payload; nothing else is kept, because memory is measured too."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if CANARY in self.format(record):
            self.found.append(record.getMessage()[:500])


@pytest.fixture
def leaks(monkeypatch: pytest.MonkeyPatch) -> Leaks:
    handler = Leaks()
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    return handler


@pytest.mark.timeout(0)
def test_no_mutation_is_an_error_of_the_bots_own(
    handling: Handling, leaks: Leaks, record_property: Callable[[str, object], None]
) -> None:
    """Slack signs what it delivers, so that the edge lets pass what no person could have sent; nothing may come of it."""
    handling.limit()
    dice, kinds = dice_of(SEED), list(bodies())
    answers: Counter[int] = Counter()
    after_a_tenth = 0
    for number in range(TIMES):
        sent, kind = wire(mutated(dice.choice(kinds), dice), dice)
        status, _, _ = SignedHttp(handling.app).dispatch(sent, {"content-type": [kind]})
        answers[status] += 1
        assert status < 500, (number, sent[:3000])
        assert not leaks.found
        if number % 50 == 0:
            handling.waiting.clear()
            handling.slack.calls.clear()
        if number == TIMES // 10:
            after_a_tenth = resident()
    grown = resident() - after_a_tenth
    record_property("told", f"{TIMES} deliveries: {dict(sorted(answers.items()))}, {grown / 1e6:+.1f} MB")
    assert {200, 400} <= answers.keys()
    assert grown < MOST_GROWN


@pytest.fixture
def counted() -> Iterator[None]:
    """What was there before is looked through by no collection, and not counted."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("counted")
def test_memory_stays_as_it_was(handling: Handling, caplog: pytest.LogCaptureFixture) -> None:
    """What is remembered of a delivery has an end: the fourth hundred leaves no more objects behind than the third."""
    caplog.set_level(logging.CRITICAL)
    kinds, dice, objects = list(bodies()), dice_of(SEED), []
    for _ in range(4):
        for _ in range(100):
            sent, kind = wire(mutated(dice.choice(kinds), dice), dice)
            SignedHttp(handling.app).dispatch(sent, {"content-type": [kind]})
        handling.waiting.clear()
        handling.slack.calls.clear()
        gc.collect()
        objects.append(len(gc.get_objects()))
    assert objects[3] - objects[2] < 200, objects
