"""Trusted access of AWS services, and delegated administrators.

The services are those that moto knows, and those that a policy type needs. Source: AWS Organizations API Reference, "EnableAWSServiceAccess",
"RegisterDelegatedAdministrator"; User Guide, "AWS services that you can use with AWS Organizations".
"""

from __future__ import annotations

from typing import Any

from moto.organizations.models import FakeDelegatedAdministrator, FakeServiceAccess

from sandbox.aws.attachments import NEEDS_SERVICE, type_status
from sandbox.aws.backend import Backend
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.lifecycle import check_all_features
from sandbox.aws.refusals import Refusal, constraint, invalid
from sandbox.aws.registry import Answer, Listing, Params, listing, operation

# For most services several accounts may be delegated administrators; these take one.
ONE_ADMINISTRATOR = ("guardduty.amazonaws.com", "macie.amazonaws.com", "securityhub.amazonaws.com")
MOST_ADMINISTRATORS = 5


@operation("EnableAWSServiceAccess")
def enable_aws_service_access(org: Backend, params: Params) -> Answer:
    service = _service(params)
    check_all_features(org)
    if not _enabled(org, service):
        org.services.append({"ServicePrincipal": service, "DateEnabled": org.now().timestamp()})
    return {}


@operation("DisableAWSServiceAccess")
def disable_aws_service_access(org: Backend, params: Params) -> Answer:
    service = _service(params)
    if _administrators(org, service):
        raise constraint(
            "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
            f"{service} has a delegated administrator. Deregister it before you disable the service's access.",
        )
    if any(needed == service and type_status(org, kind) for kind, needed in NEEDS_SERVICE.items()):
        raise constraint(
            "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE", f"A policy type of {service} is enabled. Disable it first."
        )
    org.services = [enabled for enabled in org.services if enabled["ServicePrincipal"] != service]
    return {}


@listing("ListAWSServiceAccessForOrganization", "EnabledServicePrincipals")
def list_aws_service_access_for_organization(org: Backend, _: Params) -> Listing:
    check_all_features(org)
    return Listing(org.services)


@operation("RegisterDelegatedAdministrator")
def register_delegated_administrator(org: Backend, params: Params) -> Answer:
    service, account_id = _service(params), params["AccountId"]
    if account_id == MANAGEMENT_ACCOUNT:
        raise constraint(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You can't register the management account as a delegated administrator.",
        )
    account = org.account(account_id)
    _check_registration(org, account.state, service)
    admin = next((admin for admin in org.admins if admin.account.id == account_id), None)
    if admin and service in admin.services:
        raise Refusal(
            "AccountAlreadyRegisteredException",
            "The specified account is already a delegated administrator for this service.",
        )
    if admin is None:
        admin = FakeDelegatedAdministrator(account)
        org.admins.append(admin)
    admin.services[service] = {"ServicePrincipal": service, "DelegationEnabledDate": org.now().timestamp()}
    return {}


@operation("DeregisterDelegatedAdministrator")
def deregister_delegated_administrator(org: Backend, params: Params) -> Answer:
    service, account = _service(params), org.account(params["AccountId"])
    admin = next((admin for admin in org.admins if admin.account.id == account.id), None)
    if admin is None or service not in admin.services:
        raise _not_registered()
    admin.services.pop(service)
    if not admin.services:
        org.admins.remove(admin)
    return {}


@listing("ListDelegatedAdministrators", "DelegatedAdministrators")
def list_delegated_administrators(org: Backend, params: Params) -> Listing:
    service = _service(params) if params.get("ServicePrincipal") else ""
    return Listing(_administrators(org, service), _describe)


@listing("ListDelegatedServicesForAccount", "DelegatedServices")
def list_delegated_services_for_account(org: Backend, params: Params) -> Listing:
    account = org.account(params["AccountId"])
    admin = next((admin for admin in org.admins if admin.account.id == account.id), None)
    if admin is None:
        raise _not_registered()
    return Listing(list(admin.services.values()))


def _describe(admin: FakeDelegatedAdministrator) -> Answer:
    since = min(service["DelegationEnabledDate"] for service in admin.services.values())
    return admin.account.describe() | {"DelegationEnabledDate": since}


def _check_registration(org: Backend, state: str, service: str) -> None:
    if not _enabled(org, service):
        raise constraint("SERVICE_ACCESS_NOT_ENABLED", f"You must enable service access of {service} first.")
    if state != "ACTIVE":
        raise constraint(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You can't register a suspended account as a delegated administrator.",
        )
    most = 1 if service in ONE_ADMINISTRATOR else MOST_ADMINISTRATORS
    if len(_administrators(org, service)) >= most:
        raise constraint(
            "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
            f"{service} has {most} delegated administrators, the most that it can have.",
        )


def _administrators(org: Backend, service: str) -> list[Any]:
    return [admin for admin in org.admins if not service or service in admin.services]


def _enabled(org: Backend, service: str) -> bool:
    return any(enabled["ServicePrincipal"] == service for enabled in org.services)


def _service(params: Params) -> str:
    service: str = params["ServicePrincipal"]
    if service not in (*FakeServiceAccess.TRUSTED_SERVICES, *NEEDS_SERVICE.values()):
        raise invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")
    return service


def _not_registered() -> Refusal:
    return Refusal(
        "AccountNotRegisteredException", "The specified account is not a delegated administrator for this service."
    )
