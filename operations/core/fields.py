"""What one field of an operation says of itself: its flags, its label in the form, and how it is filled in.

A value may be in a file that somebody gave in Slack, until the file's text takes its place before anybody approves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic.fields import FieldInfo

TYPED_FLAG = re.compile(r"`(?P<flag>--[a-z-]+)(?P<value> [^`]*)?`")
REFERENCE = re.compile(r"slack-file:(?P<file>F[A-Z0-9]{5,30})")


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
    ROLE = "role"
    """A role of a session: the rules name those that there may be."""
    DURATION = "duration"
    """How long a session lasts: the rules name the longest."""

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
    """How people give a field: `names[0]` is the documented flag, the others are accepted as well.

    What is given `by_hand` is typed anew for each request, so that no form has it filled in and nothing is asked again without it.
    """

    names: tuple[str, ...]
    label: str
    kind: FieldKind = FieldKind.TEXT
    hint: str = ""
    placeholder: str = ""
    choices: tuple[Choice, ...] = ()
    by_hand: bool = False


@dataclass(frozen=True)
class Except:
    """The management account, or the root, cannot be given in a field; `why` follows "is the management account, "."""

    why: str


@dataclass(frozen=True)
class OperationField:
    """A field of an operation as the parser, the form and the card see it."""

    name: str
    flag: Flag
    required: bool
    default: Any
    max_length: int | None
    excepted: str = ""
    """Why neither the management account nor the root can be given; empty where they can."""

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
            next((piece.why for piece in info.metadata if isinstance(piece, Except)), ""),
        )


def by_labels(fields: Iterable[OperationField], sentence: str) -> str:
    """A sentence for people at a form: `--duration 1h` is Duration “1h” there, and code has no backticks."""
    labels = {name: field.flag.label for field in fields for name in field.flag.names}

    def label(found: re.Match[str]) -> str:
        known = labels.get(found["flag"])
        value = f" “{found['value'].strip()}”" if found["value"] else ""
        return f"{known}{value}" if known else found[0]

    return TYPED_FLAG.sub(label, sentence).replace("`", "")


def reference(file: str) -> str:
    """What stands in a field for a file of this Slack id."""
    return f"slack-file:{file}"


def file_in(value: object) -> str:
    """The id of the file that a value stands for; empty when it is a value of its own."""
    found = REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
    return found["file"] if found else ""
