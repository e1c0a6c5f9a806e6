"""How fast Slack is called: about one message a second and channel, every other method by its tier; and left alone as long as it says.

A call whose turn has not come is not made. Who comes with a `ticket` keeps a turn: it comes again when that is there, so that
hundreds that wait leave one after the other and in the order in which they came. What a person waits for is never held back by a
tier, only by Slack's own Retry-After. Source: Slack API, "Rate limits" (Web API rate limits, Posting messages, Retry-After).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

MINUTE = 61.0  # Slack's minute and ours begin at different moments.
APART = 1.1  # Seconds between two messages in a channel: they take unequally long to arrive.
AT_ONCE = 0.01  # Seconds that make no difference.
POST = "chat.postMessage"
LONGEST_WAIT = 600.0  # A turn that nobody comes for is given up.
TIERS = {
    20: "conversations.list usergroups.users.list usergroups.list users.list",
    50: "chat.delete chat.update conversations.history conversations.info conversations.open conversations.replies "
    "files.delete users.lookupByEmail",
    100: "chat.postEphemeral conversations.members files.info files.upload.v2 users.info views.publish",
}
PER_MINUTE = {method: calls for calls, methods in TIERS.items() for method in methods.split()}


@dataclass
class Lane:
    """`most` calls within `span` seconds: when the last ones left, and which turns are taken."""

    most: int
    span: float
    left: deque[float] = field(default_factory=deque)
    booked: deque[float] = field(default_factory=deque)
    turns: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.left, self.booked = deque(maxlen=self.most), deque(maxlen=self.most)

    def wait(self, now: float, ticket: str, held_until: float) -> float:
        """Seconds until the call may be made; 0 is now, and then it counts as made."""
        turn = self.turns.pop(ticket, None)
        if turn is None or turn < held_until:
            turn = max(now, held_until, self._free(self.booked))
            if turn > now + AT_ONCE and not ticket:
                return turn - now
            self.booked.append(turn)
        earliest = max(turn, held_until, self._free(self.left))
        if earliest > now + AT_ONCE:
            self.turns[ticket] = earliest
            return earliest - now
        self.left.append(now)
        return 0.0

    def _free(self, calls: deque[float]) -> float:
        return calls[0] + self.span if len(calls) == self.most else 0.0

    def forget(self, now: float) -> None:
        """Turns that nobody came for."""
        self.turns = {ticket: turn for ticket, turn in self.turns.items() if turn > now - LONGEST_WAIT}

    def is_idle(self, now: float) -> bool:
        """Whether nothing is known that still counts."""
        return not self.turns and all(call + self.span <= now for call in (*self.left, *self.booked))


class Pacing:
    """One for a workspace and a token; `clock` gives seconds that only grow, `apart` are those between two messages in a channel."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, apart: float = APART) -> None:
        self._clock = clock
        self._apart = apart
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._held: dict[str, float] = {}
        self._lock = threading.Lock()
        self._looked = clock()

    def wait(self, method: str, channel: str = "", ticket: str = "") -> float:
        """Seconds until this call may be made; 0 is now, and then it counts as made."""
        with self._lock:
            now, held = self._clock(), self._held.get(method, 0.0)
            self._forget(now)
            lane = self._lane(method, channel)
            if lane is None:
                return max(held - now, 0.0)
            return lane.wait(now, ticket, held)

    def at_once(self, method: str, channel: str = "") -> float:
        """The same for what a person waits for: only Retry-After holds it back, and others wait their turn after it."""
        with self._lock:
            now, lane = self._clock(), self._lane(method, channel)
            held = max(self._held.get(method, 0.0) - now, 0.0)
            if lane and not held:
                lane.left.append(now)
            return held

    def leave_alone(self, method: str, seconds: float) -> None:
        """Slack has said Retry-After: the method is not called for so long, in the whole workspace."""
        with self._lock:
            self._held[method] = max(self._held.get(method, 0.0), self._clock() + seconds)

    def _lane(self, method: str, channel: str) -> Lane | None:
        if method == POST:
            return self._lanes.setdefault((method, channel), Lane(1, self._apart)) if channel else None
        most = PER_MINUTE.get(method)
        return self._lanes.setdefault((method, ""), Lane(most, MINUTE)) if most else None

    def _forget(self, now: float) -> None:
        """Now and then, so that channels in which nothing is said any more take no room."""
        if now - self._looked < MINUTE:
            return
        self._looked = now
        for key, lane in list(self._lanes.items()):
            lane.forget(now)
            if lane.is_idle(now):
                del self._lanes[key]


class ForPeople:
    """The same pacing for calls for which a person waits."""

    def __init__(self, pacing: Pacing) -> None:
        self.leave_alone = pacing.leave_alone
        self._pacing = pacing

    def wait(self, method: str, channel: str = "", ticket: str = "") -> float:
        """Seconds until this call may be made; 0 is now, and then it counts as made."""
        del ticket
        return self._pacing.at_once(method, channel)
