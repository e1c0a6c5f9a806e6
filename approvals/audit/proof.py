"""Is what the tables say of a request borne out by the audit: that it was filed so, voted upon so, and came to its status by the
allowed ways? One answer for the bot before it acts and for `orgbot audit verify`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from approvals.states import EXECUTING, WAYS, Status

FILED = "request.filed"
RULES_CHANGED = "request.rules_changed"
GLASS = "request.break_glass"
VOTES = {"vote.approve": "approve", "vote.deny": "deny"}
WITHDRAWN = "vote.withdrawn"
TRANSITIONS = {f"request.{status.value}": status for status in Status}
TELLING = frozenset({FILED, RULES_CHANGED, GLASS, WITHDRAWN, *VOTES, *TRANSITIONS})  # The events whose detail counts.
EXECUTED = frozenset({"aws.call", "credentials.issued", "credentials.undelivered"})
SPELLED = {
    "approve": "approval",
    "deny": "denial",
    "approvals": "number of approvals",
    "break_glass": "breaking of the glass",
}
ORGBOT = "orgbot"


class Ballot(NamedTuple):
    """One vote, as the row or the record has it."""

    user: str
    decision: str
    digest: str

    def __str__(self) -> str:
        return f"the {SPELLED.get(self.decision, self.decision)} of {self.user}"


@dataclass(frozen=True)
class Claim:
    """What the tables say of a request; `actual` is the digest of what would run."""

    operation: str
    requester: str
    status: str
    rule: str
    rules: tuple[str, ...]
    approvals: int
    break_glass: bool
    digest: str
    actual: str
    ballots: frozenset[Ballot] = frozenset()


@dataclass
class Story:
    """What the audit says of a request, told record by record in their order. The newest filing counts, and what follows it."""

    filing: dict[str, Any] | None = None
    filed_by: str = ""
    ballots: dict[str, Ballot] = field(default_factory=dict)
    broken_by: str = ""
    approved_by: str = ""
    status: Status = Status.PENDING
    digests: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    executed: bool = False

    def tell(self, event: str, actor: str, detail: Any) -> None:
        """Takes one record in; `detail` is looked at for TELLING events only."""
        said = detail if isinstance(detail, dict) else {}
        if event == FILED:
            self.filing, self.filed_by, self.digests = said, actor, set()
        elif event == RULES_CHANGED and self.filing is not None:
            self.filing = {**self.filing, **said}
        elif event in VOTES:
            self.ballots[actor] = Ballot(actor, VOTES[event], str(said.get("digest", "")))
        elif event == WITHDRAWN:
            self.ballots.pop(str(said.get("of", actor)), None)
        elif event == GLASS:
            self.broken_by = actor
        elif event in TRANSITIONS:
            self._goes(TRANSITIONS[event], actor, str(said.get("digest", "")))
        self.executed = self.executed or event in EXECUTED

    def _goes(self, to: Status, actor: str, digest: str) -> None:
        if to not in WAYS.get(self.status, frozenset()):
            self.odd.append(f"the audit has it {self.status}, then {to}, and nothing in between")
        if to == Status.APPROVED:
            self.approved_by = actor
        self.status = to
        self.digests.add(digest)


def shortfalls(claim: Claim, story: Story, *, runs: bool = False) -> list[str]:
    """What the audit lacks of what the tables say, a clause each; empty when they agree.

    What is to run (`runs`), is running or has run must besides have been approved.
    """
    found = [*story.odd, *_filing(claim, story), *_ballots(claim, story)]
    if story.status != claim.status:
        found.append(f"it is {claim.status}, while the audit has it {story.status}")
    if any(digest != claim.digest for digest in story.digests):
        found.append("what was decided upon is not what it is now")
    if runs or story.executed or claim.status in EXECUTING:
        found += _approval(claim, story)
    return found


def _filing(claim: Claim, story: Story) -> Iterator[str]:
    if story.filing is None:
        if claim.digest:
            yield "its filing is not in the audit"
        return
    if claim.actual != claim.digest:
        yield "its content was changed after it was filed"
    if story.filing.get("digest") != claim.digest:
        yield "its digest is not the one that was filed"
    now = {
        "operation": claim.operation,
        "rule": claim.rule,
        "rules": list(claim.rules),
        "approvals": claim.approvals,
        "break_glass": claim.break_glass,
    }
    for name, value in now.items():
        if story.filing.get(name, value) != value:
            yield f"its {SPELLED.get(name, name)} is not the one that was filed"
    if story.filed_by != claim.requester:
        yield f"{story.filed_by} filed it, not {claim.requester}"


def _ballots(claim: Claim, story: Story) -> Iterator[str]:
    told = frozenset(story.ballots.values())
    for ballot in sorted(claim.ballots - told):
        yield f"{ballot} is not in the audit"
    for ballot in sorted(told - claim.ballots):
        if ballot.digest == claim.digest:
            yield f"{ballot} is in the audit only"


def _approval(claim: Claim, story: Story) -> Iterator[str]:
    if story.filing is None and not claim.digest:
        yield "its filing is not in the audit"
    if not story.approved_by:
        yield "its approval is not in the audit"
        return
    given = {vote.user for vote in story.ballots.values() if (vote.decision, vote.digest) == ("approve", claim.digest)}
    if claim.break_glass:
        allowed = {claim.requester} & {story.broken_by}
    else:
        allowed = given if claim.approvals else {ORGBOT}
        if len(given) < claim.approvals:
            yield f"the audit has {len(given)} of {claim.approvals} approvals"
    if story.approved_by not in allowed:
        yield f"{story.approved_by} could not approve it"
