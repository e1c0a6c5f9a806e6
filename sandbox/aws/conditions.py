"""The circumstances in which the stand-in works: its clock, how long AWS takes, quotas, planned failures."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

MANAGEMENT_ACCOUNT = "111111111111"
MANAGEMENT_EMAIL = "aws-management@example.com"
MANAGEMENT_NAME = "fullback-management"


class Clock:
    """The time as AWS sees it: this machine's, plus what `advance` added."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, by: timedelta) -> None:
        """Let `by` pass at once."""
        self._ahead += by


@dataclass
class Conditions:
    """What a test or the demo may change while the stand-in runs; seconds unless said otherwise.

    `account_quota` counts as AWS counts: members of every state, the management account, creations in flight and pending
    invitations. `lag_seconds` is how long new accounts and creations are missing in lists. `role_seconds` is how long a new account's role can't be assumed yet. `paths` off leaves out `Paths` and
    `Path`, as older partitions do. `partition` is AWS's, and `home` the Region of its global services; `session_tags` is how much
    of the room for a session's tags and policy (in percent) those that the caller's own session passes on take.
    """

    clock: Clock = field(default_factory=Clock)
    creation_seconds: float = 3.0
    policy_type_seconds: float = 1.0
    closing_seconds: float = 3.0
    role_seconds: float = 0.0
    lag_seconds: float = 0.0
    account_quota: int = 50
    creations_at_once: int = 5
    paths: bool = True
    partition: str = "aws"
    home: str = "us-east-1"
    session_tags: int = 0
    failures: deque[str] = field(default_factory=deque)
    outside_emails: dict[str, str] = field(default_factory=dict)
