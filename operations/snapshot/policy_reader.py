"""Reading the policies: each type once, then where each policy is attached. Never one call per account or OU.

Source: AWS Organizations API Reference, "ListPolicies", "ListTargetsForPolicy", "ListAWSServiceAccessForOrganization".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from operations.aws.client import Answer, Aws
from operations.aws.errors import AwsError, BusyError, CredentialsError, RefusedError
from operations.snapshot.policies import Policies, Policy
from operations.snapshot.policy_types import policy_types

log = logging.getLogger(__name__)


def read_policies(aws: Aws, root: Answer, pool: ThreadPoolExecutor) -> Policies:
    """The policies of every type and their targets; a type that AWS doesn't tell is left out. Raises BusyError, CredentialsError."""
    summaries = _flat(pool.map(lambda kind: _of_type(aws, kind), policy_types()))
    known = tuple(_policy(summary) for summary in summaries)
    targets = dict(zip((p.id for p in known), pool.map(lambda p: _targets(aws, p.id), known), strict=True))
    return Policies(known, targets, policy_statuses(root))


def policy_statuses(root: Answer) -> dict[str, str]:
    """The types and their status (ENABLED, PENDING_ENABLE, PENDING_DISABLE) from ListRoots' answer about the root."""
    return {str(kind["Type"]): str(kind["Status"]) for kind in root.get("PolicyTypes", ())}


def read_services(aws: Aws) -> tuple[str, ...]:
    """The service principals with trusted access, sorted; none when AWS doesn't tell. Raises BusyError, CredentialsError."""
    key = "EnabledServicePrincipals"
    found = _told(lambda: list(aws.pages("organizations", "list_aws_service_access_for_organization", key)))
    return tuple(sorted(str(service["ServicePrincipal"]) for service in found))


def _of_type(aws: Aws, kind: str) -> list[Answer]:
    return _told(lambda: list(aws.pages("organizations", "list_policies", "Policies", Filter=kind)))


def _targets(aws: Aws, policy: str) -> tuple[str, ...]:
    found = _told(lambda: list(aws.pages("organizations", "list_targets_for_policy", "Targets", PolicyId=policy)))
    return tuple(str(target["TargetId"]) for target in found)


def _told(read: Callable[[], list[Any]]) -> list[Any]:
    """What AWS tells, or nothing where it refuses: the tree must not be missing because one kind of policy is."""
    try:
        return read()
    except (BusyError, CredentialsError):
        raise
    except RefusedError as error:
        log.info("left out of the picture: %s", error)
    except AwsError as error:
        log.warning("left out of the picture: %s", error)
    return []


def _flat(lists: Iterable[list[Answer]]) -> list[Answer]:
    return [item for items in lists for item in items]


def _policy(summary: Answer) -> Policy:
    return Policy(
        str(summary["Id"]),
        str(summary.get("Name", "")),
        str(summary.get("Type", "")),
        bool(summary.get("AwsManaged")),
        str(summary.get("Description", "")),
    )
