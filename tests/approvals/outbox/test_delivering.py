"""Each kind of message has its way into Slack, and is looked for where that leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from sqlalchemy import delete, update
from sqlmodel import col, select

from approvals.authority.rules import Rule, Rules
from approvals.models import Message as SentMessage
from approvals.models import Request
from approvals.outbox.delivering import UNSAID, Delivering, Posted
from approvals.outbox.look_up import Place, is_marked
from approvals.outbox.refusals import ALONE, THREAD
from approvals.queue import outgoing
from approvals.queue.outgoing import ANEW, EDITED, FILE, LINE
from approvals.queue.worker import LaterError
from approvals.sessions.handover import Delivery
from approvals.slack.client import NotYourTurnError, SlackRefusedError
from approvals.states import Status
from operations.aws.errors import FencedError
from sandbox.slack.driver import SlackSandbox
from tests.harness.mail import NEW, Mail
from tests.harness.people import ALICE, BOB, CAROL
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


CARD: dict[str, Any] = {"card_channel": "C0BEFORE", "card_ts": "1.0"}
SOUGHT: list[tuple[dict[str, Any], dict[str, Any] | None, Place]] = [
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
    workers: Workers, message: dict[str, Any], request: dict[str, Any] | None, place: Place
) -> None:
    """Elsewhere it would not be found, and would be sent a second time: credentials would be opened twice."""
    sought = SentMessage(lane="x", marker="m", **message)
    about = Request(requester=ALICE, **request) if request is not None else None
    delivering = Delivering(workers.context, InMemorySlack(), Delivery(workers.context), lambda: "B0ORGBOT")
    assert delivering.place_of(sought, about) == place


def test_a_private_line_goes_by_dm_where_it_cannot_be_shown(workers: Workers, slack: SlackSandbox) -> None:
    slack.workspace.channel("aws-approvals").members.discard("U0DAVE")
    mail = Mail(workers, slack)
    request = workers.ask("create-account", **NEW)
    mail.deliver()
    workers.click(request, "approve", "U0DAVE")
    mail.deliver()
    assert "can decide this" in slack.person("dave").dms[-1]["text"]


class Wire(InMemorySlack):
    """Keeps each call with its place, and takes it, unless it is one of those that are refused with this code."""

    def __init__(self, code: str = "", *refused: str) -> None:
        super().__init__()
        self.calls: list[str] = []
        self._code, self._refused = code, refused
        self._answers["chat.update"] = lambda _: {}

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        given = {**(arguments.get("json") or {}), **(arguments.get("params") or {})}
        place = (given.get(name, "") for name in ("channel", "channel_id", "users", "ts", "thread_ts", "user"))
        self.calls.append(" ".join([api_method, *filter(None, place)]))
        answer = super().api_call(api_method, **arguments)
        if api_method in self._refused:
            answer.data = {"ok": False, "error": self._code}
            raise SlackApiError(self._code, answer)  # type: ignore[no-untyped-call]
        return answer


@pytest.fixture
def announced(workers: Workers) -> Request:
    """The only request, of which approvers may be asked."""
    request = workers.ask("create-account", **NEW)
    workers.work()
    return workers.request(request.id)


about_one = pytest.mark.usefixtures("announced")


def delivered(
    workers: Workers, slack: Wire, message: dict[str, Any], about: dict[str, Any], stood: dict[str, Any] | None = None
) -> Posted:
    """Where the message stands, of the request, of which this is known; `stood` is what was sent before."""
    request = workers.request(1)
    known: dict[str, Any] = {"lane": "x", "request_id": request.id, "created_at": workers.clock(), "marker": "m"}
    body = {"content": "all of it"} if message["kind"] == FILE else {"text": "news", "blocks": []}
    with workers.context.store.write() as session:
        session.execute(delete(SentMessage))
        session.add(request.sqlmodel_update({**outgoing.NO_PLACE, "follows": 0, **about}))
        if stood:
            session.add(SentMessage(**known | {"marker": "before", "status": "sent"} | stood))
            session.flush()
        row = SentMessage(**known | {"body": body} | message)
        session.add(row)
    return Delivering(workers.context, slack, Delivery(workers.context), lambda: "B0ORGBOT").deliver(row)


EDIT = {"kind": "edit", "channel": "C0OLD", "ts": "2.0"}
HERE, UPDATED = Posted("C0APPROVALS", "1.000000"), Posted("C0BEFORE", "1.0", edited=True)
DIRECT = [f"conversations.open {ALICE}", f"chat.postMessage D{ALICE}"], Posted(f"D{ALICE}", "1.000000")
BENEATH = ["chat.postMessage C0BEFORE 1.0"], Posted("C0BEFORE", "1.000000")
WAYS: list[tuple[dict[str, Any], dict[str, Any], list[str], Posted]] = [
    ({"kind": "card"}, {}, ["chat.postMessage C0APPROVALS"], HERE),
    ({"kind": "card"}, CARD, ["chat.update C0BEFORE 1.0"], UPDATED),
    ({"kind": "notice"}, {}, ["chat.postMessage C0APPROVALS"], HERE),
    *(({"kind": kind}, {}, ["chat.postMessage C0APPROVALS"], HERE) for kind in ("thread", LINE)),
    *(({"kind": kind}, CARD, *BENEATH) for kind in ("thread", LINE)),
    ({"kind": "thread"}, CARD | {"thread_ts": "9.0"}, ["chat.postMessage C0BEFORE 9.0"], BENEATH[1]),
    (
        {"kind": FILE},
        CARD,
        ["files.getUploadURLExternal", "files.completeUploadExternal C0BEFORE 1.0"],
        Posted("C0BEFORE", ""),
    ),
    *(({"kind": kind, "user": ALICE}, CARD, *DIRECT) for kind in ("dm", EDITED, ANEW, "private")),
    (
        {"kind": "private", "user": BOB, "channel": "C0OLD"},
        CARD,
        [f"chat.postEphemeral C0OLD {BOB}"],
        Posted("C0OLD", ""),
    ),
    (EDIT, CARD, ["chat.update C0OLD 2.0"], Posted("C0OLD", "2.0", edited=True)),
    (EDIT | {"kind": "remove"}, CARD, ["chat.delete C0OLD 2.0"], Posted("", "")),
]


@about_one
@each_of(("message", "about", "calls", "posted"), WAYS)
def test_each_kind_has_its_way_and_its_place(
    workers: Workers,
    message: dict[str, Any],
    about: dict[str, Any],
    calls: list[str],
    posted: Posted,
) -> None:
    slack = Wire()
    assert (delivered(workers, slack, message, about), slack.calls) == (posted, calls)


@about_one
@each_of(
    ("message", "about", "turns"),
    [
        ({"kind": "card"}, {}, ["chat.postMessage C0APPROVALS m"]),
        ({"kind": "card"}, CARD, ["chat.update m"]),
        ({"kind": FILE}, CARD, ["chat.postMessage C0BEFORE m"]),  # It shows in the channel as a post does.
        ({"kind": "dm", "user": BOB}, CARD, [f"conversations.open {BOB}", f"chat.postMessage D{BOB} m"]),
        ({"kind": "private", "user": BOB, "channel": "C0OLD"}, CARD, ["chat.postEphemeral m"]),
        (EDIT, CARD, ["chat.update m"]),
        (EDIT | {"kind": "remove"}, CARD, ["chat.delete m"]),
    ],
)
def test_each_call_takes_its_turn_and_keeps_it_while_it_waits(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, message: dict[str, Any], about: dict[str, Any], turns: list[str]
) -> None:
    """Slack counts posts for each channel, and the other calls for each method."""
    taken: list[str] = []

    def take(_: object, method: str, channel: str = "", ticket: str = "") -> None:
        taken.append(" ".join(filter(None, (method, channel, ticket))))

    monkeypatch.setattr("approvals.outbox.delivering.take_turn", take)
    delivered(workers, Wire(), message, about)
    assert taken == turns


@about_one
def test_a_post_carries_the_mark_by_which_it_is_found_and_shows_no_previews_of_links(workers: Workers) -> None:
    workers.context = replace(workers.context, installation="the one in Frankfurt")
    slack = Wire()
    for message in ({"kind": "card"}, {"kind": "thread"}, {"kind": "dm", "user": ALICE}):
        delivered(workers, slack, message, {})
    payload = {"id": "m", "installation": "the one in Frankfurt"}
    assert [post["metadata"] for post in slack.posts] == 3 * [
        {"event_type": "orgbot_message", "event_payload": payload}
    ]
    assert {(post["unfurl_links"], post["unfurl_media"]) for post in slack.posts} == {(False, False)}


@about_one
@each_of(
    ("about", "rule", "asked"),
    [
        (CARD, "default", [BOB, CAROL]),
        (CARD | {"status": Status.APPROVED}, "default", None),  # It says no more who is still needed.
        (CARD | {"status": Status.SUCCEEDED, "break_glass": True}, "default", [BOB, CAROL]),
        (CARD, "another", None),  # The rule that it was asked under is gone.
    ],
)
def test_slack_is_asked_only_of_people_whom_the_card_names(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, about: dict[str, Any], rule: str, asked: list[str] | None
) -> None:
    """A card is brought up to date often."""
    names: list[list[str]] = []

    def barred(_: object, named: Iterable[str]) -> frozenset[str]:
        names.append(sorted(named))
        return frozenset()

    monkeypatch.setattr("approvals.outbox.delivering.barred", barred)
    workers.rules = Rules([Rule(rule, (BOB, CAROL))])
    slack = Wire()
    delivered(workers, slack, {"kind": "card"}, {"status": Status.PENDING, "break_glass": False} | about)
    assert (slack.calls, names) == (["chat.update C0BEFORE 1.0"], [asked] if asked else [])


def test_where_direct_messages_go_is_asked_again_when_it_may_be_another_place(workers: Workers) -> None:
    slack = Wire()
    delivering = Delivering(workers.context, slack, Delivery(workers.context), lambda: "B0ORGBOT")
    for forgotten in ("", ALICE):
        delivering.forget_place(forgotten)
        for user in (ALICE, BOB, ALICE):
            delivering.place_of(SentMessage(lane="x", marker="m", kind="dm", user=user), None)
    assert slack.calls == [f"conversations.open {user}" for user in (ALICE, BOB, ALICE)]


@about_one
@each_of(
    ("stood", "call"),
    [
        ({"channel": "C0BEFORE", "ts": "1.5"}, "chat.update C0BEFORE 1.5"),
        ({"channel": "C0BEFORE", "ts": "0.5"}, "chat.postMessage C0BEFORE 1.0"),  # In the thread of a card before it.
        ({"channel": "C0OLD", "ts": "1.5"}, "chat.postMessage C0BEFORE 1.0"),
        (None, "chat.postMessage C0BEFORE 1.0"),
    ],
)
def test_the_threads_line_is_edited_where_it_stands_beneath_the_card_of_today(
    workers: Workers, stood: dict[str, Any] | None, call: str
) -> None:
    """Nobody looks into the thread of a card that is gone."""
    slack = Wire()
    delivered(workers, slack, {"kind": LINE}, CARD, stood and stood | {"kind": LINE})
    assert slack.calls == [call]


@about_one
def test_what_is_outdated_before_it_leaves_is_not_said(workers: Workers) -> None:
    slack = Wire()
    for kind in (LINE, EDITED):
        later = {"status": "queued", "kind": kind, "id": 9}
        assert delivered(workers, slack, {"kind": kind, "user": ALICE, "id": 8}, CARD, later) == UNSAID
    assert slack.calls == []


@about_one
@each_of(
    ("message", "method", "code", "ends"),
    [
        (EDIT | {"kind": "remove"}, "chat.delete", "cant_delete_message", UNSAID),  # It stays.
        (EDIT | {"kind": "remove"}, "chat.delete", "message_not_found", UNSAID),
        (EDIT | {"kind": "remove"}, "chat.delete", "token_expired", None),
        ({"kind": LINE}, "chat.update", "message_not_found", Posted("C0BEFORE", "1.000000")),  # It is said anew.
        ({"kind": LINE}, "chat.update", "token_expired", None),
        ({"kind": LINE}, "chat.update", "msg_too_long", None),
        (EDIT, "chat.update", "message_not_found", None),
        ({"kind": "private", "user": ALICE, "channel": "C"}, "chat.postEphemeral", "is_archived", DIRECT[1]),
        ({"kind": "private", "user": ALICE, "channel": "C"}, "chat.postEphemeral", "user_not_in_channel", DIRECT[1]),
        ({"kind": "private", "user": ALICE, "channel": "C"}, "chat.postEphemeral", "token_expired", None),
    ],
)
def test_what_slack_refuses_is_done_otherwise_or_waits_to_be_mended(
    workers: Workers, message: dict[str, Any], method: str, code: str, ends: Posted | None
) -> None:
    stood = {"kind": LINE, "channel": "C0BEFORE", "ts": "1.5"}
    if ends:
        assert delivered(workers, Wire(code, method), message, CARD, stood) == ends
        return
    with pytest.raises(SlackRefusedError, match=code):
        delivered(workers, Wire(code, method), message, CARD, stood)


@about_one
def test_a_file_waits_for_the_card_in_whose_thread_it_belongs(workers: Workers) -> None:
    slack = Wire()
    with pytest.raises(LaterError) as raised:
        delivered(workers, slack, {"kind": FILE}, {})
    assert (raised.value.values, slack.calls) == ({"status": "queued"}, [])


@each_of(
    ("before", "body", "call"),
    [
        ({"card_channel": "C0APPROVALS", "card_ts": "9.0"}, {}, "chat.postMessage C0APPROVALS 9.0"),
        (
            {"card_channel": "C0APPROVALS", "card_ts": "9.0", "thread_ts": "8.0"},
            {},
            "chat.postMessage C0APPROVALS 8.0",
        ),
        (
            {"card_channel": "C0BEFORE", "card_ts": "9.0"},
            {},
            "chat.postMessage C0APPROVALS",
        ),  # A thread of another one.
        ({"card_channel": "C0APPROVALS", "card_ts": "9.0"}, {ALONE: True}, "chat.postMessage C0APPROVALS"),
        (None, {}, "chat.postMessage C0APPROVALS"),
    ],
)
def test_what_follows_from_a_request_stands_in_its_thread_where_that_is_in_the_approval_channel(
    workers: Workers, announced: Request, before: dict[str, Any] | None, body: dict[str, Any], call: str
) -> None:
    """And is looked for there after a lost answer."""
    names = dict(announced) | {"id": 77, "delivery": "before", "marker": "before", "subject": "before"}
    with workers.context.store.write() as session:
        session.execute(delete(Request).where(col(Request.id) == 77))
        session.add_all([Request(**names | outgoing.NO_PLACE | before)] if before else [])
    slack = Wire()
    delivered(workers, slack, {"kind": "card", "body": body}, {"follows": 77})
    with workers.context.store.read() as session:
        (row,) = session.exec(select(SentMessage)).all()
    place = Delivering(workers.context, slack, Delivery(workers.context), lambda: "B0ORGBOT").place_of(row, announced)
    assert (slack.calls, f"chat.postMessage {place.channel} {place.thread}".strip()) == ([call], call)


@about_one
@each_of(
    ("message", "about", "channel"),
    [
        ({"kind": "card"}, {}, "C0APPROVALS"),
        ({"kind": "notice"}, {}, "C0APPROVALS"),
        ({"kind": "thread"}, CARD, ""),  # Whoever looks for these knows their place.
        ({"kind": "dm", "user": ALICE}, CARD, ""),
    ],
)
def test_before_a_post_leaves_it_is_written_down_that_it_does_and_where_to(
    workers: Workers, message: dict[str, Any], about: dict[str, Any], channel: str
) -> None:
    """After a crash it may stand in Slack, and is looked for; the setting may be another one by then."""
    delivered(workers, Wire(), message, about)
    with workers.context.store.read() as session:
        (row,) = session.exec(select(SentMessage)).all()
    assert (row.status, row.started_at, row.channel) == ("sending", workers.clock(), channel)


@about_one
def test_what_is_another_workers_by_now_does_not_leave(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken_over(*_: object) -> None:
        with workers.context.store.write() as session:
            session.execute(update(SentMessage).values(lease_owner="another"))

    monkeypatch.setattr("approvals.outbox.delivering.take_turn", taken_over)
    slack = Wire()
    with pytest.raises(FencedError):
        delivered(workers, slack, {"kind": "notice"}, {})
    assert slack.calls == []


@about_one
@pytest.mark.parametrize(("answered", "stands"), [("C0RENAMED", "C0RENAMED"), (None, "C0APPROVALS")])
def test_a_message_stands_where_slack_says_it_does(workers: Workers, answered: str | None, stands: str) -> None:
    slack = Wire()
    slack._answers["chat.postMessage"] = lambda _: {"ts": "3.0", "channel": answered}
    assert delivered(workers, slack, {"kind": "notice"}, {}) == Posted(stands, "3.0")


NO_MARKS: list[dict[str, Any] | None] = [None, {}, {"event_type": "x"}, {"event_payload": {}}]
MARK = {"event_type": "orgbot_message", "event_payload": {"id": "m"}}


@each_of(
    ("item", "ours"),
    [
        *(({"metadata": MARK, "bot_id": bot}, True) for bot in ("B0OURS", "", None)),
        ({"metadata": MARK}, True),
        ({"metadata": MARK, "bot_id": "B0ANOTHER"}, False),  # Whoever has read the mark could post it.
        ({"metadata": {"event_payload": {"id": "another"}}}, False),
        *(({"metadata": other}, False) for other in NO_MARKS),
        ({"files": [{"name": "plan.txt"}, {"name": "request-m.txt"}]}, True),  # Files carry no mark.
        ({"files": [{"name": "request-another.txt"}, {}]}, False),
        ({"files": None}, False),
        ({}, False),
    ],
)
def test_a_message_is_known_by_its_mark_or_by_its_files_name(item: dict[str, Any], *, ours: bool) -> None:
    assert is_marked(item, "m", "B0OURS") is ours
