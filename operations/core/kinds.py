"""What follows from a field's kind: how the id behind the name that somebody gave is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from operations.aws.errors import FieldError
from operations.core.fields import FieldKind, OperationField
from operations.snapshot.organization import Organization
from operations.snapshot.places import find_target
from operations.snapshot.services import resolve

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
