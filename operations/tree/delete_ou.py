"""Deleting an empty organizational unit.

Source: AWS Organizations API Reference, "DeleteOrganizationalUnit"; User Guide, "Deleting an OU".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from operations.aws.client import Answer, Aws
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.aws.prefilled import Prefilled
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code, gone
from operations.core.fields import FieldKind, Flag
from operations.core.observations import Done, Facts, Observation, Ready
from operations.core.preview import Fact, Notice, Preview, PreviewInput, caution
from operations.core.steps import Step, World
from operations.snapshot.changes import Change, Gone
from operations.snapshot.names import counted, joined, listed
from operations.snapshot.organization import Organization
from operations.tree.units import KEPT_ROOT, SEE_UNITS, live_name, renamed_meanwhile, unit_name, units_below

MOST_EACH = 3
MOVE = Prefilled(operation="move-account", label="Move", values={"account": ""})
DELETE = Prefilled(operation="delete-ou", label="Delete", values={"ou": ""})


class DeleteOu(Operation):
    """Deletes an empty organizational unit.

    The accounts and organizational units in it have to be moved or deleted first. Policies attached to it are detached and
    stay in the organization. Rules, StackSets and policy conditions that name it point at nothing then: a new one of the same
    name has another id.
    """

    name: ClassVar = "delete-ou"
    wanted: ClassVar = "Delete an OU"
    irreversible: ClassVar = False
    aliases: ClassVar = ("delete-organizational-unit",)
    family: ClassVar = "Organizational units"
    example: ClassVar = "--ou /Workloads/Sandbox"
    permissions: ClassVar = (
        Permission("delete organizational units", ("organizations:DeleteOrganizationalUnit",)),
        SEE_UNITS,
        Permission(
            "see what is in an organizational unit and attached to it",
            ("organizations:ListAccountsForParent", "organizations:ListPoliciesForTarget", "organizations:ListRoots"),
        ),
    )

    ou: Annotated[
        str,
        StringConstraints(min_length=1, max_length=500),
        Flag(
            ("--ou", "--organizational-unit-id"),
            "Organizational unit",
            FieldKind.OU,
            hint="Path or id. It must be empty.",
        ),
        KEPT_ROOT,
    ]

    def subject(self) -> str:
        return f"unit:{self.ou}"

    def title(self, organization: Organization) -> str:
        return f"Delete OU {organization.path_of(self.ou)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        current, path = live_name(inputs, self.ou, "ou"), inputs.organization.path_of(self.ou)
        check_empty(inputs.aws, self.ou, path)
        policies = list(attached_policies(inputs.aws, self.ou))
        return Preview(
            title=self.title(inputs.organization),
            facts=(Fact(label="Organizational unit", value=path), Fact(label="Id", value=self.ou)),
            plan=(f"Delete {path}, which is empty (DeleteOrganizationalUnit).",),
            warnings=_warnings(policies),
            precondition={"name": current, "path": path, "policies": sorted(policy["Id"] for policy in policies)},
        )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (DeleteUnit(self.ou, str(precondition["name"]), str(precondition["path"])),)

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory, organization
        return gone("aws_organizations_organizational_unit", self.ou)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del organization, console
        summary = f"OU {memory.get('path', self.ou)} deleted."
        return Closing(summary=summary, facts=(Fact(label="Id", value=self.ou),))


def check_empty(aws: Aws, unit: str, path: str) -> None:
    """Asks AWS what is in an OU; raises FieldError that names it, with the requests that empty it, else AwsError."""
    key = "Accounts"
    accounts = list(aws.pages("organizations", "list_accounts_for_parent", key, ParentId=unit))
    units = list(units_below(aws, unit))
    if not accounts and not units:
        return
    named = [f"{account.get('Name', '')} ({account['Id']})" for account in accounts]
    within = ((named, "account"), ([str(below["Name"]) for below in units], "organizational unit"))
    found = joined(f"{counted(len(items), what)} ({listed(items, 5)})" for items, what in within if items)
    raise FieldError(
        "ou",
        f"{path} is not empty: {found}. Move its accounts elsewhere and delete the organizational units in it, then ask again.",
        opens=(*_each(MOVE, accounts), *_each(DELETE, units)),
    )


def _each(one: Prefilled, items: Sequence[Answer]) -> list[Prefilled]:
    """A button for each account or OU; of many one button for all, whose form asks which."""
    if len(items) > MOST_EACH:
        return [one.model_copy(update={"label": "", "values": {}})]
    (field,) = one.values
    return [
        one.model_copy(
            update={
                "label": f"{one.label} {str(item.get('Name', ''))[:50]}".strip(),
                "values": {field: str(item["Id"])},
            }
        )
        for item in items
    ]


def attached_policies(aws: Aws, target: str) -> Iterator[Answer]:
    """The policies of every enabled type that are attached to a root, OU or account itself; raises AwsError."""
    root = next(aws.pages("organizations", "list_roots", "Roots"))
    for kind in root.get("PolicyTypes", ()):
        if kind["Status"] == "ENABLED":
            yield from aws.pages(
                "organizations", "list_policies_for_target", "Policies", TargetId=target, Filter=kind["Type"]
            )


def _warnings(policies: list[Answer]) -> tuple[Notice, ...]:
    own = sorted(str(policy["Name"]) for policy in policies if not policy.get("AwsManaged"))
    return (
        (caution(f"Policies attached to it are detached; they stay in the organization: {listed(own, 5)}."),)
        if own
        else ()
    )


class DeleteUnit(Step):
    """Deletes one OU, remembered by its `path`; AWS refuses while anything is in it, and an OU that is gone is the goal reached."""

    key = "delete-unit"
    title = "Delete the organizational unit"
    not_done = "The organizational unit was not deleted."

    def __init__(self, unit: str, name: str, path: str) -> None:
        self._unit = unit
        self._name = name
        self._path = path

    def observe(self, world: World) -> Observation:
        name = unit_name(world.aws, self._unit)
        if name is None:
            return Done("The organizational unit is gone.", {"path": self._path})
        return Ready() if name == self._name else renamed_meanwhile(name)

    def act(self, world: World) -> Facts:
        world.aws.write("organizations", "delete_organizational_unit", OrganizationalUnitId=self._unit)
        return {}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        del memory
        return (Gone(id=self._unit),)
