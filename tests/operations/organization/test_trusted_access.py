"""Trusted access and delegated administrators: as approved, said with what AWS recommends, and undone."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.states import Status
from operations.aws.errors import FieldError
from operations.organization.service_access import administrators, enabled_services
from operations.snapshot.policy_types import NEEDS_SERVICE, label
from operations.snapshot.services import resolve, service_label
from sandbox.aws.server import AwsSandbox
from tests.harness.tree import world
from tests.harness.workers import Workers
from tests.operations.policies.test_policies import done, refused, shown, undone

GUARDDUTY, CLOUDTRAIL, AUDIT = "guardduty.amazonaws.com", "cloudtrail.amazonaws.com", "555555555555"


def test_enabling_and_its_undo(workers: Workers, aws: AwsSandbox) -> None:
    request = done(workers, "enable-service-access", service="GuardDuty")
    assert request.status == Status.SUCCEEDED
    assert GUARDDUTY in enabled_services(world().aws)
    assert undone(workers, request).status == Status.SUCCEEDED
    assert GUARDDUTY not in enabled_services(world().aws)
    assert aws.endpoint_url


def test_a_delegated_administrator_and_its_undo(workers: Workers, aws: AwsSandbox) -> None:
    request = done(workers, "register-delegated-administrator", account="fullback-audit", service="cloudtrail")
    assert request.status == Status.SUCCEEDED
    assert administrators(world().aws, CLOUDTRAIL) == [AUDIT]
    assert "fullback-audit (555555555555) is a delegated administrator" in refused(
        workers, "disable-service-access", service=CLOUDTRAIL
    )
    assert "is a delegated administrator for cloudtrail.amazonaws.com" in refused(
        workers, "close-account", account=AUDIT, confirm=AUDIT
    )
    assert undone(workers, request).status == Status.SUCCEEDED
    assert administrators(world().aws, CLOUDTRAIL) == []
    assert aws.endpoint_url


@pytest.mark.parametrize(
    ("operation", "params", "said"),
    [
        ("enable-service-access", {"service": CLOUDTRAIL}, "has trusted access already"),
        ("disable-service-access", {"service": GUARDDUTY}, "has no trusted access"),
        (
            "register-delegated-administrator",
            {"account": AUDIT, "service": GUARDDUTY},
            "has no trusted access. Enable it first",
        ),
        ("deregister-delegated-administrator", {"account": AUDIT, "service": CLOUDTRAIL}, "It is one for no service."),
    ],
)
def test_what_makes_no_sense_is_refused(workers: Workers, operation: str, params: dict[str, Any], said: str) -> None:
    assert said in refused(workers, operation, **params)


@pytest.mark.parametrize(("kind", "service"), NEEDS_SERVICE.items())
def test_a_policy_type_needs_its_service_before_it_and_as_long_as_it_is_enabled(
    workers: Workers, kind: str, service: str
) -> None:
    said = refused(workers, "enable-policy-type", kind=kind)
    assert f"needs trusted access for {service_label(service)}" in said
    assert done(workers, "enable-service-access", service=service).status == Status.SUCCEEDED
    assert done(workers, "enable-policy-type", kind=kind).status == Status.SUCCEEDED
    said = refused(workers, "disable-service-access", service=service)
    assert f"{label(kind)} needs it and is enabled. Turn that off first, then ask again." in said


def test_a_service_that_the_bot_does_not_know_is_left_to_aws_and_said_so(workers: Workers) -> None:
    preview = shown(workers, "enable-service-access", service="new.amazonaws.com")
    assert [warning["say"] for warning in preview["warnings"]] == [
        "new.amazonaws.com is no service that the bot knows. AWS decides."
    ]


def test_a_service_that_takes_one_administrator_and_has_it_is_refused(workers: Workers) -> None:
    done(workers, "enable-service-access", service=GUARDDUTY)
    assert (
        done(workers, "register-delegated-administrator", account=AUDIT, service=GUARDDUTY).status == Status.SUCCEEDED
    )
    said = refused(workers, "register-delegated-administrator", account="444444444444", service=GUARDDUTY)
    assert "GuardDuty takes one delegated administrator, and fullback-audit (555555555555) is it." in said


def test_the_management_account_administers_nothing(workers: Workers) -> None:
    with pytest.raises(FieldError, match="cannot be a delegated administrator"):
        workers.ask("register-delegated-administrator", account="111111111111", service=CLOUDTRAIL)


def test_disabling_says_what_stops(workers: Workers) -> None:
    preview = shown(workers, "disable-service-access", service=CLOUDTRAIL)
    assert "CloudTrail stops working in the member accounts" in preview["plan"][1]


@pytest.mark.parametrize(
    ("text", "principal"),
    [
        ("GuardDuty", GUARDDUTY),
        ("guardduty", GUARDDUTY),
        ("new.amazonaws.com", "new.amazonaws.com"),
        ("stacksets", None),
    ],
)
def test_a_service_by_name_or_principal(text: str, principal: str | None) -> None:
    expected = principal or "member.org.stacksets.cloudformation.amazonaws.com"
    assert resolve(text, "service") == expected


@pytest.mark.parametrize("text", ["config", "nothing like it", ""])
def test_a_service_that_is_none_or_several(text: str) -> None:
    if text == "config":
        assert resolve(text, "service") == "config.amazonaws.com"
        return
    with pytest.raises(FieldError, match="service"):
        resolve(text, "service")
