"""What a request would do, taken before it is approved and once more before it is carried out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from operations.aws.client import Aws
from operations.aws.looks import Looks
from operations.snapshot.organization import Organization
from operations.snapshot.policies import Policies

T = TypeVar("T")


class Fact(BaseModel):
    """One line of a card: a label such as "E-mail" and its value, both plain text."""

    model_config = ConfigDict(frozen=True)

    label: str
    value: str


class Level(StrEnum):
    """How much something matters to whoever decides."""

    DANGER = "danger"
    """Something is lost for good, or may lock people out: the question behind Approve repeats it."""
    CAUTION = "caution"
    """Something to look at before it is approved."""
    FACT = "fact"
    """Something to know, which speaks against nothing."""


class Notice(BaseModel):
    """A sentence on a card about this very request, in plain text. What holds for every request of its operation belongs into
    the operation's help: who reads the same on every card reads nothing any more.
    """

    model_config = ConfigDict(frozen=True)

    level: Level
    say: str


def fact(say: str) -> Notice:
    """Something to know."""
    return Notice(level=Level.FACT, say=say)


def caution(say: str) -> Notice:
    """Something to look at."""
    return Notice(level=Level.CAUTION, say=say)


def danger(say: str) -> Notice:
    """Something is lost for good, or may lock people out."""
    return Notice(level=Level.DANGER, say=say)


def _levelled(value: Any) -> Any:
    """Earlier versions stored sentences without a level."""
    old = isinstance(value, Iterable) and not isinstance(value, str)
    return [caution(item) if isinstance(item, str) else item for item in value] if old else value


def _most_severe_first(notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
    return tuple(sorted(notices, key=lambda notice: list(Level).index(notice.level)))


class Preview(BaseModel):
    """Plain text for people, and the `precondition` that an approval is bound to.

    `warnings` stand with the most severe first, whoever adds them. `hits` says what is reached: a sentence with the number first, then one line for each account. `diff` is what changes in a document, as lines
    that begin with `+`, `-` or a space.
    """

    model_config = ConfigDict(frozen=True)

    title: str
    facts: tuple[Fact, ...]
    plan: tuple[str, ...]
    warnings: Annotated[tuple[Notice, ...], BeforeValidator(_levelled), AfterValidator(_most_severe_first)] = ()
    hits: tuple[str, ...] = ()
    diff: str = ""
    precondition: dict[str, Any] = {}

    def warning(self, *more: Notice) -> Self:
        """The same with more notices, each at its level's place."""
        return self.model_copy(update={"warnings": _most_severe_first((*more, *self.warnings))})

    @property
    def dangers(self) -> tuple[str, ...]:
        """The sentences of which everybody who approves is asked once more."""
        return tuple(notice.say for notice in self.warnings if notice.level is Level.DANGER)


@dataclass(frozen=True)
class PreviewInput:
    """What a preview may look at: the snapshot of the organization, and AWS itself for what the snapshot lacks.

    What is only good to know is asked by `optional`, for which nobody waits long.
    """

    organization: Organization
    aws: Aws
    looks: Looks | None = None

    def optional(self, operation: str, ask: Callable[[Aws], T]) -> T:
        """What `ask` gives, within the time that all optional looks of one card have together; raises AwsError."""
        return (self.looks or Looks(self.aws)).read(operation, ask)


def unknown_first(preview: Preview, policies: Policies, named: Iterable[str]) -> Preview:
    """With a danger before all others where it is unknown to what the policies that a request names are attached, and so what it
    hits: nobody is to approve that by mistake.
    """
    why = {policies.untold(policy) for policy in named} - {""}
    if not why:
        return preview
    unknown = (
        f"Whom this hits could not be read: {', '.join(sorted(why))}. It may be every account, so the rules of the whole "
        "organization decide."
    )
    return preview.warning(danger(unknown))


def not_open(organization: Organization, named: Iterable[str]) -> tuple[Notice, ...]:
    """A caution for each account that a request names and that is closed, being closed or suspended."""
    found = [organization.accounts_by_id[account] for account in named if account in organization.accounts_by_id]
    return tuple(
        caution(f"{account.name} ({account.id}) is {account.state}, so AWS may refuse it.")
        for account in found
        if not account.is_open
    )


def digest(operation: str, params: dict[str, Any], precondition: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of what is approved: any other request, or another world, has another digest."""
    text = json.dumps([operation, params, precondition], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
