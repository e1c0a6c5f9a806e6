"""What tagging and untagging an account share: its tags as AWS tells them now.

Source: AWS Organizations API Reference, "TagResource", "UntagResource" and "ListTagsForResource".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import StringConstraints

from operations.aws.errors import GoneError
from operations.core.fields import FieldKind, Flag
from operations.core.observations import Stale
from operations.core.preview import Fact, PreviewInput
from operations.snapshot.live import tags_of
from operations.snapshot.organization import Organization

TaggedAccount = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Flag(("--account", "--resource-id", "--account-id"), "Account", FieldKind.ACCOUNT, hint="Id, name or e-mail"),
]
TAGS = Flag(("--tag", "--tags"), "Tags", FieldKind.TAGS, hint="One key=value per line", placeholder="owner=web")
MOST_TAGS = 50


def live_tags(inputs: PreviewInput, account: str) -> dict[str, str]:
    """The tags that an account has now; raises FieldError when it is no longer in the organization, else AwsError."""
    tags = tags_of(inputs.aws, account)
    if tags is None:
        label = inputs.organization.account_label(account)
        raise GoneError(
            "account", f"{label} is no longer in the organization. Choose another one with `/org accounts`."
        )
    return tags


def changed_by_others(keys: Iterable[str]) -> Stale:
    """What was approved would take away what somebody else has written."""
    return Stale(f"somebody else has changed these tags of the account meanwhile: {', '.join(keys)}.")


def place_facts(organization: Organization, account: str) -> tuple[Fact, Fact]:
    """Which account it is, and where, for the card."""
    return (
        Fact(label="Account", value=organization.account_label(account)),
        Fact(label="Organizational unit", value=organization.account_path(account)),
    )
