"""What the tests on organizational units look up and do in AWS, as somebody would in the console."""

from __future__ import annotations

from typing import Any

from operations.core.steps import Shared, World
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws


def unit_at(aws: AwsSandbox, path: str) -> str:
    """The id of the OU at a path, or of the root; raises KeyError when there is none."""
    organizations = aws.client("organizations")
    unit = str(organizations.list_roots()["Roots"][0]["Id"])
    for name in path.strip("/").split("/") if path != "/" else ():
        unit = {below["Name"]: str(below["Id"]) for below in units_in(aws, unit)}[name]
    return unit


def names_in(aws: AwsSandbox, path: str) -> list[str]:
    """The names of the OUs directly beneath a path, sorted."""
    return sorted(str(unit["Name"]) for unit in units_in(aws, unit_at(aws, path)))


def units_in(aws: AwsSandbox, parent: str) -> list[dict[str, Any]]:
    """The OUs directly beneath an OU or the root."""
    pages = aws.client("organizations").get_paginator("list_organizational_units_for_parent")
    return [unit for page in pages.paginate(ParentId=parent) for unit in page["OrganizationalUnits"]]


def make(aws: AwsSandbox, path: str) -> str:
    """Creates the OU at a path, whose parent must be there; gives its id."""
    above, _, name = path.rpartition("/")
    created = aws.client("organizations").create_organizational_unit(ParentId=unit_at(aws, above or "/"), Name=name)
    return str(created["OrganizationalUnit"]["Id"])


def world(**memory: Any) -> World:
    """What a step works with when it has not been sent before."""
    return World(bot_aws(), Shared(), "marker", memory)
