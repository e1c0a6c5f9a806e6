"""The step that opens a member account: CreateAccount, which has no client token, made safe to recover; and how full the quota of accounts is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from operations.aws.client import Answer
from operations.aws.errors import AwsError, RefusedError
from operations.aws.permissions import Permission
from operations.core.explanations import creation_failure
from operations.core.observations import Done, Facts, Observation, Ready, Waiting
from operations.core.preview import PreviewInput
from operations.core.steps import Step, World
from operations.snapshot.changes import AccountIs, Change

ACCOUNTS_QUOTA = {"ServiceCode": "organizations", "QuotaCode": "L-29A0C5DF"}
NEARLY_FULL = 0.9
QUOTA_PERMISSION = Permission("warn when the account quota is nearly full", ("servicequotas:GetServiceQuota",))

REQUEST_TAG = "orgbot:request"
CLOCK_SKEW = timedelta(minutes=5)
UNDER_WAY = "IN_PROGRESS"
OPEN_PERMISSIONS = (
    Permission(
        "create accounts and follow their creation",
        (
            "organizations:CreateAccount",
            "organizations:DescribeAccount",
            "organizations:DescribeCreateAccountStatus",
            "organizations:ListAccounts",
            "organizations:ListCreateAccountStatus",
            "organizations:ListTagsForResource",
        ),
    ),
    Permission(
        "tag the account while it is created",
        ("organizations:TagResource",),
    ),
    Permission(
        "let AWS Organizations make its service-linked role",
        ("iam:CreateServiceLinkedRole",),
        condition=(("StringEquals", "iam:AWSServiceName", ("organizations.amazonaws.com",)),),
    ),
)


class OpenAccount(Step):
    """Creates one member account and follows it until AWS has finished."""

    key = "open"
    title = "Create the account"
    not_done = "The account was not created."

    def __init__(self, account_name: str, email: str, billing: str, role_name: str, tags: Mapping[str, str]) -> None:
        self._account_name = account_name
        self._email = email
        self._billing = billing
        self._role_name = role_name
        self._tags = dict(tags)

    def observe(self, world: World) -> Observation:
        creation = str(world.memory.get("creation", ""))
        if creation:
            return self._follow(world, creation)
        return self._look_up(world) if world.attempts else Ready()

    def act(self, world: World) -> Observation:
        answer = world.aws.write(
            "organizations",
            "create_account",
            AccountName=self._account_name,
            Email=self._email,
            IamUserAccessToBilling=self._billing,
            RoleName=self._role_name,
            Tags=[{"Key": key, "Value": value} for key, value in (self._tags | {REQUEST_TAG: world.marker}).items()],
        )
        return self._judge(world, answer["CreateAccountStatus"])

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        """AWS puts it into the root."""
        opened = str(memory["account"])
        return (AccountIs(id=opened, name=self._account_name, email=self._email, state="ACTIVE", joined="CREATED"),)

    def _follow(self, world: World, creation: str) -> Observation:
        if creation in world.shared.get("creations under way", lambda: creations_under_way(world)):
            return Waiting("AWS is creating the account.", {"creation": creation})
        status = world.aws.read("organizations", "describe_create_account_status", CreateAccountRequestId=creation)
        return self._judge(world, status["CreateAccountStatus"])

    def _judge(self, world: World, status: Answer) -> Observation:
        if status["State"] == "SUCCEEDED":
            return Done("AWS has created the account.", {"account": status["AccountId"], "creation": status["Id"]})
        if status["State"] == "FAILED":
            return self._failed(world, str(status.get("FailureReason", "")))
        return Waiting("AWS is creating the account.", {"creation": status["Id"]})

    def _failed(self, world: World, reason: str) -> Observation:
        """A failure, unless an earlier send whose answer was lost has made the account, so that its e-mail is taken by ourselves."""
        if reason == "EMAIL_ALREADY_EXISTS" and world.attempts:
            account = self._ours_by_email(world)
            if account:
                return Done("AWS has created the account.", {"account": account})
        return creation_failure(reason)

    def _look_up(self, world: World) -> Observation:
        others = {memory.get("creation") for memory in world.others()}
        candidates = [
            status
            for status in self._creations(world)
            if self._may_be_ours(world, status) and status["Id"] not in others
        ]
        for status in candidates:
            if status["State"] == "SUCCEEDED" and self._is_ours(world, str(status["AccountId"])):
                return self._judge(world, status)
        account = self._ours_by_email(world)
        if account:
            return Done("AWS has created the account.", {"account": account})
        if any(status["State"] == UNDER_WAY for status in candidates):
            return Waiting(
                "AWS is creating an account of this name; whether it is this request's shows when it is finished."
            )
        return _lost_failure(candidates)

    def _creations(self, world: World) -> list[Answer]:
        return list(world.aws.pages("organizations", "list_create_account_status", "CreateAccountStatuses"))

    def _may_be_ours(self, world: World, status: Answer) -> bool:
        named = status.get("AccountName") == self._account_name
        return named and status["RequestedTimestamp"] >= min(world.attempts) - CLOCK_SKEW

    def _ours_by_email(self, world: World) -> str:
        accounts = world.aws.pages("organizations", "list_accounts", "Accounts")
        same = [a["Id"] for a in accounts if str(a.get("Email", "")).casefold() == self._email.casefold()]
        return next((account for account in same if self._has_our_tag(world, account)), "")

    def _is_ours(self, world: World, account: str) -> bool:
        email = world.aws.read("organizations", "describe_account", AccountId=account)["Account"].get("Email", "")
        return str(email).casefold() == self._email.casefold() and self._has_our_tag(world, account)

    def _has_our_tag(self, world: World, account: str) -> bool:
        tags = world.aws.pages("organizations", "list_tags_for_resource", "Tags", ResourceId=account)
        return any(tag["Key"] == REQUEST_TAG and tag["Value"] == world.marker for tag in tags)


def _lost_failure(candidates: list[Answer]) -> Observation:
    """The failure of our own creation, when its answer was lost and only one creation of this name can be meant."""
    failed = [status for status in candidates if status["State"] == "FAILED"]
    return creation_failure(str(failed[0].get("FailureReason", ""))) if len(failed) == 1 else Ready()


def creations_under_way(world: World) -> set[str]:
    """The ids of all creations in flight: one reading for every request that waits for one."""
    pages = world.aws.pages("organizations", "list_create_account_status", "CreateAccountStatuses", States=[UNDER_WAY])
    try:
        return {str(status["Id"]) for status in pages}
    except RefusedError:
        return set()


def quota_warnings(inputs: PreviewInput) -> list[str]:
    """A warning when nine tenths of the account quota are used; nothing when AWS does not tell the quota."""
    try:
        quota = inputs.aws.probe("service-quotas", "get_service_quota", **ACCOUNTS_QUOTA)["Quota"]["Value"]
    except (AwsError, KeyError):
        return []
    used = len(inputs.organization.accounts)
    if used < NEARLY_FULL * quota:
        return []
    return [
        f"{used} of {quota:.0f} accounts of the organization's quota are used; closed accounts and pending invitations count too."
    ]
