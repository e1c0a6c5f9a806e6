from typing import Any

from .helpers import AUDIT, everything, unit

SCP = "SERVICE_CONTROL_POLICY"


def attached(client: Any, target: str, kind: str = SCP) -> set[str]:
    listed = client.list_policies_for_target(TargetId=target, Filter=kind)["Policies"]
    return {policy["Name"] for policy in listed}


def test_five_accounts_four_of_them_under_units(organizations: Any) -> None:
    accounts = {a["Name"]: a for a in everything(organizations, "list_accounts", "Accounts")}
    places = {
        "fullback-management": "/",
        "fullback-staging-web": "/Workloads/Staging",
        "fullback-production-web": "/Workloads/Production",
        "fullback-production-data": "/Workloads/Production",
        "fullback-audit": "/Security",
    }
    assert set(accounts) == set(places)
    for name, path in places.items():
        assert accounts[name]["Paths"][0].split("/")[-3] == unit(organizations, path)


def test_policies_on_the_root_a_unit_and_an_account(organizations: Any, root: str) -> None:
    assert attached(organizations, root) == {"FullAWSAccess", "DenyLeaveOrganization"}
    assert attached(organizations, unit(organizations, "/Workloads")) == {"FullAWSAccess", "RestrictRegions"}
    assert attached(organizations, AUDIT) == {"FullAWSAccess", "ProtectAuditTrail"}
    assert attached(organizations, root, "TAG_POLICY") == {"OwnerTag"}
    enabled = organizations.list_roots()["Roots"][0]["PolicyTypes"]
    assert {item["Type"] for item in enabled} == {SCP, "TAG_POLICY"}


def test_everything_can_be_scaled_up(aws: Any, organizations: Any) -> None:
    aws.grow(accounts=30, ous=12)
    accounts = everything(organizations, "list_accounts", "Accounts")
    assert len({account["Id"] for account in accounts}) == 35
    assert len({account["Paths"][0].rpartition("/")[0] for account in accounts}) == 35
    children = everything(
        organizations, "list_children", "Children", ParentId=unit(organizations, "/"), ChildType="ORGANIZATIONAL_UNIT"
    )
    assert len(children) == 12
    assert attached(organizations, accounts[-1]["Id"]) == {"FullAWSAccess"}
