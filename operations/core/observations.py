"""What a step can find when it looks at AWS, or learn when it acts; and text to copy, for whoever has to do something meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from operations.aws.prefilled import Prefilled

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Done:
    """The goal stands. `learned` joins the request's memory, `say` is the thread's line."""

    say: str
    learned: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Ready:
    """The goal does not stand, nothing of ours is under way, and acting is right.

    With `again` it is right although AWS has accepted a call of this step before; without, its effect is waited for.
    With `takes_back` the act only takes back what was sent, which needs nobody's approval.
    """

    again: bool = False
    takes_back: bool = False


@dataclass(frozen=True)
class Waiting:
    """AWS is at work on it; `learned` is remembered so that the next observation knows what to ask for.

    Where people have to act, days are not slow: then `longest` is the longest pause between two looks, and `snippets` is
    what those people need.
    """

    say: str
    learned: Facts = field(default_factory=dict)
    snippets: tuple[Snippet, ...] = ()
    longest: timedelta | None = None


@dataclass(frozen=True)
class NotNow:
    """What AWS had begun has ended for a reason that passes, such as `INTERNAL_FAILURE`: it is begun again later."""

    reason: str
    learned: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """AWS will not do it: what that means in plain words, and the way out.

    `opens` are the requests that the advice means; with `again` the same may be asked for once more as it was.
    """

    say: str
    advice: str = ""
    code: str = ""
    opens: tuple[Prefilled, ...] = ()
    again: bool = False


@dataclass(frozen=True)
class Stale:
    """The world is no longer the one that was approved; `opens` are the requests that would help."""

    say: str
    opens: tuple[Prefilled, ...] = ()


Observation = Done | Ready | Waiting | NotNow | Failed | Stale


class Snippet(BaseModel):
    """Text to copy into a file or a shell, and what it is."""

    model_config = ConfigDict(frozen=True)

    label: str
    text: str
