from typing import Any

import pytest

from sandbox.aws import AwsSandbox

from .helpers import AUDIT, MANAGEMENT, WEB, create, everything, refused, unit


def test_paths_lead_from_the_organization_to_the_account(organizations: Any, root: str) -> None:
    organization = organizations.describe_organization()["Organization"]["Id"]
    workloads, staging = unit(organizations, "/Workloads"), unit(organizations, "/Workloads/Staging")
    accounts = {a["Id"]: a for a in organizations.list_accounts()["Accounts"]}
    assert accounts[WEB]["Paths"] == [f"{organization}/{root}/{workloads}/{staging}/{WEB}/"]
    assert accounts[MANAGEMENT]["Paths"] == [f"{organization}/{root}/{MANAGEMENT}/"]
    described = organizations.describe_organizational_unit(OrganizationalUnitId=staging)["OrganizationalUnit"]
    assert described["Path"] == f"{organization}/{root}/{workloads}/{staging}/"


def test_accounts_have_a_state_and_no_status_any_more(organizations: Any) -> None:
    for account in organizations.list_accounts()["Accounts"]:
        assert account["State"] == "ACTIVE"
        assert "Status" not in account


def test_paths_can_be_switched_off_as_in_older_partitions(aws: AwsSandbox, organizations: Any, root: str) -> None:
    aws.paths = False
    assert all("Paths" not in account for account in organizations.list_accounts()["Accounts"])
    listed = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    assert all("Path" not in found for found in listed)


def test_lists_come_in_pages_of_twenty(aws: AwsSandbox, organizations: Any) -> None:
    aws.grow(accounts=40, ous=0)
    pages = list(organizations.get_paginator("list_accounts").paginate())
    assert [len(page["Accounts"]) for page in pages] == [20, 20, 5]
    assert len({account["Id"] for page in pages for account in page["Accounts"]}) == 45


@pytest.mark.parametrize(
    ("method", "key", "params"),
    [
        ("list_accounts_for_parent", "Accounts", {"ParentId": "root"}),
        ("list_organizational_units_for_parent", "OrganizationalUnits", {"ParentId": "root"}),
        ("list_children", "Children", {"ParentId": "root", "ChildType": "ACCOUNT"}),
        ("list_children", "Children", {"ParentId": "root", "ChildType": "ORGANIZATIONAL_UNIT"}),
        ("list_targets_for_policy", "Targets", {"PolicyId": "p-FullAWSAccess"}),
    ],
)
def test_each_listing_is_paginated(
    aws: AwsSandbox, organizations: Any, root: str, method: str, key: str, params: dict[str, str]
) -> None:
    aws.grow(accounts=25, ous=0)
    for number in range(25):
        organizations.create_organizational_unit(ParentId=root, Name=f"unit {number}")
    params = {name: root if value == "root" else value for name, value in params.items()}
    pages = list(organizations.get_paginator(method).paginate(**params))
    assert len(pages) > 1
    assert all(len(page[key]) == 20 for page in pages[:-1])
    items = [str(item) for page in pages for item in page[key]]
    assert len(items) == len(set(items)) > 20


def test_a_token_of_another_listing_is_refused(aws: AwsSandbox, organizations: Any) -> None:
    aws.grow(accounts=30, ous=0)
    token = organizations.list_accounts()["NextToken"]
    with refused("InvalidInputException", "INVALID_NEXT_TOKEN"):
        organizations.list_roots(NextToken=token)
    with refused("InvalidInputException", "INVALID_NEXT_TOKEN"):
        organizations.list_accounts(NextToken="20")


def test_more_than_twenty_results_cannot_be_asked_for(organizations: Any) -> None:
    with refused("InvalidInputException", "MAX_VALUE_EXCEEDED"):
        organizations.list_accounts(MaxResults=21)
    assert len(organizations.list_accounts(MaxResults=2)["Accounts"]) == 2


def test_an_account_moves(organizations: Any) -> None:
    source, destination = unit(organizations, "/Security"), unit(organizations, "/Workloads/Production")
    organizations.move_account(AccountId=AUDIT, SourceParentId=source, DestinationParentId=destination)
    assert organizations.list_parents(ChildId=AUDIT)["Parents"][0]["Id"] == destination
    children = organizations.list_children(ParentId=destination, ChildType="ACCOUNT")["Children"]
    assert {"Id": AUDIT, "Type": "ACCOUNT"} in children


@pytest.mark.parametrize(
    ("account", "source", "destination", "code"),
    [
        (AUDIT, "/", "/Workloads", "SourceParentNotFoundException"),
        (AUDIT, "ou-none-00000000", "/Workloads", "SourceParentNotFoundException"),
        (AUDIT, "/Security", "ou-none-00000000", "DestinationParentNotFoundException"),
        (AUDIT, "/Security", "/Security", "DuplicateAccountException"),
        (AUDIT, "/", "/Security", "DuplicateAccountException"),
        ("999999999999", "/Security", "/Workloads", "AccountNotFoundException"),
    ],
)
def test_moves_that_are_refused(organizations: Any, account: str, source: str, destination: str, code: str) -> None:
    ids = [parent if parent.startswith("ou-") else unit(organizations, parent) for parent in (source, destination)]
    with refused(code):
        organizations.move_account(AccountId=account, SourceParentId=ids[0], DestinationParentId=ids[1])
    assert organizations.list_parents(ChildId=AUDIT)["Parents"][0]["Id"] == unit(organizations, "/Security")


def test_units_are_made_renamed_and_deleted(organizations: Any, root: str) -> None:
    made = organizations.create_organizational_unit(ParentId=root, Name="Sandbox")["OrganizationalUnit"]
    organizations.update_organizational_unit(OrganizationalUnitId=made["Id"], Name="Playground")
    assert unit(organizations, "/Playground") == made["Id"]
    policies = organizations.list_policies_for_target(TargetId=made["Id"], Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert [policy["Name"] for policy in policies] == ["FullAWSAccess"]
    organizations.delete_organizational_unit(OrganizationalUnitId=made["Id"])
    with refused("OrganizationalUnitNotFoundException"):
        organizations.describe_organizational_unit(OrganizationalUnitId=made["Id"])
    targets = everything(organizations, "list_targets_for_policy", "Targets", PolicyId="p-FullAWSAccess")
    assert made["Id"] not in [target["TargetId"] for target in targets]


def test_a_name_is_free_once_under_each_parent(organizations: Any, root: str) -> None:
    with refused("DuplicateOrganizationalUnitException"):
        organizations.create_organizational_unit(ParentId=root, Name="Security")
    below = unit(organizations, "/Workloads")
    made = organizations.create_organizational_unit(ParentId=below, Name="Security")["OrganizationalUnit"]
    with refused("DuplicateOrganizationalUnitException"):
        organizations.update_organizational_unit(OrganizationalUnitId=made["Id"], Name="Staging")


def test_five_levels_and_no_more(organizations: Any, root: str) -> None:
    parent = root
    for level in range(5):
        made = organizations.create_organizational_unit(ParentId=parent, Name=f"level {level}")
        parent = made["OrganizationalUnit"]["Id"]
    with refused("ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED"):
        organizations.create_organizational_unit(ParentId=parent, Name="too deep")


@pytest.mark.parametrize("path", ["/Workloads", "/Security"])
def test_a_unit_with_something_in_it_stays(organizations: Any, path: str) -> None:
    with refused("OrganizationalUnitNotEmptyException"):
        organizations.delete_organizational_unit(OrganizationalUnitId=unit(organizations, path))


def test_parents_and_children_that_are_not_there(organizations: Any) -> None:
    with refused("ParentNotFoundException"):
        organizations.list_accounts_for_parent(ParentId="ou-none-00000000")
    with refused("ChildNotFoundException"):
        organizations.list_parents(ChildId="999999999999")
    with refused("AccountNotFoundException"):
        organizations.describe_account(AccountId="999999999999")
    with refused("InvalidInputException", "INVALID_PATTERN"):
        organizations.describe_account(AccountId="web")


def test_a_new_account_is_found_by_its_parent(aws: AwsSandbox, organizations: Any, root: str) -> None:
    create(organizations, "fresh")
    aws.finish_creations()
    names = [a["Name"] for a in organizations.list_accounts_for_parent(ParentId=root)["Accounts"]]
    assert names == ["fullback-management", "fresh"]
