"""What the snapshot does not hold, read from AWS when somebody looks at it: tags, documents, effective policies, delegations, and
the one thing of a name that the snapshot does not know, because somebody has made it a moment ago.

The clients behind it give up soon: a person waits, and the snapshot alone is an answer too.
Source: AWS Organizations API Reference, "ListTagsForResource", "DescribePolicy", "DescribeEffectivePolicy",
"ListDelegatedAdministrators", "ListDelegatedServicesForAccount", "ListParents", "ListAccountsForParent".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from operations.aws.client import Answer, Aws
from operations.aws.codes import CODES, NOT_TAKEN
from operations.aws.errors import AwsError, RefusedError, UnknownError
from operations.aws.looks import TIME_IS_UP, Looks
from operations.aws.permissions import Permission
from operations.aws.reasons import meaning_of
from operations.snapshot.changes import AccountIs, Attachment, Change, PolicyIs, UnitIs
from operations.snapshot.organization import Organization
from operations.snapshot.policy_types import policy_types
from operations.snapshot.reader import account_in, policy_in

ORG = "organizations"
GONE = "TargetNotFoundException"
SEE_TAGS = Permission("see an account's tags", ("organizations:ListTagsForResource",))

# How AWS says that there is none.
ABSENT = tuple(
    CODES[f"{what}NotFoundException"] for what in ("Account", "Child", "OrganizationalUnit", "Parent", "Policy")
)
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
    Permission(
        "look up what was made a moment ago",
        ("organizations:DescribeAccount", "organizations:DescribeOrganizationalUnit", "organizations:ListParents"),
    ),
)


@dataclass(frozen=True)
class Delegated:
    """A delegated administrator, and the service principals for which it is one; None where that was not asked."""

    account: str
    name: str
    services: tuple[str, ...] | None


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
        """All delegated administrators, the first ones with their services."""
        return self._within("ListDelegatedAdministrators", _delegations)

    def _within(self, operation: str, ask: Callable[[Aws], T]) -> T:
        return self._looks(self._aws).read(operation, ask)


def _delegations(aws: Aws) -> tuple[Delegated, ...]:
    found = aws.pages(ORG, "list_delegated_administrators", "DelegatedAdministrators")
    named = [(str(item["Id"]), str(item.get("Name", ""))) for item in found]
    return tuple(
        Delegated(account, name, _services(aws, account) if number < MOST_DELEGATED else None)
        for number, (account, name) in enumerate(named)
    )


def _services(aws: Aws, account: str) -> tuple[str, ...]:
    found = aws.pages(ORG, "list_delegated_services_for_account", "DelegatedServices", AccountId=account)
    return tuple(sorted(str(service["ServicePrincipal"]) for service in found))


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


ACCOUNT, UNIT, POLICY = (
    re.compile(r"\d{12}"),
    re.compile(r"ou-[a-z0-9]+-[a-z0-9]+"),
    re.compile(r"p-[A-Za-z0-9_]{8,128}"),
)


def look_up(
    aws: Aws, organization: Organization, unknown: UnknownError, enough: Callable[[], bool]
) -> tuple[Change, ...]:
    """What AWS tells about a name or an id that the snapshot does not know, found by few calls, and by none after `enough()`.

    By its name an account is found in the root alone, where AWS puts each that is new, and an OU along its path. Raises
    UnknownError that says so where AWS does not tell.
    """
    try:
        return tuple(_LookUp(aws, organization, enough).changes(unknown.what, unknown.wanted))
    except _TimeUpError:
        raise unknown.untold(TIME_IS_UP) from None
    except LookupError:
        return ()
    except AwsError as error:
        if isinstance(error, RefusedError) and meaning_of(error.code, error.reason) in (NOT_TAKEN, *ABSENT):
            return ()
        raise unknown.untold(error.unread) from error


class _TimeUpError(LookupError):
    """What has not been read by now is not known."""


class _LookUp:
    """One look, by a few calls."""

    def __init__(self, aws: Aws, organization: Organization, enough: Callable[[], bool]) -> None:
        self._aws = aws
        self._organization = organization
        self._enough = enough

    def changes(self, what: str, wanted: str) -> Iterator[Change]:
        if what == "policy":
            yield from self._policy(wanted)
        elif what == "unit" or wanted.startswith("/") or UNIT.fullmatch(wanted):
            yield from self._unit(wanted)
        elif what == "account":
            yield from self._account(wanted)
        else:
            try:
                yield from tuple(self._unit(wanted))
            except LookupError:
                yield from self._account(wanted)

    def _pages(self, method: str, key: str, **params: Any) -> Iterator[Answer]:
        """All of them: what was cut off by the time would pass for all there is."""
        self._check_time()
        for item in self._aws.pages("organizations", method, key, **params):
            yield item
            self._check_time()

    def _check_time(self) -> None:
        if self._enough():
            raise _TimeUpError

    def _unit(self, wanted: str) -> Iterator[Change]:
        if UNIT.fullmatch(wanted):
            yield from self._unit_of(wanted)
            return
        at = self._organization.root
        for name in filter(None, wanted.split("/")):
            below = self._known(at, name)
            if not below:
                found = _first(unit for unit in self._below(at) if str(unit["Name"]).casefold() == name.casefold())
                below = str(found["Id"])
                yield UnitIs(id=below, name=str(found["Name"]), parent=at)
            at = below

    def _known(self, parent: str, name: str) -> str:
        units = self._organization.units
        return next((u.id for u in units if u.parent == parent and u.name.casefold() == name.casefold()), "")

    def _below(self, parent: str) -> Iterator[Answer]:
        return self._pages("list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent)

    def _unit_of(self, unit: str) -> Iterator[Change]:
        """An OU by its id, behind those above it that are unknown as well; OUs are five deep at most."""
        if unit in self._organization.units_by_id:
            return
        found = self._aws.read("organizations", "describe_organizational_unit", OrganizationalUnitId=unit)
        parent = self._parent(unit)
        yield from self._unit_of(parent)
        yield UnitIs(id=unit, name=str(found["OrganizationalUnit"]["Name"]), parent=parent)

    def _parent(self, child: str) -> str:
        return str(_first(self._pages("list_parents", "Parents", ChildId=child))["Id"])

    def _account(self, wanted: str) -> Iterator[Change]:
        if ACCOUNT.fullmatch(wanted):
            found = self._aws.read("organizations", "describe_account", AccountId=wanted)["Account"]
            parent = self._parent(wanted)
        else:
            parent, folded = self._organization.root, wanted.casefold()
            new = self._pages("list_accounts_for_parent", "Accounts", ParentId=parent)
            found = _first(one for one in new if folded in (str(one["Name"]).casefold(), str(one["Email"]).casefold()))
        yield from self._unit_of(parent)
        account = account_in(found, parent)
        told = {"name": account.name, "email": account.email, "state": account.state, "joined": account.joined}
        yield AccountIs(id=account.id, parent=parent, **told)

    def _policy(self, wanted: str) -> Iterator[Change]:
        if POLICY.fullmatch(wanted):
            found = self._aws.read("organizations", "describe_policy", PolicyId=wanted)["Policy"]["PolicySummary"]
        else:
            found = _first(one for one in self._policies() if str(one["Name"]).casefold() == wanted.casefold())
        policy = policy_in(found)
        yield PolicyIs(**vars(policy))
        for target in self._pages("list_targets_for_policy", "Targets", PolicyId=policy.id):
            yield Attachment(policy=policy.id, target=str(target["TargetId"]), on=True)

    def _policies(self) -> Iterator[Answer]:
        """Of the types that are enabled, then of the others."""
        enabled = self._organization.policies.types
        for kind in sorted(policy_types(), key=lambda kind: kind not in enabled):
            yield from self._pages("list_policies", "Policies", Filter=kind)


def _first(found: Iterator[Answer]) -> Answer:
    for one in found:
        return one
    raise LookupError("AWS has none")
