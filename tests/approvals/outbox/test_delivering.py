"""Each kind of message has its way into Slack, and is looked for where that leads."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from approvals.models import Message as SentMessage
from approvals.models import Request
from approvals.outbox.delivering import Delivering
from approvals.outbox.look_up import Place
from approvals.outbox.refusals import THREAD
from approvals.queue.outgoing import ANEW, EDITED, FILE, LINE
from approvals.sessions.handover import Delivery
from approvals.slack.client import NotYourTurnError
from sandbox.slack.driver import SlackSandbox
from tests.harness.mail import NEW, Mail
from tests.harness.people import ALICE, BOB
from tests.harness.slack import InMemorySlack
from tests.harness.tables import each_of
from tests.harness.workers import Workers


def test_credentials_are_not_opened_before_it_is_their_turn(
    workers: Workers, slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, request = Mail(workers, slack), workers.ask("create-account", **NEW)
    made = Counter[str]()
    message = SentMessage(lane="x", kind="dm", marker="m", created_at=workers.clock(), request_id=request.id)

    def not_yet(*_: object) -> None:
        raise NotYourTurnError("chat.postMessage", "its turn comes", timedelta(seconds=1))

    monkeypatch.setattr("approvals.outbox.delivering.take_turn", not_yet)
    with pytest.raises(NotYourTurnError):
        mail.outbox._delivering._post(message, "C0APPROVALS", lambda: made.update(["made"]) or {})
    assert made == Counter()


CARD = {"card_channel": "C0BEFORE", "card_ts": "1.0"}
SOUGHT: list[tuple[dict[str, Any], dict[str, str] | None, Place]] = [
    ({"kind": "card"}, {}, Place("C0APPROVALS")),
    ({"kind": "card", "channel": "C0BEFORE", "body": {THREAD: "9.0"}}, {}, Place("C0BEFORE", "9.0")),
    ({"kind": "notice", "channel": "C0BEFORE"}, None, Place("C0BEFORE")),  # The setting was another one then.
    ({"kind": "notice"}, None, Place("C0APPROVALS")),
    *(({"kind": kind}, CARD, Place("C0BEFORE", "1.0")) for kind in ("thread", LINE, FILE)),
    *(({"kind": kind}, CARD | {"thread_ts": "9.0"}, Place("C0BEFORE", "9.0")) for kind in ("thread", LINE, FILE)),
    ({"kind": "thread"}, {}, Place("C0APPROVALS")),  # For want of a card it stands in the channel itself.
    *(({"kind": kind, "user": BOB}, CARD, Place(f"D{BOB}")) for kind in ("dm", EDITED, ANEW, "private")),
    ({"kind": "private", "user": BOB}, None, Place(f"D{BOB}")),
    ({"kind": "credentials", "user": BOB}, CARD, Place(f"D{ALICE}")),  # To whom they went, whatever the row says.
]


@each_of(("message", "request", "place"), SOUGHT)
def test_what_may_have_arrived_is_looked_for_where_it_was_sent(
    workers: Workers, message: dict[str, Any], request: dict[str, str] | None, place: Place
) -> None:
    """Elsewhere it would not be found, and would be sent a second time: credentials would be opened twice."""
    sought = SentMessage(lane="x", marker="m", **message)
    about = Request(requester=ALICE, **request) if request is not None else None
    delivering = Delivering(workers.context, InMemorySlack(), Delivery(workers.context))
    assert delivering.place_of(sought, about) == place


def test_a_private_line_goes_by_dm_where_it_cannot_be_shown(workers: Workers, slack: SlackSandbox) -> None:
    slack.workspace.channel("aws-approvals").members.discard("U0DAVE")
    mail = Mail(workers, slack)
    request = workers.ask("create-account", **NEW)
    mail.deliver()
    workers.click(request, "approve", "U0DAVE")
    mail.deliver()
    assert "can decide this" in slack.person("dave").dms[-1]["text"]
