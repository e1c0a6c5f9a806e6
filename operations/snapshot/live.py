"""What the snapshot does not hold, read from AWS when somebody looks at it: tags, documents, effective policies, delegations.

The clients behind it give up soon: a person waits, and the snapshot alone is an answer too.
Source: AWS Organizations API Reference, "ListTagsForResource", "DescribePolicy", "DescribeEffectivePolicy",
"ListDelegatedAdministrators", "ListDelegatedServicesForAccount".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

from operations.aws.client import Aws
from operations.aws.errors import RefusedError
from operations.aws.looks import Looks
from operations.aws.permissions import Permission

ORG = "organizations"
GONE = "TargetNotFoundException"
SEE_TAGS = Permission("see an account's tags", ("organizations:ListTagsForResource",))

MOST_DELEGATED = 10
T = TypeVar("T")
NO_EFFECTIVE = "EffectivePolicyNotFoundException"
LIVE_PERMISSIONS = (
    SEE_TAGS,
    Permission("show effective policies", ("organizations:DescribeEffectivePolicy",)),
    Permission(
        "show delegated administrators",
        ("organizations:ListDelegatedAdministrators", "organizations:ListDelegatedServicesForAccount"),
    ),
)


@dataclass(frozen=True)
class Delegated:
    """A delegated administrator, and the service principals for which it is one."""

    account: str
    name: str
    services: tuple[str, ...]


class Live(Protocol):
    """Each raises AwsError where AWS does not tell."""

    def tags(self, account: str) -> dict[str, str]: ...

    def document(self, policy: str) -> str: ...

    def effective(self, account: str, kind: str) -> str: ...

    def delegated(self) -> tuple[Delegated, ...]: ...


class LiveAws:
    """AWS as it is at this moment, as far as it tells within the time that somebody who looks is made to wait."""

    def __init__(self, aws: Aws, looks: Callable[[Aws], Looks] = Looks) -> None:
        self._aws = aws
        self._looks = looks

    def tags(self, account: str) -> dict[str, str]:
        """The tags of an account; none for one that has left the organization meanwhile."""
        return self._within("ListTagsForResource", lambda aws: tags_of(aws, account) or {})

    def document(self, policy: str) -> str:
        """The document of a policy, indented."""
        answer = self._within("DescribePolicy", lambda aws: aws.read(ORG, "describe_policy", PolicyId=policy))
        return indented(str(answer["Policy"]["Content"]))

    def effective(self, account: str, kind: str) -> str:
        """What all policies of a type come to on an account, indented; empty when they come to nothing."""
        wanted = {"TargetId": account, "PolicyType": kind}
        try:
            answer = self._within(
                "DescribeEffectivePolicy", lambda aws: aws.read(ORG, "describe_effective_policy", **wanted)
            )
        except RefusedError as error:
            if error.code != NO_EFFECTIVE:
                raise
            return ""
        return indented(str(answer["EffectivePolicy"]["PolicyContent"]))

    def delegated(self) -> tuple[Delegated, ...]:
        """The first delegated administrators, each with its services."""
        return self._within("ListDelegatedAdministrators", _delegations)

    def _within(self, operation: str, ask: Callable[[Aws], T]) -> T:
        return self._looks(self._aws).read(operation, ask)


def _delegations(aws: Aws) -> tuple[Delegated, ...]:
    found = aws.pages(ORG, "list_delegated_administrators", "DelegatedAdministrators")
    return tuple(_delegated(aws, str(item["Id"]), str(item.get("Name", ""))) for item in islice(found, MOST_DELEGATED))


def _delegated(aws: Aws, account: str, name: str) -> Delegated:
    services = aws.pages(ORG, "list_delegated_services_for_account", "DelegatedServices", AccountId=account)
    return Delegated(account, name, tuple(sorted(str(service["ServicePrincipal"]) for service in services)))


def indented(document: str) -> str:
    """A JSON document with a line for each member; as it is when it is none."""
    try:
        return json.dumps(json.loads(document), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return document


def tags_of(aws: Aws, account: str) -> dict[str, str] | None:
    """The tags that an account has now, None when it is no longer in the organization; raises AwsError."""
    try:
        tags = list(aws.pages("organizations", "list_tags_for_resource", "Tags", ResourceId=account))
    except RefusedError as error:
        if error.code != GONE:
            raise
        return None
    return {str(tag["Key"]): str(tag["Value"]) for tag in tags}
