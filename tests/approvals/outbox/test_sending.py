"""Messages arrive once and in order, whatever happens to Slack's answers, at whatever call."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextvars import Context
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from sqlalchemy import delete, update
from sqlmodel import col, select

from approvals.authority.rules import Rule, Rules
from approvals.models import Message as SentMessage
from approvals.models import Request
from approvals.outbox.delivering import Delivering, Posted
from approvals.outbox.refusals import THREAD
from approvals.outbox.sending import LANE, Outbox
from approvals.queue import outgoing
from approvals.queue.leases import InHand
from approvals.queue.outgoing import ANEW, EDITED
from approvals.queue.worker import LaterError
from approvals.sessions.handover import Delivery
from approvals.sessions.opening import UndeliverableError
from approvals.slack.client import (
    NotYourTurnError,
    SlackAmbiguousError,
    SlackBusyError,
    SlackRefusedError,
    call_now,
)
from approvals.slack.codes import ANSWERS, MENDABLE, Answer, meaning
from approvals.states import Status
from operations.core.observations import Failed
from sandbox.slack.driver import SlackSandbox
from sandbox.slack.faults import Drop
from sandbox.slack.messages import Message
from tests.harness.mail import NEW, Mail
from tests.harness.people import ALICE, BOB, CAROL
from tests.harness.profiles import in_turn
from tests.harness.slack import InMemorySlack
from tests.harness.tables import each_of
from tests.harness.workers import Workers

METHODS = [
    "chat.postMessage",
    "chat.update",
    "chat.delete",
    "conversations.open",
    "chat.getPermalink",
    "conversations.history",
    "conversations.replies",
]


def arrived_once(slack: SlackSandbox) -> None:
    """The whole story stands in Slack, in order, and nothing stands there twice."""
    (card,) = slack.messages("aws-approvals")
    thread = [message["text"] for message in slack.replies(card)]
    direct = [message["text"] for message in slack.person("alice").dms]
    assert "Done" in card["text"]
    assert [times for times in Counter(thread).values() if times > 1] == []
    assert [times for times in Counter(direct).values() if times > 1] == []
    assert "is ready" in thread[-1]
    assert "is ready" in direct[-1]
    assert (len(thread), len(direct)) == (2, 1)


def each_text_once() -> Callable[[dict[str, Any]], bool]:
    """Picks the first post of each text in each channel."""
    seen: set[tuple[str, str]] = set()

    def is_first(params: dict[str, Any]) -> bool:
        said = (params["channel"], params["text"])
        first = said not in seen
        seen.add(said)
        return first

    return is_first


TROUBLES: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 429, "retry_after": 1},
    {"fault": "drop-after"},
    {"fault": "drop-before"},
    {"page": "<html>maintenance</html>"},
    {"page": "<html>maintenance</html>", "fault": "drop-after"},
    {"page": "", "status": 403},
    {"error": "token_expired"},
]


@pytest.mark.parametrize(("method", "trouble"), in_turn(METHODS, TROUBLES, each=4))
def test_each_call_may_fail_and_everything_arrives_once(
    workers: Workers, slack: SlackSandbox, method: str, trouble: dict[str, Any]
) -> None:
    mail = Mail(workers, slack)
    slack.faults.add(method, **trouble, times=3)
    mail.whole_story()

    arrived_once(slack)


@pytest.mark.parametrize("look_up", ["conversations.history", "conversations.replies"])
@pytest.mark.parametrize("trouble", [{"status": 429, "retry_after": 20}, {"status": 500}, {"error": "missing_scope"}])
def test_a_look_up_that_goes_wrong_never_makes_a_lost_answer_a_second_message(
    workers: Workers, slack: SlackSandbox, look_up: str, trouble: dict[str, Any]
) -> None:
    slack.faults.add("chat.postMessage", "drop-after", times=None, when=each_text_once())
    slack.faults.add(look_up, **trouble, times=3)
    Mail(workers, slack).whole_story()
    arrived_once(slack)


LONG = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": f"s3:A{n:04}", "Resource": "*"} for n in range(150)],
    }
)


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal", "chat.postMessage"])
@pytest.mark.parametrize(
    "trouble",
    [{"fault": "drop-after"}, {"fault": "drop-before"}, {"status": 500}, {"status": 429, "retry_after": 2}],
)
def test_what_is_too_long_comes_as_one_file_in_the_thread(
    workers: Workers, slack: SlackSandbox, method: str, trouble: dict[str, Any]
) -> None:
    mail = Mail(workers, slack)
    slack.faults.add(method, **trouble, times=2)
    request = workers.ask("create-policy", kind="scp", policy_name="Long", content=LONG)
    mail.deliver()
    (card,) = slack.messages("aws-approvals")
    (said,) = slack.replies(card)
    (file,) = said["files"]
    content = slack.workspace.files.find(file["id"]).content
    assert content is not None
    assert workers.request(request.id).preview["diff"] in content.decode()


def test_where_a_message_went_is_not_known_for_a_while_and_it_waits(workers: Workers, slack: SlackSandbox) -> None:
    mail = Mail(workers, slack)
    slack.faults.add("chat.postMessage", "drop-after", when=lambda params: params["channel"].startswith("D"))
    workers.ask("create-account", **NEW)
    workers.work()
    for _ in range(2):  # The card, and what is said once it is posted.
        for lane in workers.lanes():
            mail.outbox.send_lane(lane)
    mail.renew()
    slack.faults.add("conversations.open", status=429, retry_after=60, times=2)
    mail.deliver()
    assert len(slack.person("alice").dms) == 1


@pytest.mark.parametrize(("kind", "by", "first"), [("approve", BOB, "is ready"), ("cancel", ALICE, "Cancelled")])
def test_who_is_quicker_than_the_cards_answer_leaves_nothing_to_wait_for(
    workers: Workers, slack: SlackSandbox, kind: str, by: str, first: str
) -> None:
    """The card is there, its buttons are pressed, and only then is it found: it no longer waits for approval."""
    mail = Mail(workers, slack)
    slack.faults.add("chat.postMessage", "drop-after")
    request = workers.ask("create-account", **NEW)
    workers.work()
    for lane in workers.lanes():
        mail.outbox.send_lane(lane)
    workers.click(request, kind, by)
    mail.deliver()
    direct = [message["text"] for message in slack.person("alice").dms]
    assert first in direct[0]
    assert "Waiting for" not in str(direct)


def test_a_lost_answer_is_found_among_what_many_people_wrote_since(
    workers: Workers, slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.outbox.look_up.PAGE", 5)
    mail = Mail(workers, slack)

    def chatter(params: dict[str, Any]) -> bool:
        """Other people are quicker than the look-up."""
        thread = {"thread_ts": params["thread_ts"]} if "thread_ts" in params else {}
        return is_first(params) and all(post(params["channel"], thread) for _ in range(12))

    def post(channel: str, thread: dict[str, Any]) -> bool:
        clock = slack.workspace.clock
        slack.workspace.post(Message(clock.ts(), channel, "U0DAVE", "chatter", **thread))
        return True

    is_first = each_text_once()
    slack.faults.add("chat.postMessage", "drop-after", times=None, when=chatter)
    mail.whole_story()
    said = slack.seen(lambda message: message.by_bot)
    assert [times for times in Counter((m["channel"], m["text"]) for m in said).values() if times > 1] == []


@pytest.mark.parametrize(("seconds", "posts"), [(9, 0), (10, 1), (11, 1)])
@pytest.mark.parametrize("arrived", [True, False])
def test_after_a_lost_answer_a_message_is_sent_again_from_its_settle_time_on_unless_it_is_there(
    workers: Workers, seconds: int, posts: int, *, arrived: bool
) -> None:
    """Slack may show late what it took in."""
    workers.ask("create-account", **NEW)
    workers.work()
    slack = InMemorySlack()
    outbox = Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {})
    (lane,) = workers.lanes()
    sent_at = workers.clock()
    if arrived:
        outbox.send_lane(lane)
    with workers.context.store.write() as session:
        forgotten = {"status": "sending", "started_at": sent_at, "due_at": sent_at}
        session.execute(
            update(SentMessage).where(col(SentMessage.lane) == lane, col(SentMessage.kind) == "card").values(forgotten)
        )
        session.execute(update(Request).values(card_ts="", card_channel=""))
    workers.clock.advance(seconds=seconds)
    outbox.send_lane(lane)
    assert len(slack.cards("C0APPROVALS", 1)) == (1 if arrived else posts)


def test_where_the_card_stands_is_kept_for_those_who_are_sent_to_it(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    slack = InMemorySlack()
    (lane,) = workers.lanes()
    Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {}).send_lane(lane)
    kept, (card,) = workers.request(request.id), slack.posts
    assert (kept.card_channel, kept.card_ts) == ("C0APPROVALS", card["ts"])
    assert kept.card_link == f"https://slack.example/{card['ts']}"


@each_of("kind", ["card", "credentials", ANEW])
def test_of_what_is_another_workers_by_now_nothing_follows(
    workers: Workers, asked: Request, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """What follows is theirs to write down, once. Whether both have posted it is looked up."""
    noted: list[str] = []
    monkeypatch.setattr(Delivery, "sent", lambda *_: noted.append(kind))
    known: dict[str, Any] = {"created_at": workers.clock(), "lane": "a", "request_id": asked.id, "user": ALICE}
    with workers.context.store.write() as session:
        session.execute(delete(SentMessage))
        session.add(SentMessage(**known, kind=EDITED, marker="before", status="sent", channel="C", ts="0.5"))
        session.flush()
        theirs = SentMessage(**known, kind=kind, marker="m", status="dropped", lease_owner="another")
        session.add(theirs)
    ours = SentMessage(**theirs.model_dump() | {"lease_owner": "me"})
    outbox_of(workers, InMemorySlack())._sent(ours, Posted("C", "1.0"))
    assert (noted, workers.unsent(), workers.request(asked.id).card_ts) == ([], [outgoing.TWICE], "")


@each_of(("body", "thread"), [({THREAD: "9.0"}, "9.0"), ({THREAD: ""}, ""), ({}, "")])
def test_beneath_which_message_the_card_stands_is_kept_as_well(
    workers: Workers, asked: Request, body: dict[str, str], thread: str
) -> None:
    """What follows goes there, and no longer beneath what it stood under before."""
    with workers.context.store.write() as session:
        session.execute(update(Request).values(outgoing.NO_PLACE | {"thread_ts": "8.0"}))
        card = SentMessage(
            created_at=workers.clock(), lane="a", kind="card", marker="m", request_id=asked.id, body=body
        )
        session.add(card)
    outbox_of(workers, InMemorySlack())._sent(card, Posted("C0APPROVALS", "1.0"))
    assert (workers.request(asked.id).thread_ts, workers.request(asked.id).thread) == (thread, thread or "1.0")


@pytest.mark.parametrize(("bot", "posts"), [("B0ORGBOT", 1), ("", 1), ("B0ANOTHER", 2)])
def test_what_another_app_posts_with_our_mark_is_not_our_message(workers: Workers, bot: str, posts: int) -> None:
    """Whoever reads a mark in the channel could post it too, and nobody would ever see the real card."""
    workers.ask("create-account", **NEW)
    workers.work()
    slack = InMemorySlack()
    outbox = Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {})
    (lane,) = workers.lanes()
    outbox.send_lane(lane)
    slack.posts[0]["bot_id"] = bot
    with workers.context.store.write() as session:
        forgotten = {"status": "sending", "started_at": workers.clock(), "due_at": workers.clock()}
        session.execute(update(SentMessage).where(col(SentMessage.kind) == "card").values(forgotten))
        session.execute(update(Request).values(card_ts="", card_channel=""))
    workers.clock.advance(seconds=10)
    outbox.send_lane(lane)
    assert len(slack.cards("C0APPROVALS", 1)) == posts


class Refusing(InMemorySlack):
    """Slack refuses every call of this method with this code."""

    def __init__(self, code: str, method: str = "chat.postMessage") -> None:
        super().__init__()
        self._code, self._method = code, method

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        answer = super().api_call(api_method, **arguments)
        if api_method == self._method:
            answer.data = {"ok": False, "error": self._code}
            raise SlackApiError(self._code, answer)  # type: ignore[no-untyped-call]
        return answer


@pytest.mark.parametrize(
    ("kind", "code"),
    [(kind, "token_expired") for kind in ("card", "thread", "notice", "dm")]
    + [("thread", code) for code, answer in sorted(ANSWERS.items()) if answer in MENDABLE],
)
def test_what_can_be_mended_keeps_the_message_and_is_tried_again_and_again(
    workers: Workers, kind: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    queue(workers, kind)
    (lane,) = workers.lanes()
    outbox = Outbox(workers.context, Refusing(code), lambda: "B0ORGBOT", lambda _: {})
    for pause in (5, 7.5, 11.25):
        outbox.send_lane(lane)
        assert (status(workers), lane in workers.lanes()) == (("queued", code), False)
        workers.clock.advance(seconds=pause)
        assert lane in workers.lanes()
    assert meaning(code) in caplog.text


@pytest.mark.parametrize(
    ("kind", "code"),
    [(kind, "msg_too_long") for kind in ("thread", "notice")]
    + [("dm", code) for code, answer in sorted(ANSWERS.items()) if answer is Answer.FINAL],
)
def test_a_final_no_drops_the_message_and_holds_nothing_up(workers: Workers, kind: str, code: str) -> None:
    queue(workers, kind)
    (lane,) = workers.lanes()
    Outbox(workers.context, Refusing(code), lambda: "B0ORGBOT", lambda _: {}).send_lane(lane)
    assert status(workers)[0] == "dropped"


def queue(workers: Workers, kind: str) -> Request:
    """One message of a kind, about a request whose card stands unless it is the card."""
    request = workers.ask("create-account", **NEW)
    with workers.context.store.write() as session:
        if kind != "card":
            session.execute(update(Request).values(card_channel="C0APPROVALS", card_ts="1.0"))
        queueing: dict[str, Callable[[], object]] = {
            "card": lambda: outgoing.card(session, request, workers.clock()),
            "thread": lambda: outgoing.thread(session, request, workers.clock(), {"text": "news"}),
            "notice": lambda: outgoing.notice(session, workers.clock(), {"text": "news"}),
            "dm": lambda: outgoing.direct(session, request, workers.clock(), {"text": "news"}),
        }
        queueing[kind]()
    return request


@pytest.mark.parametrize(
    ("kind", "changed", "ends"),
    [
        ("dm", {}, ("sent", "")),
        ("dm", {"body": {"text": "else"}}, ("dropped", "forged")),
        ("dm", {"user": BOB}, ("dropped", "forged")),
        ("card", {"body": {"plain": True}}, ("sent", "")),  # Made from what is proven, when it is sent.
    ],
)
def test_what_somebody_has_written_into_the_database_is_not_said(
    signed: Workers, kind: str, changed: dict[str, Any], ends: tuple[str, str]
) -> None:
    queue(signed, kind)
    with signed.context.store.write() as session:
        session.execute(update(SentMessage).where(col(SentMessage.kind) == kind).values(changed or {"error": ""}))
    (queued,) = messages(signed, kind)
    outbox_of(signed, InMemorySlack()).send_lane(queued.lane)
    (left,) = messages(signed, kind)
    assert (left.status, left.error) == ends
    alarms = [text for text in signed.said("notice") if "changed a message about it" in text]
    assert len(alarms) == (ends[0] == "dropped"), "the approval channel hears of it"


def test_only_of_credentials_it_is_noted_that_they_were_handed_over(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From then on they are someone's, and run out."""
    noted: list[str] = []
    monkeypatch.setattr(Delivery, "sent", lambda _self, _session, message, *_: noted.append(message.kind))
    request = queue(workers, "dm")
    with workers.context.store.write() as session:
        outgoing.thread(session, request, workers.clock(), {"text": "news"})
    send_all(workers, outbox_of(workers, InMemorySlack()))
    assert (workers.unsent(), noted) == ([], [])


def status(workers: Workers) -> tuple[str, str]:
    """Of the first message: its status, and why it is so."""
    with workers.context.store.read() as session:
        message = session.exec(select(SentMessage).order_by(col(SentMessage.id))).first()
    assert message is not None
    assert message.lease_owner == ""
    return message.status, message.error


def test_what_is_dropped_holds_up_nothing_behind_it(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    with workers.context.store.write() as session:
        for line in ("first", "second"):
            outgoing.direct(session, request, workers.clock(), {"text": line})
    (lane,) = workers.lanes()
    Outbox(workers.context, Refusing("msg_too_long"), lambda: "B0ORGBOT", lambda _: {}).send_lane(lane)
    with workers.context.store.read() as session:
        assert session.exec(select(SentMessage.status)).all() == ["dropped", "dropped"]


class Awake:
    """The seconds of a process that sleeps when the test says so; the world's clock goes on meanwhile."""

    def __init__(self, workers: Workers) -> None:
        self._clock, self.now = workers.clock, 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self._clock.advance(seconds=seconds)


def another_process(workers: Workers, mail: Mail) -> Callable[[str], None]:
    """Takes a lane over, while that of the workers sleeps for forty seconds."""
    awake = workers.context.in_hand.seconds = Awake(workers)
    context = replace(workers.context, owner="other", in_hand=InHand())
    other = Outbox(context, mail.client, lambda: "B0ORGBOT", lambda _: {})

    def takes_over(lane: str) -> None:
        for _ in range(8):
            awake.sleep(5)
            Context().run(other.send_lane, lane)

    return takes_over


def sleeps_at(place: str, sleeper: Outbox, patch: pytest.MonkeyPatch, meanwhile: Callable[[], None]) -> None:
    """The sleeper sleeps once it is past `place`; at `_post` between the last look at its lease and the wire."""
    real = getattr(Delivering, place)

    def late(client: Any, method: str, **given: Any) -> Any:
        patch.setattr("approvals.outbox.delivering.call_now", call_now)
        meanwhile()
        return Context().run(call_now, client, method, **given)

    def sleepy(own: Delivering, *given: Any) -> Any:
        if own is not sleeper._delivering:
            return real(own, *given)
        if place == "_post":
            patch.setattr("approvals.outbox.delivering.call_now", late)
            return real(own, *given)
        answer = real(own, *given)
        meanwhile()
        return answer

    patch.setattr(Delivering, place, sleepy)


@pytest.mark.parametrize(
    ("kind", "place"), [("dm", "_direct_channel"), ("dm", "_mark_sending"), ("dm", "_post"), ("card", "_post")]
)
def test_who_slept_while_another_process_took_over_posts_nothing_that_stays(
    workers: Workers, slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch, kind: str, place: str
) -> None:
    """Before the post, between the note that it leaves and the post, and after it was let through."""
    mail, request = Mail(workers, slack), workers.ask("create-account", **NEW)
    if kind == "dm":
        mail.deliver()
        with workers.context.store.write() as session:
            outgoing.direct(session, request, workers.clock(), {"text": "the one message"})
    workers.work()
    (lane,) = workers.lanes()
    another = another_process(workers, mail)
    sleeps_at(place, mail.outbox, monkeypatch, lambda: another(lane))
    mail.outbox.send_lane(lane)
    mail.deliver()
    assert len(slack.messages("aws-approvals")) == 1
    direct = [message["text"] for message in slack.person("alice").dms]
    assert [text for text, times in Counter(direct).items() if times > 1] == []
    assert ("the one message" in direct) is (kind == "dm")


def test_who_slept_after_an_edit_takes_nothing_away_though_the_other_had_newer_words(
    workers: Workers, slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other says nothing for what is outdated by then, and edits the same message: there is no second one."""
    mail, request = Mail(workers, slack), workers.ask("create-account", **NEW)
    mail.deliver()
    another = another_process(workers, mail)

    def queued(text: str) -> str:
        with workers.context.store.write() as session:
            return outgoing.direct(session, request, workers.clock(), {"text": text}, EDITED).lane

    def taken_over() -> None:
        queued("newer")
        another(lane)

    lane = queued("new")
    sleeps_at("_edit", mail.outbox, monkeypatch, taken_over)
    mail.outbox.send_lane(lane)
    assert [message["text"] for message in slack.person("alice").dms] == ["newer"]


def posts_when_it_wakes(
    workers: Workers,
    slack: SlackSandbox,
    *,
    fault: Drop | None = None,
    writes_down: bool = True,
) -> Mail:
    """Who sends the card sleeps on the wire; another one sends it too, and `writes_down` that it has; then the first one's leaves.

    Its own answer may go wrong.
    """
    mail = Mail(workers, slack)
    workers.ask("create-account", **NEW)
    workers.work()
    (lane,) = workers.lanes()
    another = another_process(workers, mail)

    def taken_over() -> None:
        another(lane)
        if not writes_down:
            with workers.context.store.write() as session:
                values = {"status": "sending", "ts": "", "due_at": workers.clock()}
                session.execute(update(SentMessage).where(col(SentMessage.kind) == "card").values(values))
                session.execute(update(Request).values(outgoing.NO_PLACE))
        if fault:
            slack.faults.add("chat.postMessage", fault, times=1)

    with pytest.MonkeyPatch.context() as patch:
        sleeps_at("_post", mail.outbox, patch, taken_over)
        mail.outbox.send_lane(lane)
    return mail


@pytest.mark.parametrize("fault", [None, "drop-after", "drop-before"])
def test_who_posts_after_the_other_takes_its_own_post_back_though_its_answer_is_lost(
    workers: Workers, slack: SlackSandbox, fault: Drop | None
) -> None:
    mail = posts_when_it_wakes(workers, slack, fault=fault)
    assert len(slack.messages("aws-approvals")) == (1 if fault == "drop-before" else 2)
    (counts,) = messages(workers, "card")
    mail.deliver()
    assert [message["ts"] for message in slack.messages("aws-approvals")] == [counts.ts]


def test_who_finds_its_own_post_and_a_later_one_keeps_the_first(workers: Workers, slack: SlackSandbox) -> None:
    """The other one's answer was lost, so that it looks, and by then the first one is awake."""
    mail = posts_when_it_wakes(workers, slack, fault="drop-after", writes_down=False)
    first, _ = slack.messages("aws-approvals")
    mail.deliver()
    assert [message["ts"] for message in slack.messages("aws-approvals")] == [first["ts"]]
    (counts,) = messages(workers, "card")
    assert (counts.status, counts.ts) == ("sent", first["ts"])


def test_who_finds_two_has_the_second_one_taken_away_though_the_other_was_killed_before_it_could(
    workers: Workers, slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Outbox, "_too_late", lambda *_: None)
    mail = posts_when_it_wakes(workers, slack, writes_down=False)
    first, _ = slack.messages("aws-approvals")
    mail.deliver()
    assert [message["ts"] for message in slack.messages("aws-approvals")] == [first["ts"]]


def test_while_nobody_says_which_post_counts_none_is_taken_away(workers: Workers, slack: SlackSandbox) -> None:
    posts_when_it_wakes(workers, slack)
    for status in ("queued", "sending"):
        with workers.context.store.write() as session:
            session.execute(update(SentMessage).where(col(SentMessage.kind) == "card").values(status=status))
        (twice,) = messages(workers, outgoing.TWICE)
        outbox = outbox_of(workers, Counting())
        with pytest.raises(LaterError, match="not sent yet"):
            outbox._delivering.deliver(twice)


@pytest.mark.parametrize("status", ["dropped", "aside"])
def test_of_what_stands_nowhere_else_nothing_is_taken_away(workers: Workers, slack: SlackSandbox, status: str) -> None:
    mail = posts_when_it_wakes(workers, slack)
    with workers.context.store.write() as session:
        values = {"status": status, "due_at": None}
        session.execute(update(SentMessage).where(col(SentMessage.kind) == "card").values(values))
    mail.deliver()
    assert len(slack.messages("aws-approvals")) == 2


def test_what_counts_is_not_taken_away_though_there_is_no_other(workers: Workers, slack: SlackSandbox) -> None:
    mail = Mail(workers, slack)
    workers.ask("create-account", **NEW)
    mail.deliver()
    (card,) = messages(workers, "card")
    with workers.context.store.write() as session:
        outgoing.twice(session, card, workers.clock())
    mail.deliver()
    assert [message["ts"] for message in slack.messages("aws-approvals")] == [card.ts]
    assert slack.calls.of("chat.delete") == []


def test_who_wakes_takes_away_only_a_post_of_which_there_is_a_second_one(workers: Workers) -> None:
    """A private line or a file can't be taken away, an edit is none."""
    queue(workers, "dm")
    (row,) = messages(workers, "dm")
    row.lease_owner = "slept"
    outbox = outbox_of(workers, Counting())
    for ours, looks in ((Posted("C", ""), 0), (Posted("C", "2.0", edited=True), 0), (Posted("C", "2.0"), 1)):
        outbox._sent(row, ours)
        assert (ours, len(messages(workers, outgoing.TWICE))) == (ours, looks)


@pytest.mark.parametrize("kind", ["private", "edit", "remove", "file", outgoing.TWICE])
def test_of_what_is_not_taken_back_none_is_looked_for(workers: Workers, kind: str) -> None:
    workers.ask("create-account", **NEW)
    row = SentMessage(id=1, lane="x", marker="m", kind=kind, request_id=1, lease_owner="slept")
    outbox_of(workers, Counting())._in_doubt(row, SlackAmbiguousError("lost"))
    assert messages(workers, outgoing.TWICE) == []


def test_what_slack_was_too_busy_for_is_not_looked_for_but_sent(workers: Workers) -> None:
    """It surely was not posted, so that it need not settle."""
    workers.ask("create-account", **NEW)
    workers.work()
    slack, busy = InMemorySlack(), Refusing("ratelimited")
    (lane,) = workers.lanes()
    Outbox(workers.context, busy, lambda: "B0ORGBOT", lambda _: {}).send_lane(lane)
    assert (workers.unsent(), workers.lanes()) == (["card"], [])
    settled = workers.clock() + workers.context.pace.slack_settle
    while lane not in workers.lanes():
        workers.clock.advance(seconds=1)
    assert workers.clock() < settled
    Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {}).send_lane(lane)
    assert len(slack.posts) == 1


def outbox_of(workers: Workers, slack: WebClient) -> Outbox:
    return Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {})


def send_all(workers: Workers, outbox: Outbox) -> None:
    """What is due, and what that brings about."""
    while lanes := workers.lanes():
        for lane in lanes:
            outbox.send_lane(lane)


def messages(workers: Workers, kind: str) -> list[SentMessage]:
    with workers.context.store.read() as session:
        return list(
            session.exec(select(SentMessage).where(SentMessage.kind == kind).order_by(col(SentMessage.id))).all()
        )


@pytest.mark.parametrize(("settle", "seconds"), [(10, 5), (4, 4)])
def test_after_a_lost_answer_it_is_looked_for_soon(workers: Workers, settle: int, seconds: int) -> None:
    pace = replace(workers.context.pace, poll=timedelta(0), slack_settle=timedelta(seconds=settle))
    workers.context = replace(workers.context, pace=pace)
    workers.ask("create-account", **NEW)
    workers.work()
    (lane,) = workers.lanes()
    outbox_of(workers, Refusing("internal_error")).send_lane(lane)
    assert [card.status for card in messages(workers, "card")] == ["sending"]
    workers.clock.advance(seconds=seconds - 0.5)
    assert workers.lanes() == []
    workers.clock.advance(seconds=0.5)
    assert workers.lanes() == [lane]


def test_a_private_line_whose_answer_was_lost_is_not_said_a_second_time(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.intake.click(replace(workers.press(request, "approve", "U0DAVE"), delivery="d", channel="C0APPROVALS"))
    workers.work()
    slack = Refusing("internal_error", "chat.postEphemeral")
    outbox = outbox_of(workers, slack)
    send_all(workers, outbox)
    workers.clock.advance(hours=1)
    send_all(workers, outbox)
    (line,) = slack.whispers
    assert (line["channel"], line["user"]) == ("C0APPROVALS", "U0DAVE")
    (message,) = messages(workers, "private")
    assert (message.status, message.channel, message.ts, message.due_at) == ("sent", "C0APPROVALS", "", None)


def test_a_private_line_for_who_pressed_in_no_channel_goes_by_dm(workers: Workers) -> None:
    """As in the home tab."""
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "approve", "U0DAVE")
    workers.work()
    with workers.context.store.write() as session:
        session.execute(update(SentMessage).where(col(SentMessage.kind) == "private").values(channel=""))
    slack = InMemorySlack()
    (lane,) = (lane for lane in workers.lanes() if lane.startswith("private:"))
    outbox_of(workers, slack).send_lane(lane)
    assert ([post["channel"] for post in slack.posts], slack.whispers) == (["DU0DAVE"], [])


@pytest.mark.parametrize("code", ["message_not_found", "ratelimited", "internal_error"])
def test_a_card_whose_link_slack_does_not_give_is_known_all_the_same(workers: Workers, code: str) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    slack = Refusing(code, "chat.getPermalink")
    send_all(workers, outbox_of(workers, slack))
    card, direct = slack.posts
    stands = workers.request(request.id)
    assert (stands.card_channel, stands.card_ts, stands.card_link) == ("C0APPROVALS", card["ts"], "")
    assert direct["channel"] == f"D{ALICE}"


class Counting(InMemorySlack):
    """Counts the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        self.calls[api_method] += 1
        return super().api_call(api_method, **arguments)


def test_only_the_first_card_is_posted_and_news_for_the_requester(workers: Workers) -> None:
    """Afterwards it is brought up to date where it stands."""
    request = workers.ask("create-account", **NEW)
    workers.work()
    slack = Counting()
    outbox = outbox_of(workers, slack)
    send_all(workers, outbox)
    told, told_at = workers.said("dm"), workers.request(request.id).tell_at
    assert told_at == workers.clock()
    workers.clock.advance(minutes=1)
    for _ in range(2):
        with workers.context.store.write() as session:
            outgoing.card(session, request, workers.clock())
        send_all(workers, outbox)
    assert (workers.said("dm"), workers.request(request.id).tell_at) == (told, told_at)
    assert (slack.calls["chat.update"], slack.calls["chat.getPermalink"]) == (2, 1)
    assert len(slack.cards("C0APPROVALS", 1)) == 1
    assert {message.ts for message in messages(workers, "card")} == {workers.request(request.id).card_ts}


def test_a_card_shows_its_own_votes_and_notes_only_its_own_place(workers: Workers) -> None:
    workers.rules = Rules([Rule("two", (BOB, CAROL), approvals=2)])
    one, other = (workers.ask("create-ou", unit_name=name) for name in ("Data", "Web"))
    workers.work()
    slack = InMemorySlack()
    outbox = outbox_of(workers, slack)
    outbox.send_lane(f"request:{one.id}")
    assert workers.request(other.id).card_ts == ""
    send_all(workers, outbox)
    workers.click(one, "approve", BOB)
    workers.work()
    with workers.context.store.write() as session:
        outgoing.card(session, other, workers.clock())
    send_all(workers, outbox)
    cards = {post["ts"]: str(post["blocks"]) for post in slack.posts}
    first, second = (cards[workers.request(request.id).card_ts] for request in (one, other))
    assert (f"1 of 2 approvals (<@{BOB}>)" in first, f"(<@{BOB}>)" in second) == (True, False)


@pytest.mark.parametrize(
    ("status", "decided_by", "told"),
    [
        (Status.PENDING, "", 1),
        (Status.APPROVED, BOB, 0),
        (Status.RUNNING, BOB, 0),
        (Status.CANCELLED, ALICE, 0),
        (Status.EXPIRED, "", 0),
    ],
)
def test_the_requester_hears_that_it_waits_only_while_it_does(
    workers: Workers, status: Status, decided_by: str, told: int
) -> None:
    """Whoever is quicker than the card's answer has told them more already."""
    workers.ask("create-account", **NEW)
    workers.work()
    with workers.context.store.write() as session:
        session.execute(update(Request).values(status=status, decided_by=decided_by))
    (lane,) = (lane for lane in workers.lanes() if lane.startswith("request:"))
    outbox_of(workers, InMemorySlack()).send_lane(lane)
    assert len(workers.said("dm")) == told


def test_where_somebodys_direct_messages_go_slack_is_asked_once(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    with workers.context.store.write() as session:
        for line in ("first", "second"):
            outgoing.direct(session, request, workers.clock(), {"text": line})
        outgoing.call(session, request, BOB, workers.clock(), {"text": "for Bob"})
    slack = Counting()
    send_all(workers, outbox_of(workers, slack))
    said = [(post["channel"], post["text"]) for post in slack.posts]
    assert sorted(said) == [(f"D{ALICE}", "first"), (f"D{ALICE}", "second"), (f"D{BOB}", "for Bob")]
    assert slack.calls["conversations.open"] == 2


def test_what_is_sent_again_after_an_error_has_none_any_more(workers: Workers) -> None:
    workers.ask("create-account", **NEW)
    workers.work()
    (lane,) = workers.lanes()
    outbox_of(workers, Refusing("not_in_channel")).send_lane(lane)
    workers.clock.advance(minutes=1)
    outbox_of(workers, InMemorySlack()).send_lane(lane)
    (card,) = messages(workers, "card")
    assert (card.status, card.error, card.due_at, card.channel) == ("sent", "", None, "C0APPROVALS")


def test_who_has_lost_a_message_to_another_worker_writes_nothing_about_it(workers: Workers) -> None:
    """The other one finds it in Slack and writes down where the card stands."""

    class Slow(InMemorySlack):
        def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
            if api_method == "chat.postMessage":
                with workers.context.store.write() as session:
                    session.execute(update(SentMessage).values(lease_owner="another"))
            return super().api_call(api_method, **arguments)

    request = workers.ask("create-account", **NEW)
    workers.work()
    (lane,) = workers.lanes()
    outbox_of(workers, Slow()).send_lane(lane)
    assert (workers.request(request.id).card_ts, workers.said("dm")) == ("", [])
    assert [(card.status, card.lease_owner) for card in messages(workers, "card")] == [("sending", "another")]


@pytest.mark.parametrize(
    ("code", "by_dm"),
    [
        ("user_not_in_channel", 1),
        ("channel_not_found", 1),
        ("not_in_channel", 1),
        ("is_archived", 1),
        ("invalid_blocks", 0),
    ],
)
def test_a_private_line_goes_by_dm_when_it_is_the_channel_that_is_wrong(
    workers: Workers, code: str, by_dm: int
) -> None:
    workers.click(workers.ask("create-account", **NEW), "approve", "U0DAVE")
    workers.work()
    slack = Refusing(code, "chat.postEphemeral")
    (lane,) = (lane for lane in workers.lanes() if lane.startswith("private:"))
    Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {}).send_lane(lane)
    assert [post["channel"] for post in slack.posts] == ["DU0DAVE"] * by_dm


def test_a_channel_that_is_mended_gets_its_card(workers: Workers, slack: SlackSandbox) -> None:
    slack.workspace.channel("aws-approvals").members.discard("U0ORGBOT")
    mail = Mail(workers, slack)
    workers.ask("create-account", **NEW)
    workers.work()
    for lane in workers.lanes():
        mail.outbox.send_lane(lane)
    assert slack.messages("aws-approvals") == []
    slack.invite("orgbot", "aws-approvals")
    workers.clock.advance(seconds=61)
    mail.deliver()
    assert len(slack.messages("aws-approvals")) == 1


@pytest.mark.parametrize(
    ("message", "card", "values"),
    [
        ({"kind": "thread"}, "", {"status": "aside"}),  # What is behind it goes on.
        ({"kind": "card"}, "1.0", {"status": "aside"}),
        ({"kind": "card"}, "", {}),  # Without a card there is no thread.
        ({"kind": "credentials"}, "1.0", {"status": "dropped", "error": "set aside"}),
    ],
)
def test_what_an_error_of_the_bots_own_puts_by_holds_its_lane_only_when_it_is_the_card_itself(
    workers: Workers, message: dict[str, Any], card: str, values: dict[str, str]
) -> None:
    request = workers.ask("create-account", **NEW)
    with workers.context.store.write() as session:
        session.execute(update(Request).values(card_ts=card))
        put_by = SentMessage(lane="a", marker="a", request_id=request.id, **message)
        assert LANE.aside(session, put_by, workers.clock()) == values


@pytest.mark.parametrize(
    ("status", "started", "values"),
    [
        ("aside", True, {"status": "sending"}),  # It may stand in Slack: it is looked for first.
        ("aside", False, {"status": "queued"}),
        ("queued", True, {}),
        ("sending", True, {}),
    ],
)
def test_what_was_put_by_is_taken_up_as_what_it_was(
    workers: Workers, *, status: str, started: bool, values: dict[str, str]
) -> None:
    put_by = SentMessage(
        lane="a", marker="a", kind="dm", status=status, started_at=workers.clock() if started else None
    )
    with workers.context.store.read() as session:
        assert LANE.again(session, put_by) == values


AMBIGUOUS, WAIT = SlackAmbiguousError("chat.postMessage"), timedelta(seconds=7)
UNDELIVERABLE, REFUSED = UndeliverableError("The role is gone."), SlackRefusedError("chat.postMessage", "msg_too_long")
DROPPED = ("dropped", "chat.postMessage: msg_too_long")


@each_of(
    ("kind", "error", "left", "wait", "why"),
    [
        ("dm", AMBIGUOUS, ("sending", ""), 5, ""),  # It may stand there: it is looked for.
        ("dm", NotYourTurnError("chat.postMessage", "soon", WAIT), ("queued", ""), 7, ""),
        ("dm", SlackBusyError("chat.postMessage", "ratelimited", WAIT), ("queued", ""), 7, ""),
        ("dm", REFUSED, DROPPED, None, ""),
        (
            "credentials",
            REFUSED,
            ("dropped", "undeliverable"),
            None,
            "Slack refuses the direct message (msg_too_long).",
        ),
        ("credentials", UNDELIVERABLE, ("dropped", "undeliverable"), None, "The role is gone."),
        ("dm", None, ("sent", ""), None, ""),
    ],
)
def test_what_is_left_of_a_message_by_how_its_sending_ends(
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    error: Exception | None,
    left: tuple[str, str],
    wait: int | None,
    why: str,
) -> None:
    said: list[str] = []

    def deliver(*_: object) -> Posted:
        if error:
            raise error
        return Posted("C0", "1.0")

    monkeypatch.setattr(Delivering, "deliver", deliver)
    monkeypatch.setattr(Delivery, "failed", lambda _self, _session, _message, failed: said.append(failed.failed.say))
    lane = f"{kind} {error}"
    with workers.context.store.write() as session:
        session.add(SentMessage(lane=lane, kind=kind, marker=lane, created_at=workers.clock(), due_at=workers.clock()))
    outbox_of(workers, InMemorySlack()).send_lane(lane)
    (message,) = (message for message in messages(workers, kind) if message.lane == lane)
    assert (message.status, message.error) == left
    if wait:
        workers.clock.advance(seconds=wait - 0.5)
        assert lane not in workers.lanes()
        workers.clock.advance(seconds=0.5)
    assert (lane in workers.lanes()) is bool(wait)
    assert said == ([why] if why else []), "the requester of credentials knows why there are none"


@pytest.fixture
def asked(workers: Workers) -> Request:
    return workers.ask("create-account", **NEW)


@each_of(
    ("message", "card", "why", "hears"),
    [
        ({"kind": "thread"}, "", "", []),
        ({"kind": "card"}, "1.0", "", []),
        ({"kind": "card"}, "", "", ["could not be posted"]),
        ({"kind": "credentials"}, "1.0", "The credentials were not handed over.", []),
        (
            {"kind": "credentials", "started_at": "now"},
            "1.0",
            "It is not known whether the credentials reached you.",
            [],
        ),
    ],
)
def test_of_what_an_error_of_the_bots_own_puts_by_who_waits_for_it_hears(
    workers: Workers,
    asked: Request,
    monkeypatch: pytest.MonkeyPatch,
    message: dict[str, Any],
    card: str,
    why: str,
    hears: list[str],
) -> None:
    said: list[Failed] = []
    monkeypatch.setattr(Delivery, "failed", lambda _self, _session, _message, failed: said.append(failed.failed))
    now = workers.clock()
    known = message | ({"started_at": now} if "started_at" in message else {})
    with workers.context.store.write() as session:
        session.execute(delete(SentMessage))
        session.add(asked.sqlmodel_update({"card_ts": card}))
        put_by = SentMessage(lane="a", marker="a", request_id=asked.id, **known)
        outbox_of(workers, InMemorySlack())._job.told(session, put_by, now)
    told = workers.said("dm")
    assert [text in line for text, line in zip(hears, told, strict=True)] == [True] * len(hears)
    assert [(failed.say.endswith(why), failed.again) for failed in said] == ([(True, True)] if why else [])
