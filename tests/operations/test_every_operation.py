"""Sweeps over every operation: a new one is tested here before its author writes a test."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import botocore.session
import pytest

from operations.aws.codes import FEATURES
from operations.aws.errors import FieldError
from operations.core.base import Operation
from operations.core.fields import FieldKind
from operations.core.preview import PreviewInput
from operations.core.registry import all_operations, all_permissions, by_name, irreversible
from operations.snapshot.reader import read_organization
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws
from tests.harness.organizations import grown
from tests.harness.tables import each_of
from tests.operations.test_every_operation_survives import CASES

every_operation = each_of("operation", all_operations(), ids=lambda operation: operation.name)
PERMISSIONS_ONLY = {
    "sts:SetSourceIdentity",
    "sts:TagSession",
}  # Parameters of AssumeRole that need a permission of their own.
IAM_SERVICES = {
    "access-analyzer": "accessanalyzer",
    "account": "account",
    "iam": "iam",
    "organizations": "organizations",
    "servicequotas": "service-quotas",
    "sts": "sts",
}


@every_operation
def test_it_explains_itself(operation: type[Operation]) -> None:
    assert operation.purpose().endswith(".")
    assert operation.family
    assert [one.name for one in all_operations() if one.wanted == operation.wanted] == [operation.name]
    assert 3 <= len(operation.wanted) <= 75, "an option of a menu in Slack"
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", operation.name)


@every_operation
def test_every_field_can_be_typed_and_shown(operation: type[Operation]) -> None:
    flags = [name for field in operation.fields() for name in field.flag.names]
    assert len(flags) == len(set(flags))
    assert all(re.fullmatch(r"--[a-z]+(-[a-z]+)*", name) for name in flags)
    assert "--reason" not in flags
    for field in operation.fields():
        assert field.flag.label
        assert (field.flag.kind is FieldKind.CHOICE) == bool(field.flag.choices)


@every_operation
def test_its_methods_are_its_own(operation: type[Operation]) -> None:
    for method in ("subject", "title", "preview", "steps", "closing"):
        assert getattr(operation, method) is not getattr(Operation, method), method


@every_operation
def test_it_says_itself_whether_it_can_be_taken_back(operation: type[Operation]) -> None:
    says = next(declared for declared in operation.__mro__ if "name" in vars(declared))
    assert isinstance(vars(says).get("irreversible"), bool)


def test_what_is_irreversible() -> None:
    assert irreversible() == ("close-account", "disable-policy-type", "remove-account")


def test_what_needs_all_features_is_told_so_where_there_is_one_bill_only() -> None:
    """Source: AWS Organizations User Guide, "Available feature sets"; API Reference, "CloseAccount"."""
    billing = replace(grown(accounts=1, units=1), feature_set="CONSOLIDATED_BILLING")
    refused = set()
    for operation in all_operations():
        try:
            operation.model_construct().settled(billing)
        except FieldError as error:
            if "needs all features" in error.message and error.opens == (FEATURES,):
                refused.add(operation.name)
        except (AttributeError, KeyError):
            continue  # Nothing is given, and it asks for what is given.
    assert refused == {
        *("attach-policy", "create-policy", "delete-policy", "detach-policy", "update-policy", "close-account"),
        *("enable-policy-type", "disable-policy-type", "enable-service-access", "disable-service-access"),
        *("register-delegated-administrator", "deregister-delegated-administrator"),
    }


def test_names_and_aliases_are_unique() -> None:
    words = [word for operation in all_operations() for word in (operation.name, *operation.aliases)]
    assert sorted(words) == sorted(by_name())


@each_of("permission", all_permissions(), ids=lambda permission: permission.why)
def test_every_permission_exists_in_botocores_model(permission: object) -> None:
    session = botocore.session.get_session()
    for action in permission.actions:  # type: ignore[attr-defined]
        prefix, _, name = action.partition(":")
        if action == "iam:CreateServiceLinkedRole":
            prefix = "iam"
        assert action in PERMISSIONS_ONLY or name in session.get_service_model(IAM_SERVICES[prefix]).operation_names, (
            action
        )


@pytest.mark.parametrize("name", CASES)
def test_a_preview_asks_aws_nothing_twice(aws: AwsSandbox, name: str) -> None:
    client = bot_aws()
    organization = read_organization(client, lambda: datetime.now(UTC))
    operation = by_name()[name].model_validate(CASES[name][0]).settled(organization)
    before = len(aws.calls)
    operation.preview(PreviewInput(organization, client))
    asked = Counter((call.operation, str(call.params)) for call in list(aws.calls)[before:])
    assert not [call for call, times in asked.items() if times > 1]
