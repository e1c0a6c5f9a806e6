"""A send whose answer was lost: whether it took effect is told by name, time, e-mail address and mark, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations.accounts.invitations import Invite
from operations.accounts.open_account import CLOCK_SKEW, REQUEST_TAG, OpenAccount
from operations.aws.client import Answer, Aws
from operations.core.observations import Done, Failed, Observation, Ready, Waiting
from operations.core.steps import Shared, World
from tests.harness.tables import each_of

SENT = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LATER = SENT + timedelta(hours=13)
WEB, OTHER = "222222222222", "333333333333"


class Listing(Aws):
    """AWS's answers as a test puts them; what it does not know fails the test."""

    def __init__(self, *listed: Answer, accounts: Sequence[tuple[str, str, str]] = ()) -> None:
        self.listed = listed
        self.accounts = accounts
        self.asked: list[str] = []

    def pages(self, service: str, method: str, key: str, **params: Any) -> Iterator[Any]:
        self.asked.append(method)
        if method == "list_accounts":
            yield from ({"Id": account, "Email": email} for account, email, _ in self.accounts)
        elif method == "list_tags_for_resource":
            marks = [mark for account, _, mark in self.accounts if account == params["ResourceId"]]
            yield from ({"Key": REQUEST_TAG, "Value": mark} for mark in marks)
        else:
            yield from self.listed

    def read(self, service: str, method: str, **params: Any) -> Answer:
        self.asked.append(method)
        (email,) = (email for account, email, _ in self.accounts if account == params["AccountId"])
        return {"Account": {"Email": email}}


def creation(state: str, at: datetime = SENT, name: str = "web", **more: Any) -> Answer:
    return {"Id": "car-1", "AccountName": name, "State": state, "RequestedTimestamp": at, **more}


def failed(at: datetime = SENT, name: str = "web") -> Answer:
    return creation("FAILED", at, name, FailureReason="ACCOUNT_LIMIT_EXCEEDED")


def observed(aws: Aws, *attempts: datetime, others: Sequence[Mapping[str, Any]] = ()) -> Observation:
    step = OpenAccount("web", "web@example.com", "ALLOW", "Role", {})
    return step.observe(World(aws, Shared(), "our mark", {}, attempts, lambda: others))


def test_before_the_first_send_nothing_is_looked_up() -> None:
    aws = Listing(failed())
    assert observed(aws) == Ready()
    assert aws.asked == []


@each_of("attempts", [(SENT,), (SENT, LATER), (LATER, SENT)], ids=["one", "far apart", "in any order"])
@each_of(
    ("at", "kind"),
    [
        (SENT - CLOCK_SKEW - SECOND, Ready),
        (SENT - CLOCK_SKEW, Failed),
        (SENT - CLOCK_SKEW + SECOND, Failed),
        (SENT, Failed),
        (SENT + SECOND, Failed),
        (LATER + CLOCK_SKEW, Failed),
    ],
)
def test_a_creation_may_be_ours_from_five_minutes_before_the_first_send_on(
    attempts: tuple[datetime, ...], at: datetime, kind: type[Observation]
) -> None:
    """The clocks of AWS and of the bot may be so far apart; and of two sends the first may be the one that took effect."""
    assert isinstance(observed(Listing(failed(at)), *attempts), kind)


def test_a_creation_that_is_under_way_is_waited_for() -> None:
    assert isinstance(observed(Listing(creation("IN_PROGRESS")), SENT), Waiting)
    assert observed(Listing(creation("IN_PROGRESS", SENT - CLOCK_SKEW - SECOND)), SENT) == Ready()


def test_of_two_failures_nobody_knows_which_is_ours() -> None:
    assert observed(Listing(failed(), failed(LATER)), SENT, LATER) == Ready()


def test_a_creation_of_another_name_or_of_another_request_is_not_ours() -> None:
    assert observed(Listing(failed(name="webshop")), SENT) == Ready()
    assert observed(Listing(failed()), SENT, others=[{"creation": "car-1"}]) == Ready()
    assert isinstance(observed(Listing(failed()), SENT, others=[{"creation": "car-2"}, {}]), Failed)


@pytest.mark.parametrize(
    ("email", "mark", "ours"),
    [
        ("web@example.com", "our mark", True),
        ("WEB@Example.com", "our mark", True),
        ("web@example.com", "another mark", False),
        ("other@example.com", "our mark", False),
    ],
)
def test_an_account_is_ours_by_its_address_and_our_mark_however_old_it_is(email: str, mark: str, *, ours: bool) -> None:
    accounts = [(OTHER, "web@example.com", "theirs"), (WEB, email, mark)]
    found = observed(Listing(creation("SUCCEEDED", AccountId=WEB), accounts=accounts), SENT)
    forgotten = observed(Listing(accounts=accounts), SENT)
    for observation in (found, forgotten):
        assert isinstance(observation, Done) is ours
        assert not isinstance(observation, Done) or observation.learned["account"] == WEB


def invitation(at: datetime, state: str) -> Answer:
    parties = [{"Type": "ACCOUNT", "Id": WEB}]
    return {"Id": "h-1", "State": state, "Action": "INVITE", "Parties": parties, "RequestedTimestamp": at} | {
        "ExpirationTimestamp": at + timedelta(days=15)
    }


@pytest.mark.parametrize("attempts", [(SENT,), (SENT, LATER)], ids=["one", "far apart"])
@pytest.mark.parametrize(
    ("at", "kind"), [(SENT - CLOCK_SKEW - SECOND, Ready), (SENT - CLOCK_SKEW, Failed), (SENT, Failed)]
)
def test_an_invitation_is_ours_from_the_same_moment_on(
    attempts: tuple[datetime, ...], at: datetime, kind: type[Observation]
) -> None:
    world = World(Listing(invitation(at, "DECLINED")), Shared(), "our mark", {}, attempts)
    assert isinstance(Invite(WEB, "", {}).observe(world), kind)


@pytest.mark.parametrize(
    ("state", "kind", "said"),
    [
        (None, Done, "AWS has created the account."),
        ("ACTIVE", Done, "AWS has created the account."),
        ("PENDING_ACTIVATION", Waiting, "shows it as ACTIVE; it is PENDING_ACTIVATION."),
        ("CLOSED", Failed, f"AWS has created the account {WEB}, and it is CLOSED already."),
    ],
)
def test_it_is_ready_when_the_organization_shows_it_as_one_that_can_be_used(
    state: str | None, kind: type[Observation], said: str
) -> None:
    class Telling(Listing):
        def read(self, service: str, method: str, **params: Any) -> Answer:
            if method == "describe_create_account_status":
                return {"CreateAccountStatus": creation("SUCCEEDED", AccountId=WEB)}
            return {"Account": {"Id": WEB} | ({"State": state} if state else {})}

    step = OpenAccount("web", "web@example.com", "ALLOW", "Role", {})
    found = step.observe(World(Telling(), Shared(), "our mark", {"creation": "car-1"}, (SENT,)))
    assert isinstance(found, kind)
    assert said in found.say  # type: ignore[union-attr]
