"""The document that a policy is made of: the field it is given by, what is wrong with it, and what a card says of it.

Source: AWS Organizations User Guide, "Quotas and service limits"; IAM Access Analyzer API Reference, "ValidatePolicy".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Literal

from pydantic import BeforeValidator, StringConstraints

from operations.aws.errors import FieldError
from operations.core.fields import Choice, FieldKind, Flag, file_in
from operations.core.preview import Fact, Notice, PreviewInput, caution
from operations.policies.analysis import check_with_analyzer
from operations.policies.documents import check_syntax, read_document
from operations.policies.lockout import lockout_warnings
from operations.policies.syntax import How, place, problems
from operations.snapshot.names import listed
from operations.snapshot.policy_types import limits

MOST_MENTIONED = 5
LONGEST = 60_000  # Long before it is minified and measured by AWS's limits.
Content = Annotated[
    str,
    StringConstraints(max_length=LONGEST),
    Flag(
        ("--content",),
        "Document",
        FieldKind.DOCUMENT,
        hint="JSON, as text or as a file. Over 3,000 characters: as a file.",
        placeholder='{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "…", "Resource": "*"}]}',
    ),
]
NewerSyntax = Annotated[
    Literal["NO", "YES"],
    BeforeValidator(lambda value: str(value).upper()),
    Flag(
        ("--newer-syntax",),
        "Newer syntax",
        FieldKind.CHOICE,
        hint="Yes where AWS has published a key or a value since this version of the bot.",
        choices=(
            Choice("NO", "No: what the bot doesn't know is refused", ("no", "false")),
            Choice("YES", "Yes: AWS decides about what the bot doesn't know", ("yes", "true")),
        ),
    ),
]


@dataclass(frozen=True)
class Verdict:
    """What the checks of a document say: a sentence for the card, and notices."""

    said: str
    warnings: tuple[Notice, ...]


def read_content(content: str, kind: str, newer: str = "NO") -> str:
    """The document minified; one that is still in a file stays as it is. Raises FieldError with line and column."""
    if file_in(content):
        return content
    small = read_document(content, kind, "content")
    check_syntax(content, small, kind, "content", newer=newer == "YES")
    return small


def verdict(inputs: PreviewInput, content: str, kind: str) -> Verdict:
    """Access Analyzer's findings and the ways to be locked out; raises FieldError when AWS would refuse the document."""
    checked = check_with_analyzer(inputs, content, kind)
    if checked.errors:
        raise FieldError("content", f"Access Analyzer finds errors: {listed(list(checked.errors), 5)}. Correct them.")
    return Verdict(
        checked.said, (*lockout_warnings(content, kind), *map(caution, (*_left_to_aws(content, kind), *checked.notes)))
    )


def _left_to_aws(content: str, kind: str) -> list[str]:
    """A sentence for what whoever decides should know of the document, though nobody knows that AWS would refuse it."""
    left = (problem for problem in problems(json.loads(content), kind) if problem.how is not How.WRONG)
    said = [f"“{place(one.path)[:200]}” {one.says}. AWS decides." for one in islice(left, MOST_MENTIONED + 1)]
    more = "More of the document is not in the syntax that the bot knows. AWS decides."
    return [*said[:MOST_MENTIONED], *([more] if len(said) > MOST_MENTIONED else [])]


def size_fact(content: str, kind: str) -> Fact:
    """How much of AWS's limit the document takes, without white space."""
    most = limits(kind).characters
    size = (
        f"{len(content):,} of {most:,} characters"
        if most
        else f"{len(content):,} characters; AWS decides how many may be"
    )
    return Fact(label="Size", value=size)
