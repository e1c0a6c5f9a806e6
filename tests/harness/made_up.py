"""Operations that exist in tests only: one that needs nothing, and one with a field of every kind. No registry knows them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from operations.core.base import Operation
from operations.core.fields import Choice, FieldKind, Flag
from operations.core.values import Tags


class NeedsNothing(Operation):
    """Needs nothing at all."""

    name: ClassVar = "register-the-longest-name-there-is"
    wanted: ClassVar = "Nothing at all"
    family: ClassVar = "Tests"
    example: ClassVar = ""


class EveryKind(Operation):
    """Has a field of every kind, and limits on none."""

    name: ClassVar = "every-kind"
    wanted: ClassVar = "All there is"
    family: ClassVar = "Tests"
    example: ClassVar = "--text a --email a@b.example"

    text: Annotated[str, Flag(("--text",), "L" * 3000, hint="H" * 3000, placeholder="P" * 300)]
    long_text: Annotated[str, Flag(("--long-text",), "Long text", FieldKind.LONG_TEXT)] = ""
    email: Annotated[str, Flag(("--email",), "E-mail", FieldKind.EMAIL)] = ""
    choice: Annotated[
        Literal["A", "B"],
        Flag(("--choice",), "Choice", FieldKind.CHOICE, choices=(Choice("A", "a" * 90), Choice("B", "b"))),
    ] = "A"
    tags: Annotated[Tags, Flag(("--tag",), "Tags", FieldKind.TAGS)] = Field(default_factory=dict)
    account: Annotated[str, Flag(("--account",), "Account", FieldKind.ACCOUNT)] = ""
    ou: Annotated[str, Flag(("--ou",), "OU", FieldKind.OU)] = "/"
    accounts: Annotated[list[str], Flag(("--accounts",), "Accounts", FieldKind.ACCOUNTS)] = Field(default_factory=list)
    place: Annotated[str, Flag(("--place",), "Target", FieldKind.TARGET)] = ""
    policy: Annotated[str, Flag(("--policy",), "Policy", FieldKind.POLICY)] = ""
    service: Annotated[str, Flag(("--service",), "Service", FieldKind.SERVICE)] = ""
    role: Annotated[str, Flag(("--role",), "Role", FieldKind.ROLE)] = ""
    duration: Annotated[str, Flag(("--duration",), "Duration", FieldKind.DURATION)] = ""
    document: Annotated[str, Flag(("--document",), "Document", FieldKind.DOCUMENT)] = ""
