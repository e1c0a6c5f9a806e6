"""What one field of an operation says of itself: its flags, its label in the form, and how it is filled in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic.fields import FieldInfo


class FieldKind(StrEnum):
    """How a field is typed, shown in a form and named: the handlers know one way for each."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    EMAIL = "email"
    CHOICE = "choice"
    TAGS = "tags"
    ACCOUNT = "account"
    ACCOUNTS = "accounts"
    OU = "ou"
    TARGET = "target"
    POLICY = "policy"
    SERVICE = "service"
    DOCUMENT = "document"

    @property
    def many(self) -> bool:
        """Whether the flag may be given more than once: its value is a list of texts."""
        return self in (FieldKind.TAGS, FieldKind.ACCOUNTS)


@dataclass(frozen=True)
class Choice:
    """One of the values that a CHOICE takes; `words` are other spellings that people may type, the commonest first."""

    value: str
    label: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flag:
    """How people give a field: `names[0]` is the documented flag, the others are accepted as well."""

    names: tuple[str, ...]
    label: str
    kind: FieldKind = FieldKind.TEXT
    hint: str = ""
    placeholder: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class OperationField:
    """A field of an operation as the parser, the form and the card see it."""

    name: str
    flag: Flag
    required: bool
    default: Any
    max_length: int | None

    @classmethod
    def of(cls, name: str, info: FieldInfo) -> OperationField:
        """The field behind a pydantic field; raises TypeError when its author forgot the Flag."""
        flags = [piece for piece in info.metadata if isinstance(piece, Flag)]
        if not flags:
            raise TypeError(f"the field {name} has no Flag")
        lengths = [piece.max_length for piece in info.metadata if getattr(piece, "max_length", None)]
        required = info.is_required()
        return cls(
            name,
            flags[0],
            required,
            None if required else info.get_default(call_default_factory=True),
            min(lengths, default=None),
        )
