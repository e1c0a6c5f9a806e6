"""What the workers share: the database, AWS, Slack's people, the rules, the clock and the settings they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from approvals.authority.directory import Directory
from approvals.authority.rules import BY_NAME, Guards, Rules
from approvals.queue.leases import InHand
from approvals.queue.store import Store
from approvals.queue.worker import Desk, LaterError, Owed, uncounted
from approvals.slack.files import Attached, FileError
from operations.aws.client import Aws
from operations.core.closing import Console
from operations.snapshot.organization import Organization


def no_files(file: str, user: str) -> Attached:
    """Where no files can be read."""
    raise FileError(f"files such as {file} of {user} cannot be read here")


class NotYetError(LaterError):
    """What is needed to judge a request is not there yet; it is tried again."""


@dataclass(frozen=True)
class Pace:
    """How long to wait: before the first poll, before an ambiguous call may be sent again (AWS, Slack), and for a call to leave."""

    poll: timedelta = timedelta(seconds=5)
    longest_poll: timedelta = timedelta(seconds=60)
    settle: timedelta = timedelta(seconds=720)
    slack_settle: timedelta = timedelta(seconds=10)
    guard: timedelta = timedelta(seconds=60)

    def after(self, polls: int, longest: timedelta | None = None) -> timedelta:
        """The wait before the next look, growing by half with each look that brought nothing new, to `longest` at most."""
        return min(self.poll * 1.5 ** min(polls, 30), max(longest or self.longest_poll, self.poll))


@dataclass(frozen=True)
class Handover:
    """How credentials reach their requester: `mode` is dm or reveal; the message is deleted after `delete_after`, at expiry at the latest."""

    mode: Literal["dm", "reveal"] = "dm"
    delete_after: timedelta | None = None


@dataclass(frozen=True)
class Context:
    """`owner` names this process among all that work on the same database; `organization()` is the cached snapshot.

    `catch_up()` takes what was done since into it, from the database; `changed()` has the organization read again.

    `installation` names this database among all; `strange_press()` hears of a press on a card that is none of this database's.
    `set_aside` counts the jobs that are set aside, by kind. `files(file, user)` reads what somebody uploaded. `people` tells
    who somebody is at this moment; `cached_directory` may remember it for a while, for what is only shown or told. What is over
    is pruned after `keep`, or never when that is 0. `glancing` is AWS asked with short time-outs, for what is only good to know;
    without it, `aws` is asked. While it is `quarantined()`, nothing is changed in AWS: see approvals.request.quarantine.
    """

    owner: str
    store: Store
    aws: Aws
    people: Directory
    cached_directory: Directory
    rules: Callable[[], Rules]
    clock: Callable[[], datetime]
    organization: Callable[[], Organization | None]
    changed: Callable[[], None]
    catch_up: Callable[[], None]
    pace: Pace
    console: Console
    approval_channel: str
    limits: Limits
    guards: Callable[[], Guards] = lambda: BY_NAME
    handover: Handover = Handover()
    files: Callable[[str, str], Attached] = no_files
    installation: str = ""
    strange_press: Callable[[], None] = lambda: None
    set_aside: Callable[[str], None] = uncounted
    glancing: Aws | None = None
    owed: Owed = field(default_factory=set)
    in_hand: InHand = field(default_factory=InHand)
    keep: timedelta = timedelta(0)
    quarantined: Callable[[], bool] = lambda: False

    @property
    def desk(self) -> Desk:
        """What a job needs to be claimed, given back and set aside."""
        return Desk(self.owner, self.store, self.clock, self.pace.after, self.set_aside, self.owed, self.in_hand)

    def snapshot(self) -> Organization:
        """The organization as it was read last; raises NotYetError before that."""
        organization = self.organization()
        if organization is None:
            raise NotYetError("the organization has not been read yet")
        return organization

    def held_by(self, owner: str) -> Context:
        """The same for the one claim in hand: what it writes is guarded by its own lease."""
        return replace(self, owner=owner)


@dataclass(frozen=True)
class Limits:
    """For one person; 0 is no limit."""

    per_hour: int = 0
    pending: int = 0
    clicks: int = 0
    """A minute."""
