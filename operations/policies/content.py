"""The document that a policy is made of: the field it is given by, what is wrong with it, and what a card says of it.

Source: AWS Organizations User Guide, "Quotas and service limits"; IAM Access Analyzer API Reference, "ValidatePolicy".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints

from operations.aws.errors import FieldError
from operations.core.fields import FieldKind, Flag, file_in
from operations.core.preview import Fact, Notice, PreviewInput, caution
from operations.policies.analysis import check_with_analyzer
from operations.policies.documents import check_syntax, read_document
from operations.policies.lockout import lockout_warnings
from operations.policies.syntax import place, problems
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


@dataclass(frozen=True)
class Verdict:
    """What the checks of a document say: a sentence for the card, and notices."""

    said: str
    warnings: tuple[Notice, ...]


def read_content(content: str, kind: str) -> str:
    """The document minified; one that is still in a file stays as it is. Raises FieldError with line and column."""
    if file_in(content):
        return content
    small = read_document(content, kind, "content")
    check_syntax(content, small, kind, "content")
    return small


def verdict(inputs: PreviewInput, content: str, kind: str) -> Verdict:
    """Access Analyzer's findings and the ways to be locked out; raises FieldError when AWS would refuse the document."""
    checked = check_with_analyzer(inputs, content, kind)
    if checked.errors:
        raise FieldError("content", f"Access Analyzer finds errors: {listed(list(checked.errors), 5)}. Correct them.")
    return Verdict(
        checked.said, (*lockout_warnings(content, kind), *map(caution, (*_new_keys(content, kind), *checked.notes)))
    )


def _new_keys(content: str, kind: str) -> list[str]:
    """A sentence for each key that the bot does not know, where AWS adds keys now and then."""
    mentioned = [problem for problem in problems(json.loads(content), kind) if not problem.surely]
    return [f"“{place(problem.path)[:200]}” {problem.says}. AWS decides." for problem in mentioned[:MOST_MENTIONED]]


def size_fact(content: str, kind: str) -> Fact:
    """How much of AWS's limit the document takes, without white space."""
    most = limits(kind).characters
    size = (
        f"{len(content):,} of {most:,} characters"
        if most
        else f"{len(content):,} characters; AWS decides how many may be"
    )
    return Fact(label="Size", value=size)
