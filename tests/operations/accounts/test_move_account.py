"""A move as its approvers see it: the policies that the account loses and gains, and what speaks against it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from operations.accounts.move_account import MoveAccount, MoveTo
from operations.aws.client import Answer, Aws
from operations.aws.errors import FieldError, RefusedError
from operations.core.observations import Done, Observation, Ready, Stale
from operations.core.preview import Preview, PreviewInput, caution
from operations.core.steps import Shared, World
from operations.snapshot.organization import Organization
from tests.harness.organizations import DENY, FULL, IDLE, OWNER, STAGING, with_policies
from tests.harness.tables import each_of

ROOT, WORK, STAG, PROD = "r-1", "ou-1-work", "ou-1-stag", "ou-1-prod"
OLD, MANAGEMENT = "333333333333", "111111111111"
SAME = ("The same policies apply to the account in both places",)


class Tree(Aws):
    """AWS, in which the account is in `parent`; `gone` are the OUs that are no longer there, and a move meets `refusal`."""

    def __init__(
        self, parent: str = STAG, gone: tuple[str, ...] = (), refusal: str = "", state: str = "ACTIVE"
    ) -> None:
        self.parent, self.gone, self.refusal, self.state = parent, gone, refusal, state
        self.moves: list[Answer] = []
        self.looked_at: list[str] = []

    def read(self, service: str, method: str, **params: Any) -> Answer:
        if method == "list_parents":
            return {"Parents": [{"Id": self.parent}]}
        if method == "describe_account":
            return {"Account": {"Id": params["AccountId"], "State": self.state}}
        unit = params["OrganizationalUnitId"]
        self.looked_at.append(unit)
        if unit in self.gone:
            raise RefusedError(method, "", code="OrganizationalUnitNotFoundException")
        return {"OrganizationalUnit": {"Id": unit, "Name": "Named"}}

    def write(self, service: str, method: str, **params: Any) -> Answer:
        if self.refusal:
            raise RefusedError(method, "", code=self.refusal)
        self.moves.append(params)
        return {}


def attached(**targets: tuple[str, ...]) -> Organization:
    """The small organization in which the policies are attached so, and nowhere else."""
    organization = with_policies()
    ids = {"deny": DENY.id, "full": FULL.id, "owner": OWNER.id, "idle": IDLE.id}
    found = {ids[name]: places for name, places in targets.items()}
    return replace(organization, policies=replace(organization.policies, targets=found))


def preview(organization: Organization, to: str, aws: Aws | None = None, account: str = STAGING) -> Preview:
    return MoveAccount(account=account, to=to).preview(PreviewInput(organization, aws or Tree()))


LEAVE, OWNERS = "DenyLeave (Service control policy)", "OwnerTag (Tag policy)"


@each_of(
    ("targets", "hits"),
    [
        ({}, SAME),
        ({"deny": (WORK,), "full": (ROOT, WORK, STAG, PROD), "owner": (ROOT,)}, SAME),
        ({"deny": (STAG, PROD)}, SAME),
        ({"deny": (STAGING,)}, SAME),
        (
            {"deny": (STAG,)},
            ("The account loses 1 policy and gains no policy", f"no longer: {LEAVE} of /Workloads/Staging"),
        ),
        (
            {"deny": (PROD,)},
            ("The account loses no policy and gains 1 policy", f"from now on: {LEAVE} of /Workloads/Production"),
        ),
        (
            {"deny": (STAG,), "owner": (PROD,)},
            (
                "The account loses 1 policy and gains 1 policy",
                f"no longer: {LEAVE} of /Workloads/Staging",
                f"from now on: {OWNERS} of /Workloads/Production",
            ),
        ),
        ({"deny": (STAG,), "owner": (STAG,), "idle": (STAG, WORK)}, "The account loses 2 policies and gains no policy"),
        ({"deny": (PROD,), "owner": (PROD,), "idle": (PROD, STAG)}, "The account loses no policy and gains 2 policies"),
    ],
)
def test_a_move_says_which_policies_the_account_loses_and_gains(
    targets: dict[str, tuple[str, ...]], hits: tuple[str, ...] | str
) -> None:
    found = preview(attached(**targets), PROD).hits
    assert (found[0] if isinstance(hits, str) else found) == hits


@pytest.mark.parametrize(
    ("source", "to", "hits"),
    [
        (ROOT, STAG, ("The account loses no policy and gains 1 policy", f"from now on: {LEAVE} of /Workloads")),
        (STAG, ROOT, ("The account loses 1 policy and gains no policy", f"no longer: {LEAVE} of /Workloads")),
        (STAG, WORK, SAME),
    ],
)
def test_what_is_attached_above_a_place_counts_there(source: str, to: str, hits: tuple[str, ...]) -> None:
    organization = attached(deny=(WORK,), owner=(ROOT,))
    assert preview(organization, to, Tree(source)).hits == hits


def test_what_is_attached_twice_on_the_way_is_one_policy() -> None:
    hits = preview(attached(deny=(WORK, STAG)), ROOT).hits
    assert hits == ("The account loses 1 policy and gains no policy", f"no longer: {LEAVE} of /Workloads/Staging")


def test_what_could_not_be_read_is_never_said_to_stay_the_same() -> None:
    """The policies that are known to come or to go are named all the same."""
    for known, named in (({}, ()), ({"deny": (PROD,)}, (f"from now on: {LEAVE} of /Workloads/Production",))):
        organization = attached(**known)
        unread = replace(organization.policies, unread={OWNER.id: "ListTargetsForPolicy was denied"})
        hits = preview(replace(organization, policies=unread), PROD).hits
        assert hits == ("What the account loses and gains could not be read in full", *named)


def test_the_management_account_is_bound_by_no_service_control_policy_wherever_it_is() -> None:
    """Source: AWS Organizations User Guide, "Service control policies": they don't affect the management account."""
    organization = attached(deny=(STAG,), owner=(STAG,))
    assert preview(organization, STAG, Tree(ROOT), MANAGEMENT).hits == (
        "The account loses no policy and gains 1 policy",
        f"from now on: {OWNERS} of /Workloads/Staging",
    )


@pytest.mark.parametrize("state", ["CLOSED", "PENDING_CLOSURE", "SUSPENDED"])
def test_an_account_that_aws_does_not_move_is_not_put_before_approvers(state: str) -> None:
    with pytest.raises(FieldError, match=f"the account is {state}, and AWS moves none that is closed or suspended"):
        preview(attached(), PROD, Tree(state=state))


def test_an_account_that_is_not_active_yet_is_warned_of() -> None:
    found = preview(attached(), PROD, Tree(state="PENDING_ACTIVATION"))
    assert found.warnings == (caution("The account is PENDING_ACTIVATION, not ACTIVE."),)
    assert preview(attached(), PROD).warnings == ()


def test_the_place_it_leaves_is_the_one_that_aws_tells_and_not_the_picture() -> None:
    found = preview(attached(), PROD, Tree(WORK))
    assert found.precondition == {"source": WORK}
    assert [(fact.label, fact.value) for fact in found.facts[1:]] == [
        ("From", "/Workloads"),
        ("To", "/Workloads/Production"),
    ]
    assert found.plan == ("Move the account from /Workloads to /Workloads/Production (MoveAccount).",)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(FieldError, match="already in /Workloads/Staging"):
        preview(attached(), STAG)
    with pytest.raises(FieldError, match="/Workloads/Production no longer exists"):
        preview(attached(), PROD, Tree(gone=(PROD,)))


def test_whether_the_root_exists_is_not_asked() -> None:
    aws = Tree()
    preview(attached(), ROOT, aws)
    assert aws.looked_at == []


@pytest.mark.parametrize(("parent", "kind"), [(PROD, Done), (STAG, Ready), (WORK, Stale)])
def test_a_move_looks_where_the_account_is(parent: str, kind: type[Observation]) -> None:
    step = MoveTo(PROD, account=STAGING, source=STAG)
    assert isinstance(step.observe(World(Tree(parent), Shared(), "m", {})), kind)


def test_a_move_names_the_place_that_was_approved() -> None:
    aws = Tree()
    MoveTo(PROD, account=STAGING, source=STAG).act(World(aws, Shared(), "m", {}))
    assert aws.moves == [{"AccountId": STAGING, "SourceParentId": STAG, "DestinationParentId": PROD}]


def test_a_refusal_is_told() -> None:
    step = MoveTo(PROD, account=STAGING, source=STAG)
    with pytest.raises(RefusedError):
        step.act(World(Tree(refusal="AccessDeniedException"), Shared(), "m", {}))
