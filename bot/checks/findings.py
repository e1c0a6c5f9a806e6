"""One line of `orgbot check`, and how every error becomes one: a sentence that ends with the way out.

Source: AWS STS API Reference, "Common Errors"; AWS Organizations API Reference, "DescribeOrganization" (Errors).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from urllib.error import URLError

from botocore.exceptions import BotoCoreError
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import SQLAlchemyError

from approvals.slack.client import SlackAmbiguousError, SlackAwayError, SlackBusyError, SlackRefusedError, code_of
from approvals.slack.codes import NO_ANSWER, meaning
from bot.config.settings import Settings, SettingsError, load_settings
from bot.database import DatabaseError, reason
from operations.aws import codes, own_credentials
from operations.aws.errors import AwsError, MisplacedError
from operations.aws.reasons import meaning_of
from operations.aws.sorting import mend

ATTACH = "attach the policy that `orgbot iam-policy` prints to the bot's role"
RENEW = "AWS does not take these credentials; renew them, or correct the AWS_ variables"
NO_CREDENTIALS = "there are no AWS credentials; set AWS_PROFILE, or give the machine a role"
UNREACHABLE = "AWS cannot be reached; correct the network, AWS_REGION or AWS_ENDPOINT_URL"
NO_ORGANIZATION = "this account is in no organization; take the management account's credentials, or create one with `/org create-organization`"
# What whoever runs this check does about what AWS's codes mean; they are sorted once, with words for requesters.
AWS_MEANINGS = {
    codes.CODES["AWSOrganizationsNotInUseException"]: NO_ORGANIZATION,
    codes.DENIED: ATTACH,
    codes.UNREACHABLE: UNREACHABLE,
    mend(*own_credentials.EXPIRED): RENEW,
    mend(*own_credentials.WRONG): RENEW,
    mend(*own_credentials.MISSING): NO_CREDENTIALS,
}

WRONG = 1
WHERE = "settings stand in the environment or in .env; `orgbot init` asks for them and writes it"

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
    return meaning(error.code)


@sentence.register
def _(error: SlackApiError) -> str:
    return meaning(code_of(error) or NO_ANSWER)


@sentence.register(SlackBusyError)
@sentence.register(SlackAmbiguousError)
@sentence.register(SlackAwayError)
@sentence.register(URLError)
def _(error: Exception) -> str:
    return f"Slack did not answer ({error}); try again, or correct SLACK_API_URL"


@sentence.register
def _(error: AwsError) -> str:
    return aws_meaning(error)


@sentence.register
def _(error: MisplacedError) -> str:
    return error.message


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


def settings_or_complaints(environ: Mapping[str, str]) -> Settings | None:
    """The settings; or None, after one line on standard error for each that is wrong."""
    try:
        return load_settings(environ)
    except SettingsError as error:
        for line in error.lines:
            sys.stderr.write(f"orgbot: {line}\n")
        sys.stderr.write(f"orgbot: {WHERE}\n")
        return None


def aws_meaning(error: AwsError) -> str:
    """One sentence, with the call and AWS's code in brackets; AWS's own words where this knows none."""
    said = AWS_MEANINGS.get(meaning_of(error.code), error.message)
    return f"{said} ({error.operation}: {error.code or 'no answer'})"
