"""What a request would do, taken before it is approved and once more before it is carried out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

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


class Preview(BaseModel):
    """Plain text for people, and the `precondition` that an approval is bound to.

    `warnings` begin with the most severe, which is the one that the question behind Approve repeats. `hits` says what is
    reached: a sentence with the number first, then one line for each account. `diff` is what changes in a document, as lines
    that begin with `+`, `-` or a space.
    """

    model_config = ConfigDict(frozen=True)

    title: str
    facts: tuple[Fact, ...]
    plan: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    hits: tuple[str, ...] = ()
    diff: str = ""
    precondition: dict[str, Any] = {}


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
    """With a warning before all others where it is unknown to what the policies that a request names are attached, and so what it
    hits: nobody is to approve that by mistake.
    """
    why = {policies.untold(policy) for policy in named} - {""}
    if not why:
        return preview
    unknown = (
        f"Whom this hits could not be read: {', '.join(sorted(why))}. It may be every account, and the rules of the whole "
        "organization decide."
    )
    return preview.model_copy(update={"warnings": (unknown, *preview.warnings)})


def digest(operation: str, params: dict[str, Any], precondition: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of what is approved: any other request, or another world, has another digest."""
    text = json.dumps([operation, params, precondition], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
