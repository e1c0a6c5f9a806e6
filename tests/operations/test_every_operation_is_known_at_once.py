"""After "Done" the bot knows what a full reading would tell, without one: so the next command finds whatever was made, renamed,
moved or taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from approvals.models import Request
from approvals.states import Status
from operations.core.registry import all_operations
from operations.policies.common import FULL_ACCESS
from operations.snapshot.changes import AccountIs, Attachment, Gone, PolicyIs, TypeIs, UnitIs, taken_in
from operations.snapshot.organization import Organization
from operations.snapshot.reader import read_organization
from sandbox.aws.server import AwsSandbox
from tests.harness import workers as harness
from tests.harness.aws import bot_aws
from tests.harness.workers import Workers
from tests.operations.organization.test_organization_itself import empty
from tests.operations.test_every_operation_survives import AUDIT, CASES, WEB, Params

__all__ = ["empty"]

Asked = tuple[str, Params]
OUTSIDER = "666666666666"
DATA = "444444444444"
GRANT = {"principal": "group/developers", "account": [WEB]}
CONTACT = CASES["put-alternate-contact"]
# What is asked for, one straight after the other; each names what those before it have made.
STORIES: dict[str, tuple[Asked, ...]] = {
    **{name: ((name, params),) for name, (params, _) in CASES.items()},
    "delete-ou": (("create-ou", {"unit_name": "New"}), ("delete-ou", {"ou": "/New"})),
    "delete-policy": (("create-policy", CASES["create-policy"][0]), ("delete-policy", {"policy": "New"})),
    "delete-alternate-contact": (
        ("put-alternate-contact", CONTACT[0]),
        ("delete-alternate-contact", {"account": WEB, "contact": "SECURITY"}),
    ),
    "deregister-delegated-administrator": (
        ("register-delegated-administrator", {"account": AUDIT, "service": "cloudtrail"}),
        ("deregister-delegated-administrator", {"account": AUDIT, "service": "cloudtrail"}),
    ),
    "revoke-access": (("grant-access", GRANT), ("revoke-access", GRANT)),
    "move-account": (
        ("create-ou", {"unit_name": "New", "parent": "/Workloads"}),
        ("move-account", {"account": WEB, "to": "/Workloads/New"}),
        ("rename-ou", {"ou": "/Workloads", "unit_name": "Work"}),
        ("move-account", {"account": DATA, "to": "/Work/New"}),
    ),
    "disable-policy-type": (
        ("enable-policy-type", {"kind": "rcp"}),
        ("create-ou", {"unit_name": "New"}),
        ("create-account", {"account_name": "new", "email": "new@example.com", "ou": "/New"}),
        ("attach-policy", {"policy": "ProtectAuditTrail", "place": "new@example.com"}),
        ("disable-policy-type", {"kind": "rcp"}),
    ),
    "close-account": (
        ("rename-account", {"account": WEB, "account_name": "renamed"}),
        ("close-account", {"account": "renamed", "confirm": "renamed"}),
    ),
}
# Of these a test of its own tells, for they need people or an AWS account without an organization.
ELSEWHERE = {"create-organization", "credentials", "enable-all-features", "invite-account"}


def as_told(organization: Organization) -> Organization:
    """What two snapshots of the same organization have in common: not when they were read, nor in which order, nor how far AWS
    is with closing an account.
    """
    policies = organization.policies
    known = [replace(policy, description="") for policy in policies.known if policy.id in FULL_ACCESS]
    known = [policy for policy in known if policies.targets.get(policy.id)]
    known += [policy for policy in policies.known if policy.id not in FULL_ACCESS]
    targets = {policy.id: tuple(sorted(policies.targets.get(policy.id, ()))) for policy in known}
    return replace(
        organization,
        read_at=organization.read_at.min,
        units=tuple(_sorted(organization.units)),
        accounts=tuple(
            replace(account, joined_at=None, state=account.state.replace("PENDING_CLOSURE", "CLOSED"))
            for account in _sorted(organization.accounts)
        ),
        policies=replace(policies, known=tuple(_sorted(known)), targets=targets, types=dict(policies.types)),
    )


def _sorted(things: Iterable[Any]) -> Iterator[Any]:
    return iter(sorted(things, key=lambda thing: str(thing.id)))


@pytest.fixture
def _unread(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the organization is not read any more."""
    del workers
    _stop_reading(monkeypatch)


def _stop_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> Organization:
        raise AssertionError("the whole organization was read")

    monkeypatch.setattr(harness, "organization", read)


def knows_what_aws_tells(workers: Workers) -> None:
    assert as_told(workers.snapshot) == as_told(read_organization(bot_aws(), workers.clock))


def done(workers: Workers, request: Request) -> None:
    request = workers.until_done(request)
    assert request.status == Status.SUCCEEDED, request.outcome


def test_every_operation_is_in_the_sweep_or_known_to_be_elsewhere() -> None:
    assert {operation.name for operation in all_operations()} == STORIES.keys() | ELSEWHERE


@pytest.mark.usefixtures("_unread")
@pytest.mark.parametrize("name", STORIES)
def test_after_done_it_is_known(workers: Workers, aws: AwsSandbox, name: str) -> None:
    for operation, params in STORIES[name]:
        done(workers, workers.approved(operation, **params))
    knows_what_aws_tells(workers)


@pytest.mark.usefixtures("_unread")
def test_an_account_that_has_joined_is_known(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("invite-account", who=OUTSIDER, ou="/Security")
    workers.work()
    handshakes = aws.client("organizations").list_handshakes_for_organization(Filter={"ActionType": "INVITE"})
    aws.accept(handshakes["Handshakes"][0]["Id"])
    workers.clock.advance(minutes=5)
    workers.work()
    assert request.id
    knows_what_aws_tells(workers)
    done(workers, workers.approved("tag-account", account="aws-acquired@example.com", tags=["a=b"]))


def test_a_new_organization_is_known_with_all_that_it_begins_with(
    empty: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stop_reading(monkeypatch)
    done(empty, empty.approved("create-organization"))
    knows_what_aws_tells(empty)
    done(empty, empty.approved("create-ou", unit_name="Work"))
    knows_what_aws_tells(empty)


def test_all_features_are_known_to_be_there(empty: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    _stop_reading(monkeypatch)
    done(empty, empty.approved("create-organization", feature_set="billing"))
    knows_what_aws_tells(empty)
    done(empty, empty.approved("enable-all-features"))
    knows_what_aws_tells(empty)


@pytest.mark.usefixtures("_unread")
def test_another_process_knows_it_as_soon_as_it_looks_into_the_database(workers: Workers) -> None:
    before = workers.snapshot
    done(workers, workers.approved("create-ou", unit_name="New"))
    other = Workers.__new__(Workers)
    other.__dict__.update(workers.__dict__, _organization=before)
    other.catch_up()
    assert other.snapshot.find_unit("/New", "ou") == workers.snapshot.find_unit("/New", "ou")


def test_what_is_taken_in_twice_is_the_same_as_once(workers: Workers) -> None:
    organization = workers.snapshot
    root, policy = organization.root, organization.policies.known[0].id
    changes = (
        UnitIs(id="ou-1", name="New", parent=root),
        UnitIs(id="ou-1", name="Newer"),
        AccountIs(id="123456789012", name="new", parent="ou-1"),
        PolicyIs(id="p-1", name="P", type="TAG_POLICY", aws_managed=False),
        Attachment(policy="p-1", target="ou-1", on=True),
        Attachment(policy=policy, target=root, on=False),
        TypeIs(type="RESOURCE_CONTROL_POLICY", status="ENABLED"),
        Gone(id=WEB),
    )
    once = taken_in(organization, changes)
    assert as_told(taken_in(once, changes)) == as_told(once)


def test_a_reading_that_shows_a_type_enabled_is_believed_about_its_attachments(workers: Workers) -> None:
    """Somebody may have detached AWS's own policy since it was enabled."""
    full, audit = FULL_ACCESS[0], AUDIT
    detached = taken_in(workers.snapshot, (Attachment(policy=full, target=audit, on=False),))
    again = taken_in(detached, (TypeIs(type="SERVICE_CONTROL_POLICY", status="ENABLED"),))
    assert audit not in again.policies.targets[full]


def test_what_is_told_in_part_of_something_unknown_is_left_out(workers: Workers) -> None:
    partly = (UnitIs(id="ou-9", name="Gone"), AccountIs(id="9" * 12, state="CLOSED"), PolicyIs(id="p-9", name="Gone"))
    assert taken_in(workers.snapshot, partly) == workers.snapshot
