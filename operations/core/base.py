"""What an operation is: one pydantic class whose fields, docstring and methods say everything about it.

The fields give the command's flags, the form, the field errors, the card's facts and the stored JSON; the docstring is the
help; `permissions` gives the IAM policy; `settled`, `preview` and `steps` say what it does. A new class in a new file is
the whole of a new operation.
"""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from operations.aws.permissions import Permission
from operations.core.closing import Closing, Console
from operations.core.fields import OperationField
from operations.core.preview import Preview, PreviewInput
from operations.core.steps import Control, Step
from operations.snapshot.organization import Organization


class Operation(BaseModel):
    """A request for one change to the organization, complete and valid in form; names may not be looked up yet."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: ClassVar[str]
    family: ClassVar[str]
    example: ClassVar[str]
    irreversible: ClassVar[bool]
    """Whether it takes away what no later request brings back, so that without a rules file two people have to approve."""
    aliases: ClassVar[tuple[str, ...]] = ()
    permissions: ClassVar[tuple[Permission, ...]] = ()
    founds: ClassVar[bool] = False  # Whether it is asked for where there is no organization yet.
    personal: ClassVar[bool] = False
    """Whether the result is the requester's alone, so that two people may ask for the same at once."""
    delivers: ClassVar[str] = ""
    """The kind of message that hands the result over while the request runs; most operations hand nothing over."""

    @classmethod
    @cache
    def fields(cls) -> tuple[OperationField, ...]:
        """The fields in the order in which the form shows them."""
        return tuple(OperationField.of(name, info) for name, info in cls.model_fields.items())

    @classmethod
    def help_text(cls) -> str:
        """The docstring, its lines joined to paragraphs."""
        paragraphs = inspect.cleandoc(cls.__doc__ or "").split("\n\n")
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)

    @classmethod
    def purpose(cls) -> str:
        """The docstring's first sentence."""
        return cls.help_text().split("\n\n", maxsplit=1)[0]

    def typed(self) -> str:
        """The request as it is typed behind `/org`."""
        given = self.model_dump(mode="json", exclude_defaults=True)
        words = [(field.flag.names[0], text) for field in self.fields() for text in _texts(given.get(field.name, []))]
        return " ".join([self.name, *(f"{flag} {shlex.quote(text)}" for flag, text in words)])

    def settled(self, organization: Organization) -> Self:
        """The same request with every name replaced by its id; raises FieldError for what cannot be found."""
        raise NotImplementedError

    def subject(self) -> str:
        """What this request is about, as a key: two live requests about the same subject would get in each other's way."""
        raise NotImplementedError

    def subject_for(self, requester: str) -> str:
        """The subject of this person's request."""
        return f"{self.subject()}:{requester}" if self.personal else self.subject()

    def target(self, organization: Organization) -> str:
        """The path of the OU that the request touches, by which the rules' `under` is judged."""
        raise NotImplementedError

    def title(self, organization: Organization) -> str:
        """The request in one line of plain text, with names instead of ids."""
        raise NotImplementedError

    def preview(self, inputs: PreviewInput) -> Preview:
        """What would change and what it hits, as the world is now; raises FieldError when it cannot be done at all."""
        raise NotImplementedError

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        """The steps that bring it about, given the precondition that was approved."""
        raise NotImplementedError

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        """What the finished request hands over, from what its steps have learned."""
        raise NotImplementedError

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        """The requests that would undo this one once it has succeeded, ids in them; none where it cannot be undone."""
        del precondition, memory
        return ()

    def remainder(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        """The requests for what is left when this one has ended after its first step, ids in them; none where it may be asked for
        as a whole again, because what stands is found done.
        """
        del precondition, memory
        return ()

    def controls(self, memory: Mapping[str, Any]) -> tuple[Control, ...]:
        """What people may ask of the request while it waits for AWS, such as to cancel an invitation."""
        del memory
        return ()


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{key}={text}" for key, text in value.items()]
    return [str(text) for text in value] if isinstance(value, list) else [str(value)]


def named(name: str) -> type[Operation]:
    """The declared operation of this name, for two that are each other's inverse; raises LookupError."""
    waiting = [Operation]
    for operation in waiting:
        if vars(operation).get("name") == name:
            return operation
        waiting += operation.__subclasses__()
    raise LookupError(name)
