"""The typed confirmation of what cannot be taken back: the name or id of what it hits, typed once more."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from operations.aws.errors import FieldError
from operations.core.fields import Flag
from operations.snapshot.organization import Account

Confirm = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Flag(("--confirm",), "To confirm, type the account's name once more", hint="Its name or id, exactly as it is"),
]


def check_confirmed(typed: str, account: Account) -> None:
    """Raises FieldError on `confirm` unless the account's own name or id was typed."""
    if typed.strip() not in (account.name, account.id):
        raise FieldError(
            "confirm",
            f"“{typed}” is not the name of the account {account.name} ({account.id}). Type that name or id to confirm.",
        )
