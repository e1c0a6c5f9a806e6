"""One line of `orgbot check`, and how every error becomes one: a sentence that ends with the way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from urllib.error import URLError

from botocore.exceptions import BotoCoreError
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import SQLAlchemyError

from approvals.authority.directory import SlackAwayError
from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError
from bot import slack_words
from bot.checks import aws_words
from bot.database import DatabaseError, reason
from operations.aws.errors import AwsError

MARKS = {True: "ok      ", False: "NOT OK  ", None: "--      "}


class WrongError(Exception):
    """Something is not as it should be; the text says how to mend it."""


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, whether it is right (None: it could not be looked at), and what was found or is to be done."""

    name: str
    ok: bool | None
    detail: str

    @classmethod
    def right(cls, name: str, detail: str) -> Finding:
        """Something that is as it should be."""
        return cls(name, ok=True, detail=detail)

    @classmethod
    def wrong(cls, name: str, detail: str) -> Finding:
        """Something to mend; the detail says how."""
        return cls(name, ok=False, detail=detail)

    @classmethod
    def unknown(cls, name: str, detail: str) -> Finding:
        """Something that could not be looked at; the detail says why, and what to do to have it looked at."""
        return cls(name, ok=None, detail=detail)

    def __str__(self) -> str:
        return f"{MARKS[self.ok]}{self.name}: {' '.join(self.detail.split())}"


def tried(name: str, look: Callable[[], str]) -> Finding:
    """What `look` finds; its error as something to mend."""
    try:
        return Finding.right(name, look())
    except Exception as error:  # noqa: BLE001  Whatever is wrong belongs into the line, not into a traceback.
        return Finding.wrong(name, sentence(error))


@singledispatch
def sentence(error: Exception) -> str:
    """An error as a sentence with the way out."""
    return f"this should not have happened: {str(error) or type(error).__name__}"


@sentence.register
def _(error: SlackRefusedError) -> str:
    return slack_words.meaning(error.code)


@sentence.register
def _(error: SlackApiError) -> str:
    return slack_words.meaning(slack_words.code_of(error))


@sentence.register(SlackBusyError)
@sentence.register(SlackAmbiguousError)
@sentence.register(SlackAwayError)
@sentence.register(URLError)
def _(error: Exception) -> str:
    return f"Slack did not answer ({error}); try again, or correct SLACK_API_URL"


@sentence.register
def _(error: AwsError) -> str:
    return aws_words.meaning(error)


@sentence.register
def _(error: BotoCoreError) -> str:
    return f"{error}; correct the AWS_ variables, or the AWS CLI's files that they name"


@sentence.register
def _(error: SQLAlchemyError) -> str:
    return f"the database does not answer: {reason(error)}; DATABASE_URL says where it is"


@sentence.register(WrongError)
@sentence.register(DatabaseError)
@sentence.register(OSError)
def _(error: Exception) -> str:
    return str(error)
