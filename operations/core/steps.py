"""A step observes whether its goal stands in AWS, and acts to bring it about.

The runner always observes before it acts: after a crash, after a lost answer, and when somebody else was faster, the
observation finds the goal reached, and that is success. Nothing else recovers. It observes after it acted as well, because an
accepted call is not its effect, and after a refusal that does not tell how things stand.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from operations.aws.client import Aws
from operations.aws.reasons import meaning_of
from operations.core.explanations import refusal
from operations.core.observations import Facts, Failed, Observation, Waiting
from operations.snapshot.changes import Change


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
    """One call that changes something in AWS, with its own way to tell whether that has happened.

    `not_done` is the sentence that a refusal begins with, such as "The account was not closed.". `reasons` explains the reasons
    and error codes that only this step gets: what one means and what to do; `{message}` in it is what AWS says.
    """

    key: str
    title: str
    not_done: str = ""
    reasons: ClassVar[Mapping[str, tuple[str, str]]] = {}

    @abstractmethod
    def observe(self, world: World) -> Observation:
        """Whether the goal stands, without changing anything; raises AwsError when AWS does not tell."""

    @abstractmethod
    def act(self, world: World) -> Facts:
        """One call to AWS, and what its answer tells that is to be remembered, such as an id.

        Whether the goal stands is not its business: AWS is observed afterwards. Raises RefusedError, BusyError, AmbiguousError or FencedError.
        With an AWS where nothing happens it tells what was sent: operations.core.code.
        """

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        """What the snapshot knows better once the goal stands, from what the steps have learned; most keep nothing there."""
        del memory
        return ()

    def explain(self, code: str, reason: str, message: str) -> Failed:
        """What AWS's refusal means in plain words: by the step's own reasons, then by those that any call may get."""
        own = next((name for name in (reason, code) if name in self.reasons), "")
        failed = self._own(own, message) if own else refusal(code, reason, message)
        return replace(failed, say=f"{self.not_done} {failed.say}".strip())

    def _own(self, name: str, message: str) -> Failed:
        say, advice = self.reasons[name]
        return Failed(say.replace("{message}", message), advice, name, again=meaning_of(name, name).again)
