"""Accounts, organizational units and policies: moto's, with the fields that AWS has and moto lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from moto.organizations import utils
from moto.organizations.models import (
    FakeAccount,
    FakeOrganization,
    FakeOrganizationalUnit,
    FakePolicy,
    FakeRoot,
)

Target = FakeAccount | FakeOrganizationalUnit
DEFAULT_ROLE = "OrganizationAccountAccessRole"


class Account(FakeAccount):
    """A management or member account; `roles` are the access roles that AWS made in it."""

    def __init__(  # noqa: PLR0913 - these are an account's fields.
        self,
        organization: FakeOrganization,
        *,
        name: str,
        email: str,
        joined: datetime,
        account_id: str = "",
        joined_method: str = "CREATED",
        tags: Iterable[Mapping[str, str]] = (),
        roles: Iterable[str] = (),
    ) -> None:
        self.type = "ACCOUNT"
        self.region = organization.region
        self.organization_id = organization.id
        self.master_account_id = organization.master_account_id
        self.id = account_id or utils.make_random_account_id()
        self.name = name
        self.email = email
        self.create_time = joined
        self.state = "ACTIVE"
        self.joined_method = joined_method
        self.parent_id = organization.root_id
        self.attached_policies: list[FakePolicy] = []
        self.tags = tag_map(tags)
        self.roles = list(roles)

    def describe(self) -> dict[str, Any]:
        """The Account structure, without `Paths` and without `Status`, which AWS retired in September 2026."""
        return {
            "Id": self.id,
            "Arn": self.arn,
            "Email": self.email,
            "Name": self.name,
            "State": self.state,
            "JoinedMethod": self.joined_method,
            "JoinedTimestamp": self.create_time.timestamp(),
        }


class Policy(FakePolicy):
    """A policy of any type that botocore's model knows; moto makes five of them."""

    def __init__(self, organization: FakeOrganization, **kwargs: Any) -> None:
        self.content = kwargs["Content"]
        self.description = kwargs.get("Description", "")
        self.name = kwargs["Name"]
        self.type = kwargs["Type"]
        self.id = kwargs.get("Id") or utils.make_random_policy_id()
        self.aws_managed = bool(kwargs.get("AwsManaged"))
        self.region = organization.region
        self.organization_id = organization.id
        self.master_account_id = organization.master_account_id
        self.attachments: list[Any] = []
        self.tags = tag_map(kwargs.get("Tags", ()))

    @property
    def arn(self) -> str:
        """AWS's own policies belong to the account `aws` and to no organization."""
        owner = "aws:policy" if self.aws_managed else f"{self.master_account_id}:policy/{self.organization_id}"
        return f"arn:aws:organizations::{owner}/{self.type.lower()}/{self.id}"

    def summary(self) -> dict[str, Any]:
        """The PolicySummary structure."""
        summary: dict[str, Any] = self.describe()["Policy"]["PolicySummary"]
        return summary


def tag_map(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """`[{"Key": k, "Value": v}]` as `{k: v}`."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """`{k: v}` as `[{"Key": k, "Value": v}]`."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def is_root(target: object) -> bool:
    """Whether a target is the organization's root."""
    return isinstance(target, FakeRoot)
