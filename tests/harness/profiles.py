"""How thoroughly Hypothesis searches: `quick` by default, `full` for the numbers that are promised; HYPOTHESIS_PROFILE chooses.

Source: Hypothesis documentation, "Settings profiles".
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TypeVar

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


def is_full() -> bool:
    """Whether the promised numbers are asked for."""
    return os.environ.get("HYPOTHESIS_PROFILE") == "full"
