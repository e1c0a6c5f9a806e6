"""How thorough a run is. Hypothesis searches as `quick` says by default, and as `full` for the numbers that are promised, which
HYPOTHESIS_PROFILE chooses; matrices and databases take turns.

Source: Hypothesis documentation, "Settings profiles".
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

First = TypeVar("First")
Second = TypeVar("Second")
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def choose_profile() -> None:
    """Registers the profiles and loads the chosen one; in CI each run is the same, so that a failure is the change's own."""
    fixed = bool(os.environ.get("CI"))
    settings.register_profile("quick", deadline=None, derandomize=fixed, suppress_health_check=SLOW)
    settings.register_profile(
        "full",
        deadline=None,
        max_examples=10_000,
        stateful_step_count=50,
        suppress_health_check=SLOW,
    )
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def for_machine(examples: int, steps: int) -> settings:
    """The settings of a state machine: this many runs and steps, and those of the profile when it asks for more."""
    chosen = settings()
    return settings(
        max_examples=chosen.max_examples if is_full() else examples,
        stateful_step_count=chosen.stateful_step_count if is_full() else steps,
    )


def in_turn(names: Iterable[First], kinds: Sequence[Second], each: int) -> list[tuple[First, Second]]:
    """The pairs of a matrix that the ordinary test command runs: every name with `each` of the kinds, and every kind with some of the
    names. All pairs where the promised numbers are asked for.
    """
    if is_full():
        return [(name, kind) for name in names for kind in kinds]
    return [(name, kinds[(number + step) % len(kinds)]) for number, name in enumerate(names) for step in range(each)]


def not_its_turn(items: Iterable[pytest.Item], turn: int) -> set[pytest.Item]:
    """What the ordinary command leaves out: of each test that runs on either database one of the two, and half of the cases of a sweep.
    Which, changes from test to test and from turn to turn. What needs both databases, such as a backup of one that is put into
    the other, is never left out.
    """
    ways: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in sorted(items, key=attrgetter("nodeid")):
        ways[_taking_turns(item)].append(item)
    groups = [found for found in ways.values() if len(found) > 1]
    return {item for number, group in enumerate(groups) for item in group[(number + turn) % 2 :: 2]}


def _taking_turns(item: pytest.Item) -> str:
    """The same for all of which the ordinary command runs half."""
    test, _, case = item.nodeid.partition("[")
    either, databases = re.subn(r"\b(sqlite|postgresql)\b", "either", case)
    if item.get_closest_marker("sweep"):
        return test
    return f"{test}[{either}" if databases == 1 else item.nodeid


def is_full() -> bool:
    """Whether the promised numbers are asked for."""
    return os.environ.get("HYPOTHESIS_PROFILE") == "full"
