"""What one field of an operation says of itself (its flags, its label in the form, how it is filled in) and what follows from its
kind: how the id behind the name that somebody gave is found, and what it reaches: organizational units and accounts, by their ids.
An operation whose fields do not tell what it reaches says it itself. Pure.

A value may be in a file that somebody gave in Slack, until the file's text takes its place before anybody approves it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic.fields import FieldInfo

from operations.aws.errors import FieldError
from operations.snapshot.organization import Organization
from operations.snapshot.places import find_target
from operations.snapshot.services import resolve

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


LookUp = Callable[[Organization, str, str], str]
"""The id that a text means, by the organization, the text and the field's name; raises FieldError with the candidates."""


def _account(organization: Organization, text: str, field: str) -> str:
    return organization.find_account(text, field).id


def _unit(organization: Organization, text: str, field: str) -> str:
    return organization.find_unit(text, field).id


def _policy(organization: Organization, text: str, field: str) -> str:
    return organization.policies.find(text, field).id


def _service(_: Organization, text: str, field: str) -> str:
    return resolve(text, field)


LOOK_UPS: Mapping[FieldKind, LookUp] = {
    FieldKind.ACCOUNT: _account,
    FieldKind.ACCOUNTS: _account,
    FieldKind.OU: _unit,
    FieldKind.TARGET: find_target,
    FieldKind.POLICY: _policy,
    FieldKind.SERVICE: _service,
}
"""The kinds whose values are names of something; every other value is what it is."""


def look_up(organization: Organization, field: OperationField, text: str) -> str:
    """The id of what `text` means in this field; raises FieldError for what is not found, or cannot be given here."""
    found = LOOK_UPS[field.flag.kind](organization, text, field.name)
    if field.excepted and found == organization.management_account:
        label = organization.account_label(found)
        raise FieldError(field.name, f"{label} is the management account, {field.excepted}.")
    if field.excepted and found == organization.root:
        raise FieldError(field.name, f"/ is the root, {field.excepted}.")
    return found


def settled_value(organization: Organization, field: OperationField, value: Any) -> Any:
    """A field's value with ids in place of names, each id once and in order where there may be several; raises FieldError."""
    if field.flag.kind not in LOOK_UPS or value is None:
        return value
    if field.flag.kind.many:
        return tuple(sorted({look_up(organization, field, text) for text in value}))
    return look_up(organization, field, value)


@dataclass(frozen=True)
class Reach:
    """The ids of the organizational units (the root is one) and of the accounts that are hit."""

    units: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.units | other.units, self.accounts | other.accounts)


def beneath(organization: Organization, *targets: str) -> Reach:
    """Roots and organizational units with all that lies beneath them, and accounts alone; each is looked at once."""
    hit: dict[str, bool] = dict.fromkeys(targets, True)

    def is_hit(unit: str) -> bool:
        if unit not in hit:
            known = organization.units_by_id.get(unit)
            hit[unit] = known is not None and is_hit(known.parent)
        return hit[unit]

    units = frozenset(unit for unit in organization.units_by_id if is_hit(unit))
    accounts = (account.id for account in organization.accounts if account.id in hit or is_hit(account.parent))
    unknown = set(targets) - organization.units_by_id.keys()  # An account that has just left is hit as well.
    return Reach(units, frozenset(accounts) | frozenset(unknown))


def whole(organization: Organization) -> Reach:
    """Everything there is; in an account without an organization, what would be its root."""
    units = frozenset(organization.units_by_id) or frozenset({organization.root})
    return Reach(units, frozenset(organization.accounts_by_id))


def _one_account(_: Organization, account: str) -> Reach:
    return Reach(accounts=frozenset({account}))


def _one_unit(_: Organization, unit: str) -> Reach:
    return Reach(units=frozenset({unit}))


def _of_policy(organization: Organization, policy: str) -> Reach:
    """All that lies beneath each attachment; everything where it is unknown to what the policy is attached."""
    if not organization.policies.is_told(policy):
        return whole(organization)
    return beneath(organization, *organization.policies.targets[policy])


# What one value of a field reaches. The kinds that are not here name no place.
BY_KIND: dict[FieldKind, Callable[[Organization, str], Reach]] = {
    FieldKind.ACCOUNT: _one_account,
    FieldKind.ACCOUNTS: _one_account,
    FieldKind.OU: _one_unit,
    FieldKind.TARGET: beneath,
    FieldKind.POLICY: _of_policy,
}
