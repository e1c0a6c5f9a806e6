from typing import Any

from sandbox.aws import AwsSandbox

from .helpers import AUDIT, MANAGEMENT, WEB, everything, refused

CLOUDTRAIL, GUARDDUTY = "cloudtrail.amazonaws.com", "guardduty.amazonaws.com"


def services(client: Any) -> list[str]:
    listed = client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    return [service["ServicePrincipal"] for service in listed]


def test_access_of_a_service_comes_and_goes(organizations: Any) -> None:
    organizations.enable_aws_service_access(ServicePrincipal=GUARDDUTY)
    organizations.enable_aws_service_access(ServicePrincipal=GUARDDUTY)
    assert services(organizations).count(GUARDDUTY) == 1
    organizations.disable_aws_service_access(ServicePrincipal=GUARDDUTY)
    assert GUARDDUTY not in services(organizations)


def test_a_service_that_aws_does_not_know(organizations: Any) -> None:
    for method in (organizations.enable_aws_service_access, organizations.disable_aws_service_access):
        with refused("InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL"):
            method(ServicePrincipal="nothing.amazonaws.com")


def test_a_delegated_administrator_is_registered_and_reads(aws: AwsSandbox, organizations: Any) -> None:
    organizations.register_delegated_administrator(AccountId=AUDIT, ServicePrincipal=CLOUDTRAIL)
    listed = everything(organizations, "list_delegated_administrators", "DelegatedAdministrators")
    assert [(admin["Id"], admin["State"]) for admin in listed] == [(AUDIT, "ACTIVE")]
    delegated = organizations.list_delegated_services_for_account(AccountId=AUDIT)["DelegatedServices"]
    assert [service["ServicePrincipal"] for service in delegated] == [CLOUDTRAIL]
    administrator = aws.client("organizations", account=AUDIT)
    assert len(administrator.list_accounts()["Accounts"]) == 5
    with refused("AccessDeniedException"):
        administrator.close_account(AccountId=WEB)
    organizations.deregister_delegated_administrator(AccountId=AUDIT, ServicePrincipal=CLOUDTRAIL)
    with refused("AccessDeniedException"):
        administrator.list_accounts()


def test_registrations_that_are_refused(aws: AwsSandbox, organizations: Any) -> None:
    register = organizations.register_delegated_administrator
    with refused("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED"):
        register(AccountId=AUDIT, ServicePrincipal=GUARDDUTY)
    organizations.enable_aws_service_access(ServicePrincipal=GUARDDUTY)
    with refused("ConstraintViolationException", "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"):
        register(AccountId=MANAGEMENT, ServicePrincipal=GUARDDUTY)
    with refused("AccountNotFoundException"):
        register(AccountId="999999999999", ServicePrincipal=GUARDDUTY)
    register(AccountId=AUDIT, ServicePrincipal=GUARDDUTY)
    with refused("ConstraintViolationException", "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"):
        register(AccountId=WEB, ServicePrincipal=GUARDDUTY)
    register(AccountId=AUDIT, ServicePrincipal=CLOUDTRAIL)
    with refused("AccountAlreadyRegisteredException"):
        register(AccountId=AUDIT, ServicePrincipal=CLOUDTRAIL)
    organizations.close_account(AccountId=WEB)
    with refused("ConstraintViolationException", "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR"):
        register(AccountId=WEB, ServicePrincipal=CLOUDTRAIL)


def test_a_service_with_an_administrator_keeps_its_access(organizations: Any) -> None:
    organizations.register_delegated_administrator(AccountId=AUDIT, ServicePrincipal=CLOUDTRAIL)
    with refused("ConstraintViolationException", "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE"):
        organizations.disable_aws_service_access(ServicePrincipal=CLOUDTRAIL)


def test_an_account_that_is_no_administrator(organizations: Any) -> None:
    with refused("AccountNotRegisteredException"):
        organizations.list_delegated_services_for_account(AccountId=WEB)
    with refused("AccountNotRegisteredException"):
        organizations.deregister_delegated_administrator(AccountId=WEB, ServicePrincipal=CLOUDTRAIL)
