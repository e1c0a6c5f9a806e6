"""Renaming an organizational unit.

Source: AWS Organizations API Reference, "UpdateOrganizationalUnit"; User Guide, "Renaming an OU".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from operations.accounts.move_account import parent_of
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code
from operations.core.fields import FieldKind, Flag, Reach, beneath
from operations.core.observations import Done, Facts, Observation, Ready, Stale
from operations.core.preview import Fact, Notice, Preview, PreviewInput
from operations.core.steps import Step, World
from operations.core.values import UnitName
from operations.snapshot.changes import Change, UnitIs, with_name
from operations.snapshot.organization import Organization
from operations.tree.units import (
    KEPT_ROOT,
    SEE_UNITS,
    child_path,
    live_name,
    name_warnings,
    renamed_meanwhile,
    unit_code,
    unit_name,
    units_below,
)


class RenameOu(Operation):
    """Gives an organizational unit another name.

    Its id, its accounts and its policies stay as they are. Change scripts that use its path, or a path beneath it, by hand. The
    bot's rules for the old path stay with it, and those for the new path apply as well, until their file is updated.
    """

    name: ClassVar = "rename-ou"
    wanted: ClassVar = "Rename an OU"
    irreversible: ClassVar = False
    aliases: ClassVar = ("update-organizational-unit",)
    family: ClassVar = "Organizational units"
    example: ClassVar = "--ou /Workloads/Staging --name Testing"
    permissions: ClassVar = (
        Permission("rename organizational units", ("organizations:UpdateOrganizationalUnit",)),
        SEE_UNITS,
        Permission("see what an organizational unit is in", ("organizations:ListParents",)),
    )

    ou: Annotated[
        str,
        StringConstraints(min_length=1, max_length=500),
        Flag(("--ou", "--organizational-unit-id"), "Organizational unit", FieldKind.OU, hint="Path or id"),
        KEPT_ROOT,
    ]
    unit_name: Annotated[
        UnitName,
        Field(max_length=128),
        Flag(("--name",), "New name", hint="1 to 128 characters", placeholder="Testing"),
    ]

    def subject(self) -> str:
        return f"unit:{self.ou}"

    def reach(self, organization: Organization) -> Reach:
        """Whatever is beneath it gets another path."""
        return beneath(organization, self.ou)

    def afterwards(self, organization: Organization) -> Organization:
        return with_name(organization, self.ou, self.unit_name)

    def title(self, organization: Organization) -> str:
        return f"Rename OU {organization.path_of(self.ou)} to {self.unit_name}"

    def preview(self, inputs: PreviewInput) -> Preview:
        current = live_name(inputs, self.ou, "ou")
        if current == self.unit_name:
            raise FieldError("unit_name", f"the organizational unit is called {current} already. Choose another name.")
        path, renamed = inputs.organization.path_of(self.ou), self._renamed(inputs.organization)
        return Preview(
            title=self.title(inputs.organization),
            facts=(
                Fact(label="Name", value=f"{current} → {self.unit_name}"),
                Fact(label="Path", value=f"{path} → {renamed}"),
            ),
            plan=(f"Rename {current} to {self.unit_name} (UpdateOrganizationalUnit).",),
            warnings=tuple(self._clashes(inputs)),
            precondition={"name": current, "path": path},
        )

    def _renamed(self, organization: Organization) -> str:
        unit = organization.units_by_id.get(self.ou)
        return child_path(organization, unit.parent, self.unit_name) if unit else self.unit_name

    def _clashes(self, inputs: PreviewInput) -> list[Notice]:
        parent = parent_of(inputs.aws, self.ou)
        siblings = [unit for unit in units_below(inputs.aws, parent) if unit["Id"] != self.ou]
        return name_warnings(inputs, parent, self.unit_name, siblings, but=self.ou)

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (RenameTo(self.ou, str(precondition["name"]), self.unit_name),)

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del memory
        unit = organization.units_by_id.get(self.ou)
        if unit is None:
            return Code(note=f"The organizational unit {self.ou} no longer exists, so only the call is given.")
        return unit_code(self.ou, self.unit_name, unit.parent, before=str(precondition["name"]))

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del memory
        return (RenameOu(ou=self.ou, unit_name=str(precondition["name"])),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        path = self._renamed(organization)
        return Closing(
            summary=f"OU renamed to {path}.",
            facts=(Fact(label="Id", value=self.ou), Fact(label="Path", value=path)),
        )


class RenameTo(Step):
    """Renames one OU from the approved name to the wanted one; with any third name it is left alone."""

    key = "rename-unit"
    title = "Rename the organizational unit"
    not_done = "The organizational unit was not renamed."

    def __init__(self, unit: str, old: str, new: str) -> None:
        self._unit = unit
        self._old = old
        self._new = new

    def observe(self, world: World) -> Observation:
        name = unit_name(world.aws, self._unit)
        if name == self._new:
            return Done("The organizational unit has its new name.")
        if name == self._old:
            return Ready()
        return Stale("the organizational unit no longer exists.") if name is None else renamed_meanwhile(name)

    def act(self, world: World) -> Facts:
        rename = {"OrganizationalUnitId": self._unit, "Name": self._new}
        world.aws.write("organizations", "update_organizational_unit", **rename)
        return {}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        del memory
        return (UnitIs(id=self._unit, name=self._new),)
