"""Creating an organizational unit.

Source: AWS Organizations API Reference, "CreateOrganizationalUnit"; User Guide, "Creating an OU" and "Quotas".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field

from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code
from operations.core.fields import FieldKind, Flag
from operations.core.observations import Done, Facts, Observation, Ready
from operations.core.preview import Fact, Notice, Preview, PreviewInput, fact
from operations.core.steps import Step, World
from operations.core.values import UnitName
from operations.snapshot.changes import Change, UnitIs, with_unit
from operations.snapshot.organization import Organization
from operations.snapshot.reader import DEEPEST
from operations.tree.delete_ou import DeleteOu
from operations.tree.units import SEE_UNITS, child_path, live_name, name_warnings, unit_code, units_below


class CreateOu(Operation):
    """Creates an organizational unit, empty at first, beneath another one or the root.

    The policies of everything above it apply to it at once. An organizational unit can be renamed, and deleted while it is
    empty, but never moved to another place in the tree.
    """

    name: ClassVar = "create-ou"
    wanted: ClassVar = "New organizational unit (OU)"
    irreversible: ClassVar = False
    aliases: ClassVar = ("create-organizational-unit",)
    family: ClassVar = "Organizational units"
    example: ClassVar = "--name Sandbox --parent /Workloads"
    permissions: ClassVar = (
        Permission("create organizational units", ("organizations:CreateOrganizationalUnit",)),
        SEE_UNITS,
    )

    unit_name: Annotated[
        UnitName,
        Field(max_length=128),
        Flag(("--name",), "Name", hint="1 to 128 characters", placeholder="Sandbox"),
    ]
    parent: Annotated[
        str,
        Field(max_length=500),
        Flag(("--parent", "--parent-id"), "Parent", FieldKind.OU, hint="Path or id. Empty means the root."),
    ] = "/"

    def checked(self, organization: Organization) -> Self:
        if depth_of(organization, self.parent) >= DEEPEST:
            path = organization.path_of(self.parent)
            raise FieldError(
                "parent", f"{path} is {DEEPEST} levels deep, and AWS takes no more. Choose a place higher up."
            )
        return self

    def subject(self) -> str:
        return f"unit:{self.parent}/{self.unit_name.casefold()}"

    def afterwards(self, organization: Organization) -> Organization:
        return with_unit(organization, self.parent, self.unit_name)

    def title(self, organization: Organization) -> str:
        return f"Create OU {child_path(organization, self.parent, self.unit_name)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        organization = inputs.organization
        live_name(inputs, self.parent, "parent")
        above, siblings = organization.path_of(self.parent), units_below(inputs.aws, self.parent)
        warnings = name_warnings(inputs, self.parent, self.unit_name, siblings)
        return Preview(
            title=self.title(organization),
            facts=(Fact(label="Name", value=self.unit_name), Fact(label="Beneath", value=above)),
            plan=(f"Create the organizational unit beneath {above} (CreateOrganizationalUnit).",),
            warnings=(*warnings, *self._deep(organization)),
            precondition={"above": above},
        )

    def _deep(self, organization: Organization) -> list[Notice]:
        last = depth_of(organization, self.parent) + 1 == DEEPEST
        return [fact(f"It is on level {DEEPEST}, the last: nothing can be created beneath it.")] if last else []

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        del precondition
        return (MakeUnit(self.parent, self.unit_name),)

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, organization
        return unit_code(str(memory["unit"]), self.unit_name, self.parent)

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del precondition
        return (DeleteOu(ou=str(memory["unit"])),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del console
        unit, path = str(memory["unit"]), child_path(organization, self.parent, self.unit_name)
        return Closing(
            summary=f"OU {path} created.",
            facts=(Fact(label="Id", value=unit), Fact(label="Path", value=path)),
        )


class MakeUnit(Step):
    """Creates one OU; its name, which no two neighbours share, tells whether it is there already. It is remembered as `unit`."""

    key = "make-unit"
    title = "Create the organizational unit"
    not_done = "The organizational unit was not created."

    def __init__(self, parent: str, name: str) -> None:
        self._parent = parent
        self._name = name

    def observe(self, world: World) -> Observation:
        found = next((unit for unit in units_below(world.aws, self._parent) if unit["Name"] == self._name), None)
        return Done("The organizational unit is there.", {"unit": found["Id"]}) if found else Ready()

    def act(self, world: World) -> Facts:
        answer = world.aws.write("organizations", "create_organizational_unit", ParentId=self._parent, Name=self._name)
        return {"unit": str(answer["OrganizationalUnit"]["Id"])}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        return (UnitIs(id=str(memory["unit"]), name=self._name, parent=self._parent),)


def depth_of(organization: Organization, unit: str) -> int:
    """The level of an OU, 0 for the root; names may hold a /, so its path does not tell."""
    depth, found = 0, organization.units_by_id.get(unit)
    while found and found.parent:
        depth, found = depth + 1, organization.units_by_id.get(found.parent)
    return depth
