"""What the tests of the stand-in for AWS have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

WEB, PRODUCTION_WEB, DATA, AUDIT = "222222222222", "333333333333", "444444444444", "555555555555"
MANAGEMENT, OUTSIDER = "111111111111", "666666666666"


@contextmanager
def refused(code: str, reason: str = "") -> Iterator[None]:
    """The call inside ends with this error code, and this Reason at the top level of the response."""
    with pytest.raises(ClientError) as caught:
        yield
    response: dict[str, Any] = dict(caught.value.response)
    assert (response["Error"]["Code"], response.get("Reason", "")) == (code, reason)


def everything(client: Any, method: str, key: str, **params: Any) -> list[Any]:
    """Every item on all pages."""
    return [item for page in client.get_paginator(method).paginate(**params) for item in page[key]]


def unit(client: Any, path: str) -> str:
    """The id of the root or OU at a path."""
    found = str(client.list_roots()["Roots"][0]["Id"])
    for name in filter(None, path.split("/")):
        below = everything(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=found)
        found = next(str(u["Id"]) for u in below if u["Name"] == name)
    return found


def create(client: Any, name: str = "new", **more: Any) -> dict[str, Any]:
    """The status of a creation that has just begun."""
    email = more.pop("Email", f"{name}@example.com")
    status: dict[str, Any] = client.create_account(AccountName=name, Email=email, **more)["CreateAccountStatus"]
    return status


def status_of(client: Any, creation: dict[str, Any]) -> dict[str, Any]:
    """How a creation stands now."""
    answer = client.describe_create_account_status(CreateAccountRequestId=creation["Id"])
    status: dict[str, Any] = answer["CreateAccountStatus"]
    return status


def names(client: Any) -> set[str]:
    """The names of all accounts."""
    return {account["Name"] for account in client.list_accounts()["Accounts"]}
