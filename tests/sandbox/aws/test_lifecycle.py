from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.aws import AwsSandbox

from .helpers import create, refused


@pytest.fixture(scope="module")
def running() -> Iterator[AwsSandbox]:
    """A sandbox whose account has no organization yet."""
    with AwsSandbox(seed=False) as aws:
        yield aws


def test_before_there_is_an_organization(organizations: Any) -> None:
    for call in (organizations.describe_organization, organizations.list_accounts, organizations.list_roots):
        with refused("AWSOrganizationsNotInUseException"):
            call()
    with refused("AWSOrganizationsNotInUseException"):
        create(organizations)


def test_an_organization_with_all_features(organizations: Any) -> None:
    made = organizations.create_organization(FeatureSet="ALL")["Organization"]
    assert made == organizations.describe_organization()["Organization"]
    assert made["AvailablePolicyTypes"] == [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    root = organizations.list_roots()["Roots"][0]
    assert root["PolicyTypes"] == [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    assert [account["Id"] for account in organizations.list_accounts()["Accounts"]] == ["111111111111"]
    with refused("AlreadyInOrganizationException"):
        organizations.create_organization()


def test_an_organization_for_billing_only(organizations: Any) -> None:
    made = organizations.create_organization(FeatureSet="CONSOLIDATED_BILLING")["Organization"]
    assert made.get("AvailablePolicyTypes", []) == []
    root = organizations.list_roots()["Roots"][0]
    assert root["PolicyTypes"] == []
    with refused("PolicyTypeNotAvailableForOrganizationException"):
        organizations.enable_policy_type(RootId=root["Id"], PolicyType="SERVICE_CONTROL_POLICY")
    with refused("PolicyTypeNotAvailableForOrganizationException"):
        organizations.create_policy(Name="p", Type="TAG_POLICY", Content='{"tags": {}}', Description="")
    with refused("ConstraintViolationException", "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"):
        organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    with refused("ConstraintViolationException", "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"):
        organizations.close_account(AccountId="222222222222")


def test_an_empty_organization_is_deleted(aws: AwsSandbox, organizations: Any) -> None:
    organizations.create_organization()
    create(organizations)
    aws.finish_creations()
    with refused("OrganizationNotEmptyException"):
        organizations.delete_organization()
    aws.advance(days=4)
    account = organizations.list_create_account_status()["CreateAccountStatuses"][0]["AccountId"]
    organizations.remove_account_from_organization(AccountId=account)
    organizations.delete_organization()
    with refused("AWSOrganizationsNotInUseException"):
        organizations.describe_organization()
