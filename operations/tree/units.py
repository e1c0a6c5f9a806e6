"""What the operations on organizational units share: the OU itself, what is in it, and its siblings, as AWS tells them now.

Source: AWS Organizations API Reference, "DescribeOrganizationalUnit", "ListOrganizationalUnitsForParent".
"""

from __future__ import annotations

from operations.aws.client import Answer, Aws
from operations.aws.errors import FieldError, GoneError, RefusedError
from operations.aws.permissions import Permission
from operations.core.code import Code, Resource, Template, was
from operations.core.fields import Except
from operations.core.observations import Stale
from operations.core.preview import Notice, PreviewInput, caution, fact
from operations.snapshot.names import listed
from operations.snapshot.organization import Organization

KEPT_ROOT = Except("which AWS keeps as it is. Choose an organizational unit beneath it")
GONE = "OrganizationalUnitNotFoundException"
SEE_UNITS = Permission(
    "see an organizational unit and its neighbours as they are now",
    ("organizations:DescribeOrganizationalUnit", "organizations:ListOrganizationalUnitsForParent"),
)


def unit_code(unit: str, name: str, parent: str, *, before: str = "") -> Code:
    """An OU as infrastructure code; `before` is its former name, and then its tags, which are not known here, stay as they are."""
    resource = Resource(
        "aws_organizations_organizational_unit",
        name,
        unit,
        {"name": name, "parent_id": parent},
        {"name": was(before)} if before else {},
        ("tags",) if before else (),
        Template("AWS::Organizations::OrganizationalUnit", {"Id": unit}, {"Name": name, "ParentId": parent}),
    )
    return Code((resource,))


def unit_name(aws: Aws, unit: str) -> str | None:
    """The name that an OU has now, None when it no longer exists; raises AwsError."""
    try:
        answer = aws.read("organizations", "describe_organizational_unit", OrganizationalUnitId=unit)
    except RefusedError as error:
        if error.code != GONE:
            raise
        return None
    return str(answer["OrganizationalUnit"]["Name"])


def live_name(inputs: PreviewInput, unit: str, field: str) -> str:
    """The name that an OU has now; a root always exists. Raises FieldError when the OU no longer does, else AwsError."""
    if unit == inputs.organization.root:
        return "Root"
    name = unit_name(inputs.aws, unit)
    if name is None:
        path = inputs.organization.path_of(unit)
        raise GoneError(field, f"the organizational unit {path} no longer exists. Look at `/org tree`.")
    return name


def units_below(aws: Aws, parent: str) -> list[Answer]:
    """The OUs directly beneath an OU or the root, each with `Id` and `Name`; raises AwsError."""
    key = "OrganizationalUnits"
    return list(aws.pages("organizations", "list_organizational_units_for_parent", key, ParentId=parent))


def renamed_meanwhile(name: str) -> Stale:
    """It is no longer called what it was called when this was approved."""
    return Stale(f"the organizational unit has been renamed to {name} meanwhile.")


def child_path(organization: Organization, parent: str, name: str) -> str:
    """The path of an OU called `name` beneath `parent`."""
    return f"{organization.path_of(parent).rstrip('/')}/{name}"


def name_warnings(inputs: PreviewInput, parent: str, name: str, siblings: list[Answer], but: str = "") -> list[Notice]:
    """What will make an OU's new name hard to use (`but` is the OU itself); raises FieldError for a sibling's very name.

    What it looks almost like is said of every operation's names, by operations.core.lookalikes.
    """
    if any(str(unit["Name"]) == name for unit in siblings):
        path = inputs.organization.path_of(parent)
        raise FieldError("unit_name", f"{path} has an organizational unit {name} already. Choose another name.")
    known = inputs.organization.units
    elsewhere = [u.path for u in known if u.name == name and u.parent not in ("", parent) and u.id != but]
    return [
        *(
            [fact(f"The same name is used elsewhere, so only the path tells them apart: {listed(elsewhere, 5)}.")]
            if elsewhere
            else []
        ),
        *(
            [caution("The name has a / in it, so its path can be mistaken for another one; use its id.")]
            if "/" in name
            else []
        ),
    ]
