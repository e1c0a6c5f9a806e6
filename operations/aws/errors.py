"""What can go wrong when AWS is called, sorted by what the caller may do next.

Source: AWS Organizations API Reference, "Common Errors"; AWS SDK for Python, "Error handling".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from operations.aws.codes import is_denied
from operations.aws.prefilled import Prefilled


class AwsError(Exception):
    """A call to AWS that brought no usable answer; `operation` is AWS's name, such as `CreateAccount`.

    `write` says whether the call was to change something; an error of a look says nothing about what was sent before.
    """

    write = False

    def __init__(self, operation: str, message: str, *, code: str = "", reason: str = "") -> None:
        super().__init__(f"{operation}: {message}")
        self.operation = operation
        self.message = message
        self.code = code
        self.reason = reason

    @property
    def unread(self) -> str:
        """Which look was not answered, and how, in a few words: `ListTargetsForPolicy was denied`."""
        how = "was refused" if isinstance(self, RefusedError) else "was not answered"
        return f"{self.operation} was denied" if is_denied(self.code) else f"{self.operation} {how} ({self.code})"


class RefusedError(AwsError):
    """AWS answered and said no: nothing was changed, and asking again would bring the same answer."""


class CredentialsError(RefusedError):
    """The bot's own AWS credentials are expired, wrong or missing: nothing was changed, and it may be sent again when they are right."""


class MisplacedError(RefusedError):
    """The bot's own credentials are none with which it can run the organization; the text says whose they are, and the way out."""

    def __init__(self, message: str) -> None:
        super().__init__("GetCallerIdentity", message, code="Misplaced")


class BusyError(AwsError):
    """AWS answered "not now" (throttled, another change under way): nothing was changed, so it may be sent again."""


class AmbiguousError(AwsError):
    """Nobody knows whether AWS carried the call out: time-out, dropped connection, 5xx or an unreadable answer."""


class FencedError(Exception):
    """The call was stopped before it left: the work is no longer ours, or the attempt was signed too long ago."""

    def __init__(self) -> None:
        super().__init__("the work is another worker's by now, or may be so any moment, so nothing is sent")


@dataclass(frozen=True)
class Near:
    """Something that may have been meant: `value` names it without doubt, `label` is what people call it."""

    value: str
    label: str


class FieldError(ValueError):
    """A value of a request that cannot be used: `field` is the field's Python name, the text says the way out. `near` is what may
    have been meant by `wanted`, the value as it was given; `opens` are the requests that would help.
    """

    def __init__(
        self, field: str, message: str, near: Sequence[Near] = (), wanted: str = "", *, opens: Sequence[Prefilled] = ()
    ) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.near = tuple(near)
        self.wanted = wanted
        self.opens = tuple(opens)


class GoneError(FieldError):
    """What a request names is in no answer of AWS any more, or not yet where it was made a moment ago."""


class UnknownError(FieldError):
    """A name or an id that the snapshot does not know, though AWS may: `wanted` as it was given, for an account, an OU (`unit`),
    a policy, or one of the places where policies are attached (`target`).
    """

    def __init__(
        self,
        field: str,
        message: str,
        what: Literal["account", "unit", "policy", "target"],
        wanted: str,
        near: Sequence[Near] = (),
    ) -> None:
        super().__init__(field, message, near, wanted)
        self.what = what

    def untold(self, why: str) -> UnknownError:
        """The same, where AWS was asked about it and did not tell, so that it may be there; `why` as `AwsError.unread` says it."""
        others = {"account": "accounts", "unit": "OUs", "policy": "policies", "target": "OUs and accounts"}[self.what]
        said = f"“{self.wanted}” is not among the {others} that are known, and AWS could not be asked about it: {why}."
        return UnknownError(self.field, said, self.what, self.wanted, self.near)
