"""What the handlers get from the assembly: everything they may use, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from approvals.authority.admission import Admission
from approvals.authority.rules import Guards, Rules
from approvals.request.intake import Click, Intake
from approvals.request.pending import PendingFor
from approvals.sessions.reveal import Press
from approvals.sessions.shells import Picked
from operations.aws.errors import UnknownError
from operations.core.closing import Console
from operations.snapshot.live import Live
from operations.snapshot.organization import Organization

Body = dict[str, Any]
Run = Callable[[Callable[[], None]], None]


@dataclass(frozen=True)
class Dependencies:
    """`organization()` is the cached snapshot (None until it was read once), `refresh()` asks for a newer one in the
    background, `unread()` says why there is none, and `run(work)` hands work that calls Slack to the bot's own workers.
    `look_up(error)` asks AWS, for a second or two, about a name that the snapshot doesn't know, and gives the snapshot then.
    `may_decide(click)`, `pending_for(user)`, `may_ask(user)` (operations), `oversees(user)`, `reveal(press)` and
    `pick_shell(picked)` ask Slack: workers only. The first soon gives up. `admission` says who may see anything at all. `sources`
    are what the looks use beyond the snapshot."""

    intake: Intake
    admission: Admission
    organization: Callable[[], Organization | None]
    refresh: Callable[[], None]
    unread: Callable[[], str]
    rules: Callable[[], Rules]
    run: Run
    may_decide: Callable[[Click], bool]
    pending_for: Callable[[str], PendingFor]
    may_ask: Callable[[str], frozenset[str]]
    clock: Callable[[], datetime]
    approval_channel: str
    oversees: Callable[[str], bool]
    reveal: Callable[[Press], str]
    pick_shell: Callable[[Picked], None]
    guards: Callable[[], Guards]
    sources: Sources
    look_up: Callable[[UnknownError], Organization | None]
    run_look: Run | None = None

    def look(self, work: Callable[[], None]) -> None:
        """Runs what asks AWS for somebody who only looks, where it holds up nothing else."""
        (self.run_look or self.run)(work)


@dataclass(frozen=True)
class Sources:
    """`respond(url, body)` posts to a response_url and raises as `approvals.slack.client.call` does. Workers only, as `live`."""

    live: Live
    respond: Callable[[str, Body], None]
    console: Console = field(default_factory=Console)
