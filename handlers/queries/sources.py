"""What the looks use beyond the snapshot of the organization: AWS as it is now, and the way back to who asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from operations.core.closing import Console
from operations.snapshot.live import Live

Body = dict[str, Any]


@dataclass(frozen=True)
class Sources:
    """`respond(url, body)` posts to a response_url and raises as `approvals.slack.client.call` does. Workers only, as `live`."""

    live: Live
    respond: Callable[[str, Body], None]
    console: Console = field(default_factory=Console)
