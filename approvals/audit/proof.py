"""Is what the tables say of a request borne out by the audit: that it was filed so, voted upon so, and came to its status by the
allowed ways? One answer for the bot before it acts and for `orgbot audit verify`. Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from approvals.audit.chain import CALL, ORGBOT, UNKNOWN
from approvals.models import TITLE
from approvals.states import EXECUTING, WAYS, Outcome, Status
from approvals.views import hindered, on_hold, thread

FILED = "request.filed"
RULES_CHANGED = "request.rules_changed"
GLASS = "request.break_glass"
ESCALATED = "request.escalated"
DOUBTED = "request.doubted"  # After a restore: whether it had begun is to be seen in AWS.
LEARNED = "request.learned"
WISHED = "request.asked."  # Followed by the Control's key.
VOTES = {"vote.approve": "approve", "vote.deny": "deny"}
WITHDRAWN = "vote.withdrawn"
TRANSITIONS = {f"request.{status.value}": status for status in Status}
TELLING = frozenset(
    {FILED, RULES_CHANGED, GLASS, WITHDRAWN, LEARNED, ESCALATED, CALL, *VOTES, *TRANSITIONS}
)  # The events whose detail or time counts.
WISH = "asked"  # In a request's memory: what somebody asked of it by a Control.
# In a request's memory, for people: no step goes by it. All else is what its steps have learned.
NOTES = frozenset(
    {
        TITLE,
        thread.CLOSING,
        thread.MENDABLE,
        thread.OPENS,
        thread.STEPS,
        thread.SAID,
        thread.SNIPPETS,
        thread.UNDO,
        thread.REST,
        on_hold.ON_HOLD,
        on_hold.NOT_ASKED,
        on_hold.TOLD,
        on_hold.WHY,
        on_hold.NOT_NOW,
        on_hold.FAILED_LOOKS,
        hindered.HINDERED,
        on_hold.SHORT,
    }
)
EXECUTED = frozenset({CALL, "credentials.issued", "credentials.undelivered"})
SPELLED = {
    "approve": "approval",
    "deny": "denial",
    "approvals": "number of approvals",
    "break_glass": "breaking of the glass",
    "origin": "marker, time, reason or requester",
    "shown": "card",
    "demands": "rules",
    "expires": "end",
}


def mark(value: Any) -> str:
    """By which the audit knows a value again without holding it: 32 hexadecimal digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:32]


class Ballot(NamedTuple):
    """One vote, as the row or the record has it; `person` is a `mark`, and empty in records of earlier versions."""

    user: str
    decision: str
    digest: str
    at: str = ""
    person: str = ""

    def __str__(self) -> str:
        return f"the {SPELLED.get(self.decision, self.decision)} of {self.user}"


@dataclass(frozen=True)
class Claim:
    """What the tables say of a request; `actual` is the digest of what would run. `sealed` holds what else was noted when it was
    filed; times are as in the records, and empty where there is none yet.
    """

    operation: str
    requester: str
    status: str
    rule: str
    rules: tuple[str, ...]
    approvals: int
    break_glass: bool
    digest: str
    actual: str
    sealed: Mapping[str, str] = field(default_factory=dict)
    decided_by: str = ""
    announced_at: str = ""
    escalated_at: str = ""
    step: int = 0
    memory: Mapping[str, Any] = field(default_factory=dict)
    ballots: frozenset[Ballot] = frozenset()


@dataclass
class Story:
    """What the audit says of a request, told record by record in their order. The newest filing counts, and what follows it."""

    filing: dict[str, Any] | None = None
    filed_by: str = ""
    filed_at: str = ""
    escalated_at: str = ""
    step: int = 0
    facts: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=lambda: {""})
    # As what each attempt ended (by its step and number) that is noted, and what the audit has of it; the steps that it has a call of.
    attempted: dict[tuple[str, int], str] = field(default_factory=dict)
    ended: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    begun: bool = False
    ballots: dict[str, Ballot] = field(default_factory=dict)
    broken_by: str = ""
    approved_by: str = ""
    status: Status = Status.PENDING
    digests: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    executed: bool = False

    def tell(self, event: str, actor: str, detail: Any, at: str = "") -> None:
        """Takes one record in; `detail` is looked at for TELLING events only."""
        said = detail if isinstance(detail, dict) else {}
        self._is_filed(event, actor, said, at)
        self._is_decided(event, actor, said, at)
        if event in TRANSITIONS:
            self._goes(TRANSITIONS[event], actor, str(said.get("digest", "")))
        elif event == LEARNED:
            self._learns(said.get("step"), said.get("facts"))
        elif event == DOUBTED:
            self.begun = True
        elif event.startswith(WISHED):
            self.asked.add(event.removeprefix(WISHED))
        elif event == CALL:
            self._is_called(said)
        self.executed = self.executed or event in EXECUTED

    def _is_filed(self, event: str, actor: str, said: dict[str, Any], at: str) -> None:
        if event == FILED:
            self.filing, self.filed_by, self.filed_at, self.digests = said, actor, at, set()
        elif event == RULES_CHANGED and self.filing is not None:
            self.filing = {**self.filing, **said}
        elif event == ESCALATED:
            self.escalated_at = at

    def _is_decided(self, event: str, actor: str, said: dict[str, Any], at: str) -> None:
        if event in VOTES:
            digest, person = (str(said.get(name, "")) for name in ("digest", "person"))
            self.ballots[actor] = Ballot(actor, VOTES[event], digest, at, person)
        elif event == WITHDRAWN:
            self.ballots.pop(str(said.get("of", actor)), None)
        elif event == GLASS:
            self.broken_by = actor

    def _is_called(self, said: dict[str, Any]) -> None:
        step, number, ended = str(said.get("step", "")), said.get("number"), str(said.get("ended", ""))
        self.called |= {step} - {""}
        if not isinstance(number, int):  # A process of an earlier version does not say which attempt it was.
            self.ended = {of: known for of, known in self.ended.items() if of[0] != step}
        elif said.get("outcome") == UNKNOWN:
            # Nobody wrote its answer down; its worker may have woken since, and sent nothing.
            self.ended[step, number] = (ended, Outcome.FENCED)
        else:
            self.ended[step, number] = (ended,)

    def _learns(self, step: Any, facts: Any) -> None:
        self.step = step if isinstance(step, int) else self.step
        self.facts |= facts if isinstance(facts, dict) else {}

    def _goes(self, to: Status, actor: str, digest: str) -> None:
        if to not in WAYS.get(self.status, frozenset()):
            self.odd.append(f"the audit has it {self.status}, then {to}, and nothing in between")
        if to == Status.APPROVED:
            self.approved_by = actor
        self.status, self.begun = to, self.begun or to in EXECUTING - {Status.APPROVED}
        self.digests.add(digest)


def shortfalls(claim: Claim, story: Story, *, runs: bool = False) -> list[str]:
    """What the audit lacks of what the tables say, a clause each; empty when they agree.

    What is to run (`runs`), is running or has run must besides have been approved.
    """
    found = [
        *story.odd,
        *_filing(claim, story),
        *_ballots(claim, story),
        *_progress(claim, story),
        *_calls(claim, story),
    ]
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
        **claim.sealed,
    }
    for name, value in now.items():
        if story.filing.get(name, value) != value:
            yield f"its {SPELLED.get(name, name)} is not the one that was filed"
    if story.filed_by != claim.requester:
        yield f"{story.filed_by} filed it, not {claim.requester}"
    yield from _times(claim, story)


def _times(claim: Claim, story: Story) -> Iterator[str]:
    times = {
        "filed": (claim.announced_at, story.filed_at),
        "escalated": (claim.escalated_at, story.escalated_at),
    }
    for what, (at, told) in times.items():
        if at and at != told:
            yield f"it was {what} at another time than the audit has"


def _progress(claim: Claim, story: Story) -> Iterator[str]:
    """What its steps go by, of a request that was filed since the audit has that."""
    if story.approved_by and claim.decided_by not in ("", story.approved_by):
        yield f"{story.approved_by} decided it, not {claim.decided_by}"
    if story.filing is None or "origin" not in story.filing:
        return
    facts = {name: value for name, value in claim.memory.items() if name not in NOTES | {WISH}}
    if claim.step != story.step:
        yield f"it is at step {claim.step}, while the audit has it at {story.step}"
    if {name: mark(value) for name, value in facts.items()} != story.facts:
        yield "what its steps have learned was changed"
    if claim.memory.get(WISH, "") not in story.asked:
        yield "what was asked of it meanwhile is not in the audit"


def _calls(claim: Claim, story: Story) -> Iterator[str]:
    """What was sent for it, by which a call is sent again or not."""
    if story.attempted and not story.begun:
        yield "a call of it is noted, and the audit does not have that it began"
    if "shown" in claim.sealed and story.called - {step for step, _ in story.attempted}:  # They go when it is pruned.
        yield "a call of it is in the audit, and is noted no longer"
    if any(story.attempted.get(one, ended[0]) not in ended for one, ended in story.ended.items()):
        yield "what became of a call of it was changed"


def _ballots(claim: Claim, story: Story) -> Iterator[str]:
    unnamed = {ballot._replace(person=""): ballot for ballot in claim.ballots}
    told = frozenset(
        unnamed.get(ballot, ballot) for ballot in story.ballots.values()
    )  # An earlier version's has no name.
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
