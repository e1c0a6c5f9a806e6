"""What is known to have changed is taken in without a guess: what AWS did not tell stays unknown until a change tells all of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from operations.aws.errors import UnknownError
from operations.core.fields import BY_KIND, FieldKind, whole
from operations.snapshot.changes import AccountIs, Attachment, Change, Gone, PolicyIs, TypeIs, UnitIs
from operations.snapshot.organization import Organization
from operations.snapshot.policies import AWS_OWN
from operations.snapshot.policy_types import RCP, SCP, policy_types
from tests.harness.organizations import DENY, FULL, IDLE, STAGING, with_policies
from tests.harness.tables import each_of

WHY = "ListTargetsForPolicy was denied"
NEW = UnitIs(id="ou-1-new", name="New", parent="r-1")
CHANGES: tuple[Change, ...] = (
    NEW,
    UnitIs(id="ou-1-work", name="Renamed"),
    AccountIs(id="8" * 12, name="new"),
    AccountIs(id=STAGING, parent="r-1"),
    PolicyIs(id="p-new00001", name="New", type=SCP, aws_managed=False),
    PolicyIs(id=FULL.id, name="FullAWSAccess", type=SCP),
    PolicyIs(id=DENY.id, name="Renamed"),
    *(Attachment(policy=policy.id, target=STAGING, on=on) for policy in (DENY, FULL, IDLE) for on in (True, False)),
    *(TypeIs(type=kind, status=status) for kind in (SCP, RCP) for status in ("ENABLED", "PENDING_DISABLE", "")),
    *(Gone(id=gone) for gone in (DENY.id, FULL.id, STAGING, "ou-1-work")),
)


def untold(*policies: str) -> Organization:
    """The organization of which AWS did not tell to what these policies are attached."""
    told = with_policies()
    targets = {policy: found for policy, found in told.policies.targets.items() if policy not in policies}
    return replace(told, policies=replace(told.policies, targets=targets, unread=dict.fromkeys(policies, WHY)))


def unlisted() -> Organization:
    """The organization of which AWS did not tell which service control policies there are."""
    told = with_policies()
    known = tuple(policy for policy in told.policies.known if policy.type != SCP)
    targets = {policy.id: told.policies.targets[policy.id] for policy in known}
    return replace(told, policies=replace(told.policies, known=known, targets=targets, unread={SCP: WHY}))


@each_of("change", CHANGES, ids=repr)
@each_of("before", [with_policies(), untold(FULL.id), untold(DENY.id, FULL.id, IDLE.id), unlisted()], ids=range(4))
def test_of_each_policy_it_is_known_where_it_is_attached_or_why_not(before: Organization, change: Change) -> None:
    policies = change.taken_in(before).policies
    assert policies.targets.keys().isdisjoint(policies.unread)
    assert policies.by_id.keys() == policies.targets.keys() | policies.unread.keys() - {*policy_types()}


@pytest.mark.parametrize("before", [untold(FULL.id), unlisted()], ids=["untold", "unlisted"])
@pytest.mark.parametrize("change", [NEW, AccountIs(id="8" * 12, name="new")], ids=["unit", "account"])
def test_what_is_new_does_not_make_an_unknown_attachment_the_only_one(before: Organization, change: Change) -> None:
    """Else AWS's own policy would seem to reach one place, and the rule of that place alone would decide."""
    after = change.taken_in(before)
    assert not after.policies.is_told(FULL.id)
    assert BY_KIND[FieldKind.POLICY](after, FULL.id).units == whole(after).units
    assert after.policies.gaps() == before.policies.gaps() != ()


def test_what_is_new_has_the_policy_of_aws_too() -> None:
    assert NEW.id in NEW.taken_in(with_policies()).policies.targets[FULL.id]


def test_a_type_that_is_off_has_no_attachments_and_nothing_about_them_is_unknown() -> None:
    policies = TypeIs(type=SCP, status="").taken_in(untold(DENY.id)).policies
    assert policies.targets[DENY.id] == ()
    assert policies.gaps() == ()


def test_a_type_that_is_enabled_has_its_own_policy_everywhere() -> None:
    off = TypeIs(type=SCP, status="").taken_in(untold(FULL.id))
    on = TypeIs(type=SCP, status="ENABLED").taken_in(off)
    assert set(on.policies.targets[AWS_OWN[SCP].id]) == {*on.units_by_id, *on.accounts_by_id}
    assert on.policies.gaps() == ()


def test_of_a_policy_that_is_gone_nothing_is_unknown() -> None:
    policies = Gone(id=DENY.id).taken_in(untold(DENY.id)).policies
    assert policies.missing() == policies.gaps() == ()
    with pytest.raises(UnknownError, match="no policy named"):
        policies.find(DENY.id, "policy")
