"""The step that opens a member account: CreateAccount, which has no client token, made safe to recover; and how full the quota of accounts is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from operations.aws.client import Answer
from operations.aws.errors import AwsError, RefusedError
from operations.aws.permissions import Permission
from operations.aws.reasons import meaning_of
from operations.aws.sorting import Next
from operations.core.explanations import creation_failure
from operations.core.observations import Done, Facts, Failed, NotNow, Observation, Ready, Waiting
from operations.core.preview import Fact, PreviewInput
from operations.core.steps import Step, World
from operations.snapshot.changes import AccountIs, Change
from operations.snapshot.organization import state_of

ACCOUNTS_QUOTA = {"ServiceCode": "organizations", "QuotaCode": "L-29A0C5DF"}
NEARLY_FULL = 0.9
QUOTA_PERMISSION = Permission("warn when the account quota is nearly full", ("servicequotas:GetServiceQuota",))

REQUEST_TAG = "orgbot:request"
CLOCK_SKEW = timedelta(minutes=5)
UNDER_WAY = "IN_PROGRESS"
PENDING = "PENDING_ACTIVATION"
CREATING = "AWS is creating the account."
FAILED = "failed creations"  # In a request's memory: those that have ended for a reason that passes.
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

    def act(self, world: World) -> Facts:
        answer = world.aws.write(
            "organizations",
            "create_account",
            AccountName=self._account_name,
            Email=self._email,
            IamUserAccessToBilling=self._billing,
            RoleName=self._role_name,
            Tags=[{"Key": key, "Value": value} for key, value in (self._tags | _mark(world)).items()],
        )
        return {"creation": str(answer["CreateAccountStatus"]["Id"])}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        """AWS puts it into the root."""
        opened = str(memory["account"])
        return (AccountIs(id=opened, name=self._account_name, email=self._email, state="ACTIVE", joined="CREATED"),)

    def _follow(self, world: World, creation: str) -> Observation:
        if creation in world.shared.get("creations under way", lambda: creations_under_way(world)):
            return Waiting(CREATING, {"creation": creation})
        try:
            status = world.aws.read("organizations", "describe_create_account_status", CreateAccountRequestId=creation)
        except RefusedError as error:
            if error.code != "CreateAccountStatusNotFoundException":
                raise
            return Ready()
        return self._judge(world, status["CreateAccountStatus"])

    def _judge(self, world: World, status: Answer) -> Observation:
        learned = {"creation": str(status["Id"])}
        if status["State"] == "FAILED":
            return self._failed(world, status)
        if status["State"] != "SUCCEEDED":
            return Waiting(CREATING, learned)
        return self._shown(world, str(status["AccountId"]), learned)

    def _shown(self, world: World, account: str, learned: Facts) -> Observation:
        """AWS says that it has created the account; it is there when the organization shows it as one that can be used."""
        state = self._state(world, account)
        if state is None or state == PENDING:
            how = f" as ACTIVE; it is {state}" if state else ""
            return Waiting(f"AWS has created the account. Waiting until the organization shows it{how}.", learned)
        if state not in ("", "ACTIVE"):
            return Failed(
                f"AWS has created the account {account}, and it is {state} already.", "Look at `/org account`."
            )
        return Done("AWS has created the account.", {"account": account, **learned})

    def _failed(self, world: World, status: Answer) -> Observation:
        """A failure, unless an earlier send whose answer was lost has made the account, so that its e-mail is taken by ourselves.

        One for a reason that passes is remembered, and the account is asked for again.
        """
        reason = str(status.get("FailureReason", ""))
        if reason == "EMAIL_ALREADY_EXISTS" and world.attempts:
            account = self._ours_by_email(world)
            if account:
                return Done("AWS has created the account.", {"account": account})
        if meaning_of("", reason).next is Next.WAIT:
            return NotNow(reason, {"creation": "", FAILED: [*world.memory.get(FAILED, ()), str(status["Id"])]})
        return creation_failure(reason)

    def _look_up(self, world: World) -> Observation:
        candidates = self._candidates(world)
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
        return self._lost_failure(world, candidates)

    def _lost_failure(self, world: World, candidates: list[Answer]) -> Observation:
        """The failure of our own creation, when its answer was lost and only one creation of this name can be meant."""
        failed = [status for status in candidates if status["State"] == "FAILED"]
        return self._failed(world, failed[0]) if len(failed) == 1 else Ready(again=bool(world.memory.get(FAILED)))

    def _candidates(self, world: World) -> list[Answer]:
        """The creations that may be those of a send whose answer was lost."""
        known = {creation for memory in (world.memory, *world.others()) for creation in memory.get(FAILED, ())}
        known |= {str(memory.get("creation")) for memory in world.others()}
        return [
            status
            for status in self._creations(world)
            if self._may_be_ours(world, status) and status["Id"] not in known
        ]

    def _creations(self, world: World) -> list[Answer]:
        return list(world.aws.pages("organizations", "list_create_account_status", "CreateAccountStatuses"))

    def _may_be_ours(self, world: World, status: Answer) -> bool:
        named = status.get("AccountName") == self._account_name
        return named and status["RequestedTimestamp"] >= min(world.attempts) - CLOCK_SKEW

    def _ours_by_email(self, world: World) -> str:
        accounts = world.aws.pages("organizations", "list_accounts", "Accounts")
        same = [a["Id"] for a in accounts if str(a.get("Email", "")).casefold() == self._email.casefold()]
        return next((account for account in same if self._has_our_tag(world, account)), "")

    def _state(self, world: World, account: str) -> str | None:
        """The account's state; None until the organization shows it."""
        try:
            found = world.aws.read("organizations", "describe_account", AccountId=account)["Account"]
        except RefusedError as error:
            if error.code != "AccountNotFoundException":
                raise
            return None
        return state_of(found)

    def _is_ours(self, world: World, account: str) -> bool:
        email = world.aws.read("organizations", "describe_account", AccountId=account)["Account"].get("Email", "")
        return str(email).casefold() == self._email.casefold() and self._has_our_tag(world, account)

    def _has_our_tag(self, world: World, account: str) -> bool:
        tags = world.aws.pages("organizations", "list_tags_for_resource", "Tags", ResourceId=account)
        return any(tag["Key"] == REQUEST_TAG and tag["Value"] == world.marker for tag in tags)


def _mark(world: World) -> dict[str, str]:
    """The tag by which the account is found again; none where nobody will look for it."""
    return {REQUEST_TAG: world.marker} if world.marker else {}


def creations_under_way(world: World) -> set[str]:
    """The ids of all creations in flight: one reading for every request that waits for one."""
    pages = world.aws.pages("organizations", "list_create_account_status", "CreateAccountStatuses", States=[UNDER_WAY])
    try:
        return {str(status["Id"]) for status in pages}
    except RefusedError:
        return set()


@dataclass(frozen=True)
class Quota:
    """What a card says of the account quota: a warning when it is nearly full, a fact when it was not looked at."""

    warnings: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()


def look_at_quota(inputs: PreviewInput) -> Quota:
    """A warning when nine tenths of the account quota are used; what AWS does not tell in time is said."""
    try:
        answer = inputs.optional(
            "GetServiceQuota", lambda aws: aws.read("service-quotas", "get_service_quota", **ACCOUNTS_QUOTA)
        )
        most = float(answer["Quota"]["Value"])
    except AwsError as error:
        return Quota(facts=(Fact(label="Not looked at", value=f"The account quota: {error.unread}"),))
    used = len(inputs.organization.accounts)
    if used < NEARLY_FULL * most:
        return Quota()
    said = f"{used} of {most:.0f} accounts of the organization's quota are used; closed accounts and pending invitations count too."
    return Quota((said,))
