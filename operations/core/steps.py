"""A step observes whether its goal stands in AWS, and acts to bring it about.

The runner always observes before it acts: after a crash, after a lost answer, and when somebody else was faster, the
observation finds the goal reached, and that is success. Nothing else recovers.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from operations.aws.client import Aws
from operations.core.explanations import refusal
from operations.core.observations import Facts, Failed, Observation, Waiting


class Shared:
    """Reads that several requests need in one tick, made once: `shared.get(key, read)`."""

    def __init__(self) -> None:
        self._answers: dict[str, Any] = {}
        self._lock = threading.Lock()

    def get(self, key: str, read: Callable[[], Any]) -> Any:
        """The remembered answer, or that of `read()`; an error of `read` is not remembered."""
        with self._lock:
            if key not in self._answers:
                self._answers[key] = read()
            return self._answers[key]


@dataclass(frozen=True)
class Control:
    """A button beside a request that waits: `key` joins the memory as `asked`, `question` is what a person is asked first."""

    key: str
    label: str
    question: str


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class World:
    """What a step works with.

    `marker` is the request's own mark, unique among all installations; `memory` is what its steps have learned; `attempts`
    says when this step sent its call before; `others()` gives the memories of other requests for the same operation;
    `delivery()` says how far the handing over of the request's result is. What people asked for by a Control is in the memory
    as `asked`.
    """

    aws: Aws
    shared: Shared
    marker: str
    memory: Facts
    attempts: tuple[datetime, ...] = ()
    others: Callable[[], Iterable[Facts]] = tuple
    now: datetime = field(default_factory=_now)
    delivery: Callable[[], Observation] = lambda: Waiting("")


class Step(ABC):
    """One call that changes something in AWS, with its own way to tell whether that has happened."""

    key: str
    title: str

    @abstractmethod
    def observe(self, world: World) -> Observation:
        """Whether the goal stands, without changing anything; raises AwsError when AWS does not tell."""

    @abstractmethod
    def act(self, world: World) -> Observation:
        """One call to AWS; raises RefusedError, BusyError, AmbiguousError or FencedError."""

    def explain(self, code: str, reason: str, message: str) -> Failed:
        """What AWS's refusal means in plain words; steps add the codes that only they can get."""
        return refusal(code, reason, message)
