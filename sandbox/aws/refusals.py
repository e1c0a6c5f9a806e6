"""How AWS says no: error codes, and for constraint errors the Reason beside the code.

Source: AWS Organizations API Reference, "Common Errors", "ConstraintViolationException", "InvalidInputException".
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.exceptions import ServiceException


class Refusal(Exception):  # noqa: N818 - it is an answer of AWS, not a failure of this program.
    """An answer of AWS that refuses the call; `reason` becomes `e.response["Reason"]` in boto3."""

    def __init__(self, code: str, message: str, reason: str = "", *, status: int = 400, **details: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.reason = reason
        self.status = status
        self.details = details

    def body(self) -> str:
        """The error as the JSON 1.1 protocol writes it."""
        reason = {"Reason": self.reason} if self.reason else {}
        return json.dumps({"__type": self.code, "Message": self.message, **reason, **self.details})


def from_moto(error: ServiceException) -> Refusal:
    """An error that moto itself raised, in our words."""
    return Refusal(error.code, error.message)


def constraint(reason: str, message: str) -> Refusal:
    """A ConstraintViolationException with its Reason."""
    return Refusal("ConstraintViolationException", message, reason)


def invalid(reason: str, message: str) -> Refusal:
    """An InvalidInputException with its Reason."""
    return Refusal("InvalidInputException", message, reason)


def not_found(kind: str, what: str) -> Refusal:
    """`not_found("Account", "an account")` is AccountNotFoundException in AWS's wording."""
    return Refusal(f"{kind}NotFoundException", f"You specified {what} that doesn't exist.")
