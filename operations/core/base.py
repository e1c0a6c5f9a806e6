"""What an operation is: one pydantic class whose fields, docstring and methods say everything about it.

The fields give the command's flags, the form, the field errors, the card's facts and the stored JSON; the docstring is the
help; `permissions` gives the IAM policy; `preview` and `steps` say what it does. How names become ids follows from the fields'
kinds. A new class in a new file is the whole of a new operation.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache, reduce
from operator import or_
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from operations.aws.codes import FEATURES
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.closing import Closing, Console
from operations.core.code import Code
from operations.core.fields import BY_KIND, FieldKind, Flag, OperationField, Reach, settled_value
from operations.core.preview import Notice, Preview, PreviewInput
from operations.core.steps import Control, Step
from operations.core.visible import check
from operations.snapshot.organization import Organization

BILLING_ONLY = "CONSOLIDATED_BILLING"
WITHOUT_FEATURES = (
    "the organization has consolidated billing only, and this needs all features. Enable all features first."
)
FREE = (*(FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.EMAIL, FieldKind.TAGS, FieldKind.ACCOUNTS, FieldKind.ROLE),)


class Operation(BaseModel):
    """A request for one change to the organization, complete and valid in form; names may not be looked up yet."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: ClassVar[str]
    wanted: ClassVar[str]
    """What somebody wants who asks for it, as menus have it, such as `New account`."""
    family: ClassVar[str]
    example: ClassVar[str]
    irreversible: ClassVar[bool]
    """Whether it takes away what no later request brings back, so that without a rules file two people have to approve."""
    aliases: ClassVar[tuple[str, ...]] = ()
    permissions: ClassVar[tuple[Permission, ...]] = ()
    founds: ClassVar[bool] = False  # Whether it is asked for where there is no organization yet.
    part_of: ClassVar[str] = ""  # The operation without which it has no use, so that both are left out together.
    picture: ClassVar[bool] = False  # Whether its card offers a picture of what it changes in the tree.
    needs_all_features: ClassVar[bool] = False
    """Whether AWS refuses it in an organization of consolidated billing only."""
    personal: ClassVar[bool] = False
    """Whether the result is the requester's alone, so that two people may ask for the same at once."""
    no_code: ClassVar[str] = ""
    """Why nobody keeps what it does as infrastructure code, in a sentence; empty where `as_code` says it."""
    delivers: ClassVar[str] = ""
    """The kind of message that hands the result over while the request runs; most operations hand nothing over."""

    @field_validator("*", mode="before")
    @classmethod
    def _visible(cls, value: Any, info: ValidationInfo) -> Any:
        """Nothing that would be sent is invisible on the card, whichever field it is in."""
        flags = [piece for piece in cls.model_fields[info.field_name or ""].metadata if isinstance(piece, Flag)]
        check(value, flags[0].kind if flags else FieldKind.TEXT)
        return value

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

    def free_texts(self) -> dict[str, list[str]]:
        """What is sent as it was written, by the labels of the fields: a text, the items of a list, the keys and values of a
        mapping, in turn. Documents have their diff.
        """
        given = self.model_dump(mode="json")
        free = {field.flag.label: _words(given.get(field.name)) for field in self.fields() if field.flag.kind in FREE}
        return {label: words for label, words in free.items() if words}

    def settled(self, organization: Organization) -> Self:
        """The same request with every name replaced by its id; raises FieldError for what cannot be found or given."""
        if self.needs_all_features and organization.feature_set == BILLING_ONLY:
            raise FieldError("", WITHOUT_FEATURES, opens=(FEATURES,))
        ids = {f.name: settled_value(organization, f, getattr(self, f.name)) for f in self.fields()}
        return self.model_copy(update=ids).checked(organization)

    def checked(self, organization: Organization) -> Self:
        """The settled request, looked at for what only this operation knows of it; raises FieldError."""
        del organization
        return self

    def subject(self) -> str:
        """What this request is about, as a key: two live requests about the same subject would get in each other's way."""
        raise NotImplementedError

    def subject_for(self, requester: str) -> str:
        """The subject of this person's request."""
        return f"{self.subject()}:{requester}" if self.personal else self.subject()

    def reach(self, organization: Organization) -> Reach:
        """What a settled request hits, by which the rules are chosen: what the values of its fields reach, by their kinds."""
        fields = [field for field in self.fields() if field.flag.kind in BY_KIND]
        if not fields:
            raise NotImplementedError(f"{self.name} has no field that tells what it reaches; it has to say so itself")
        found = reduce(or_, (self._reached_by(field, organization) for field in fields), Reach())
        return (
            found if found != Reach() else Reach(units=frozenset({organization.root}))
        )  # A policy that is attached nowhere.

    def named(self, kind: FieldKind) -> tuple[str, ...]:
        """The values of the fields of a kind, such as the ids of the policies that a settled request names."""
        given = (getattr(self, field.name) for field in self.fields() if field.flag.kind == kind)
        return tuple(word for value in given for word in ([value] if isinstance(value, str) else value or ()))

    def _reached_by(self, field: OperationField, organization: Organization) -> Reach:
        given = getattr(self, field.name)
        values = [given] if isinstance(given, str) else given
        return reduce(or_, (BY_KIND[field.flag.kind](organization, value) for value in values), Reach())

    def afterwards(self, organization: Organization) -> Organization:
        """The organization's tree as it would be once the request is done; rules are judged on both."""
        return organization

    def title(self, organization: Organization) -> str:
        """The request in one line of plain text, with names instead of ids."""
        raise NotImplementedError

    def preview(self, inputs: PreviewInput) -> Preview:
        """What would change and what it hits, as the world is now; raises FieldError when it cannot be done at all."""
        raise NotImplementedError

    def try_out(self, inputs: PreviewInput) -> tuple[Notice, ...]:
        """What only an attempt tells, made once before approvers are asked: more notices for the card; raises FieldError for what
        AWS would surely refuse.
        """
        del inputs
        return ()

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        """The steps that bring it about, given the precondition that was approved."""
        raise NotImplementedError

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        """What the finished request hands over, from what its steps have learned."""
        raise NotImplementedError

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        """What the finished request has made or changed, as infrastructure code declares it."""
        raise NotImplementedError

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        """The requests that would undo this one once it has succeeded, ids in them; none where it cannot be undone."""
        del precondition, memory
        return ()

    def undone_by(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        """The inverse where it can be asked for: what AWS had before may hold what no request may, such as invisible characters."""
        try:
            return self.inverse(precondition, memory)
        except ValidationError:
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


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [str(word) for pair in value.items() for word in pair]
    return [str(word) for word in value] if isinstance(value, list) else [str(value)] if value else []


def named(name: str) -> type[Operation]:
    """The declared operation of this name, for two that are each other's inverse; raises LookupError."""
    waiting = [Operation]
    for operation in waiting:
        if vars(operation).get("name") == name:
            return operation
        waiting += operation.__subclasses__()
    raise LookupError(name)
