"""The place to decide can't vanish: a card that is refused, deleted, archived or left behind is posted anew, and until then
approvers decide elsewhere, and everybody is told so.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from approvals.authority.press import read
from approvals.models import Message as SentMessage
from approvals.models import Request
from approvals.outbox.refusals import UnmendedError, lose_cards, move_cards, settle
from approvals.queue import outgoing
from approvals.queue.outgoing import LINE
from approvals.queue.worker import LaterError
from approvals.request.intake import Click
from approvals.slack.client import SlackRefusedError
from approvals.states import Status
from approvals.views.card import plain_card
from handlers.queries.requests import private_card, to_decide
from tests.harness.mail import NEW, Mail
from tests.harness.people import ALICE, BOB, TEAM
from tests.harness.workers import Workers

MINUTE = 61


def asked(mail: Mail) -> Request:
    """A request of Alice's that approvers have been asked about."""
    request = mail.workers.ask("create-account", **NEW)
    mail.once()
    return mail.workers.request(request.id)


def cards(mail: Mail, channel: str = "aws-approvals") -> list[dict[str, Any]]:
    return [message for message in mail.slack.messages(channel) if message.get("bot_id")]


def buttons(blocks: list[dict[str, Any]]) -> list[str]:
    return [item["action_id"] for block in blocks if block["type"] == "actions" for item in block["elements"]]


def told(mail: Mail, who: str) -> list[str]:
    return [message["text"] for message in mail.slack.person(who).dms]


def press(request: Request, kind: str, by: str, **where: Any) -> Click:
    """A press somewhere else than on the card, of a button as it is made now."""
    found = read(request.button_beside_digest if kind in ("approve", "deny") else request.button)
    assert found is not None
    return Click(f"{kind} {by} {where}", kind, by, TEAM, found.number, found.key, shown=found.shown, **where)


def press_on(mail: Mail, request: Request, message: dict[str, Any], kind: str, by: str) -> Request:
    """A press on a message that stands in Slack."""
    mail.workers.intake.click(press(request, kind, by, channel=message["channel"], message_ts=message["ts"]))
    mail.once()
    return mail.workers.request(request.id)


def archive(mail: Mail, *, archived: bool = True) -> None:
    mail.slack.workspace.channel("aws-approvals").is_archived = archived


def restrict(mail: Mail, *, restricted: bool = True) -> None:
    mail.slack.workspace.channel("aws-approvals").is_read_only = restricted


@pytest.mark.parametrize("hinder", [archive, restrict])
def test_without_a_card_approvers_decide_by_direct_message_and_the_requester_knows(mail: Mail, hinder: Any) -> None:
    hinder(mail)
    request = asked(mail)
    assert cards(mail) == []
    (said,) = told(mail, "alice")
    assert "approvers have no card yet" in said
    (offered,) = mail.slack.person("bob").dms
    assert "waits for your decision here" in offered["text"]
    assert buttons(offered["blocks"]) == ["approve", "deny", "cancel"]
    assert press_on(mail, request, offered, "approve", BOB).decided_by == BOB


def test_without_a_card_the_request_and_the_home_tab_say_so_and_offer_the_decision(mail: Mail) -> None:
    archive(mail)
    request = asked(mail)
    shown = private_card(request, BOB)
    assert "no card in the approval channel yet" in str(shown[0])
    assert buttons(shown)[:2] == ["approve", "deny"]
    assert buttons(private_card(request, ALICE)) == ["cancel"]
    line = to_decide(request)
    assert "no card" in str(line)
    assert buttons(line) == ["approve", "deny"]


def test_the_decision_that_is_offered_privately_counts_while_there_is_no_card(mail: Mail) -> None:
    archive(mail)
    request = asked(mail)
    mail.workers.intake.click(press(request, "deny", BOB, private=True, reason="not now"))
    mail.once()
    assert mail.workers.request(request.id).status == "denied"


def test_show_and_decide_brings_the_request_with_its_buttons_to_an_approver_and_to_nobody_else(mail: Mail) -> None:
    archive(mail)
    request = asked(mail)
    before = len(mail.slack.person("bob").dms)
    for user in (BOB, "U0DAVE", ALICE):
        mail.workers.intake.click(press(request, "show", user, private=True))
    mail.once()
    shown = mail.slack.person("bob").dms[before:][-1]
    assert "approve" in buttons(shown["blocks"])
    assert "can decide this" in told(mail, "dave")[-1]
    assert "your own request" in told(mail, "alice")[-1]
    assert press_on(mail, request, shown, "approve", BOB).decided_by == BOB


def test_who_presses_privately_when_the_card_is_there_again_decides_what_was_shown(mail: Mail) -> None:
    archive(mail)
    request = asked(mail)
    archive(mail, archived=False)
    mail.workers.clock.advance(seconds=MINUTE)
    mail.once()
    mail.workers.intake.click(press(request, "approve", BOB, private=True))
    mail.once()
    assert mail.workers.request(request.id).decided_by == BOB


@pytest.mark.parametrize("private", [True, False], ids=["privately", "in a direct message"])
def test_without_the_digest_nothing_is_decided_away_from_the_card(mail: Mail, *, private: bool) -> None:
    """Such as by a message that showed the request before it was known what it would do."""
    archive(mail)
    request = asked(mail)
    message = mail.slack.person("bob").dms[0]
    where = {"private": True} if private else {"channel": message["channel"], "message_ts": message["ts"]}
    mail.workers.intake.click(replace(press(request, "approve", BOB, **where), shown=""))
    mail.once()
    assert mail.workers.request(request.id).status == "pending"
    assert "nothing was done" in mail.workers.said("private")[-1]


def test_who_presses_an_older_button_privately_when_the_card_is_there_again_is_led_to_it(mail: Mail) -> None:
    archive(mail)
    request = asked(mail)
    archive(mail, archived=False)
    mail.workers.clock.advance(seconds=MINUTE)
    mail.once()
    mail.workers.intake.click(replace(press(request, "approve", BOB, private=True), shown=""))
    mail.once()
    assert mail.workers.request(request.id).status == "pending"
    said = mail.slack.person("bob").dms[-1]["text"] + str(mail.slack.person("bob").ephemerals)
    assert "Its card is in the channel now" in said


def test_a_channel_that_is_mended_gets_the_card_and_what_followed(mail: Mail) -> None:
    restrict(mail)
    request = asked(mail)
    press_on(mail, request, mail.slack.person("bob").dms[0], "approve", BOB)
    restrict(mail, restricted=False)
    mail.workers.clock.advance(seconds=MINUTE)
    mail.deliver()
    (card,) = cards(mail)
    assert any("Approved by" in reply["text"] for reply in mail.slack.replies(card))


@pytest.mark.parametrize("kind", ["approve", "deny", "cancel"])
def test_a_card_that_an_admin_deletes_is_posted_anew_with_its_thread(mail: Mail, kind: str) -> None:
    request = asked(mail)
    (card,) = cards(mail)
    mail.slack.workspace.delete(mail.slack.workspace.find(card["channel"], card["ts"]))
    done = press_on(mail, request, card, kind, ALICE if kind == "cancel" else BOB)
    assert done.status != "pending"
    mail.deliver()
    (anew,) = cards(mail)
    assert anew["ts"] == mail.workers.request(request.id).card_ts != card["ts"]
    assert mail.slack.replies(anew)
    assert len(told(mail, "alice")) == 1


def test_a_line_for_the_thread_of_a_deleted_card_brings_the_card_back_first(mail: Mail) -> None:
    request = asked(mail)
    (card,) = cards(mail)
    mail.slack.workspace.delete(mail.slack.workspace.find(card["channel"], card["ts"]))
    mail.workers.clock.advance(hours=5)  # The first reminder is due.
    mail.deliver()
    (anew,) = cards(mail)
    assert "approve" in buttons(anew["blocks"])
    assert "has waited" in mail.slack.replies(anew)[0]["text"]
    assert mail.workers.request(request.id).card_ts == anew["ts"]


def test_a_card_in_a_channel_that_was_archived_is_offered_elsewhere_and_posted_anew_when_it_can_be(mail: Mail) -> None:
    request = asked(mail)
    (old,) = cards(mail)
    archive(mail)
    mail.workers.clock.advance(hours=5)
    mail.once()
    assert mail.workers.request(request.id).card_ts == ""
    assert "approve" in buttons(mail.slack.person("bob").dms[-1]["blocks"])
    archive(mail, archived=False)
    mail.workers.clock.advance(seconds=MINUTE)
    mail.deliver()
    before, anew = cards(mail)
    assert before["ts"] == old["ts"]
    assert "is now in" in before["text"]
    assert "approve" not in buttons(before["blocks"])
    assert "approve" in buttons(anew["blocks"])


def test_with_another_setting_open_cards_move_and_the_old_ones_say_so(mail: Mail) -> None:
    mail.slack.invite("orgbot", "platform")
    request = asked(mail)
    decided = mail.workers.ask("create-account", account_name="other", email="other@example.com")
    mail.once()
    mail.workers.click(decided, "deny", BOB)
    mail.once()
    mail.approves_in("C0PLATFORM")
    assert move_cards(mail.workers.context) == 1
    mail.deliver()
    old = next(message for message in cards(mail) if "is now in" in message["text"])
    (anew,) = cards(mail, "platform")
    assert buttons(old["blocks"]) == []
    assert mail.workers.request(request.id).card_channel == "C0PLATFORM"
    assert mail.workers.request(decided.id).card_channel == "C0APPROVALS", "what is over stays where it was decided"
    assert press_on(mail, request, anew, "approve", BOB).decided_by == BOB
    assert move_cards(mail.workers.context) == 0


def test_what_waits_for_the_thread_follows_a_card_that_moves(mail: Mail) -> None:
    mail.slack.invite("orgbot", "platform")
    request = asked(mail)
    with mail.workers.context.store.write() as session:
        for line in ("first", "second"):
            outgoing.thread(session, request, mail.workers.clock(), {"text": line})
    mail.approves_in("C0PLATFORM")
    move_cards(mail.workers.context)
    mail.deliver()
    (anew,) = cards(mail, "platform")
    assert [reply["text"] for reply in mail.slack.replies(anew)] == ["first", "second"]


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long", "metadata_too_large"])
def test_a_card_that_slack_will_not_take_is_sent_in_plain(mail: Mail, code: str) -> None:
    mail.slack.faults.add("chat.postMessage", error=code)
    request = asked(mail)
    (card,) = cards(mail)
    assert buttons(card["blocks"]) == ["approve", "deny"]
    assert press_on(mail, request, card, "approve", BOB).decided_by == BOB


def test_a_card_in_plain_says_what_the_whole_one_says(mail: Mail) -> None:
    """Nobody approves what they were not shown."""
    mail.slack.faults.add("chat.postMessage", error="invalid_blocks")
    content = json.dumps({"Version": "2012-10-17", "Statement": statements(60)}, indent=1)
    asked = mail.workers.request(mail.workers.ask("create-policy", kind="scp", policy_name="Long", content=content).id)
    mail.once()
    asked = mail.workers.request(asked.id)
    card, *_ = cards(mail)
    said = "".join(block["text"]["text"] for block in card["blocks"] if block["type"] == "section")
    for text in (asked.title, asked.digest[:12], asked.reason, *asked.preview["plan"], asked.preview["diff"][:1000]):
        assert text in said
    assert [fact["value"] for fact in asked.preview["facts"] if fact["value"][:100] not in said] == []
    assert "The whole of it is in the thread." in said
    assert any(asked.preview["diff"] in in_code(reply) or "files" in reply for reply in mail.slack.replies(card))


def test_a_card_in_plain_that_does_not_say_all_has_no_approve() -> None:
    facts = [{"label": f"Fact {number}", "value": "x" * 290} for number in range(16)]
    preview = {"title": "Everything", "facts": facts, "plan": ["y" * 490 for _ in range(12)]}
    names: dict[str, Any] = {"delivery": "d", "marker": "m", "subject": "s", "team": TEAM, "operation": "move-account"}
    pending = Request(id=1, requester=ALICE, status=Status.PENDING, preview=preview, **names)
    shown = plain_card(pending, [])["blocks"]
    assert buttons(shown) == ["deny"]
    assert "can't be approved here" in str(shown)


def test_who_decides_where_there_is_no_card_is_shown_all_of_it(mail: Mail) -> None:
    """There is no thread that could hold what the card has no room for."""
    archive(mail)
    content = json.dumps({"Version": "2012-10-17", "Statement": statements(30)}, indent=1)
    number = mail.workers.ask("create-policy", kind="scp", policy_name="Long", content=content).id
    mail.once()
    request = mail.workers.request(number)
    *before, offered = mail.slack.person("bob").dms
    assert request.preview["diff"] in "".join(map(in_code, before))
    assert "stands in the message before" in offered["text"]
    assert "approve" in buttons(offered["blocks"])
    assert "show" in buttons(private_card(request, BOB)), "where it has no room it leads there"
    assert "approve" not in buttons(private_card(request, BOB))


def statements(count: int) -> list[dict[str, str]]:
    return [{"Effect": "Deny", "Resource": "*", "Sid": f"S{n:04}", "Action": f"s3:Action{n:04}"} for n in range(count)]


@pytest.mark.parametrize("code", ["blocked_file_type", "file_uploads_disabled", "missing_scope", "not_documented"])
def test_where_slack_takes_no_file_the_whole_is_in_the_thread_in_as_many_messages_as_it_takes(
    mail: Mail, code: str
) -> None:
    mail.slack.faults.add("files.getUploadURLExternal", error=code, times=None)
    statement = {"Effect": "Deny", "Resource": "*"}
    several = [statement | {"Sid": f"S{n:04}", "Action": f"s3:Action{n:04}"} for n in range(100)]
    content = json.dumps({"Version": "2012-10-17", "Statement": several}, separators=(",", ":"))
    asked = mail.workers.ask("create-policy", kind="scp", policy_name="Long", content=content)
    mail.once()
    diff = mail.workers.request(asked.id).preview["diff"]
    (card,) = cards(mail)
    replies = [reply for reply in mail.slack.replies(card) if "no room for" in reply["text"]]
    assert len(replies) == int(replies[0]["text"][-2])
    assert diff in "".join(map(in_code, replies))


def in_code(message: dict[str, Any]) -> str:
    """What stands in a message's blocks of code."""
    parts = [part for block in message["blocks"] for part in block.get("elements", ())]
    return "".join(
        item["text"] for part in parts if part["type"] == "rich_text_preformatted" for item in part["elements"]
    )


def test_where_slack_takes_no_card_at_all_approvers_decide_by_direct_message(mail: Mail) -> None:
    mail.slack.faults.add(
        "chat.postMessage", error="invalid_blocks", times=None, when=lambda params: params["channel"] == "C0APPROVALS"
    )
    request = asked(mail)
    assert "approvers have no card yet" in told(mail, "alice")[0]
    done = press_on(mail, request, mail.slack.person("bob").dms[0], "approve", BOB)
    assert done.decided_by == BOB


def test_whoever_cannot_be_told_by_direct_message_is_told_in_the_thread(mail: Mail) -> None:
    slack = mail.slack
    slack.workspace.manifest = replace(slack.workspace.manifest, messages_tab=False)
    asked(mail)
    (card,) = cards(mail)
    (reply,) = slack.replies(card)
    assert f"<@{ALICE}> gets no direct message" in reply["text"]
    assert "messages_tab_disabled" in reply["text"]
    slack.workspace.manifest = replace(slack.workspace.manifest, messages_tab=True)
    mail.workers.clock.advance(seconds=MINUTE)
    mail.deliver()
    assert "Waiting for" in told(mail, "alice")[0]


def test_a_request_that_approvers_never_saw_says_so_when_its_time_is_over(mail: Mail) -> None:
    mail.slack.faults.add("chat.postMessage", error="token_revoked", times=None)
    request = asked(mail)
    mail.workers.clock.now = request.expires_at  # type: ignore[assignment]
    mail.once()
    ended = mail.workers.request(request.id)
    assert ended.status == "refused"
    assert "approvers could not decide: the token was revoked" in ended.outcome


def test_while_the_token_is_refused_nothing_is_said_that_would_come_too_late(mail: Mail) -> None:
    plan = mail.slack.faults.add("chat.postMessage", error="token_expired", times=None)
    asked(mail)
    mail.slack.faults.clear()
    assert plan.met
    mail.workers.clock.advance(seconds=MINUTE)
    mail.deliver()
    assert "Waiting for" in told(mail, "alice")[0]
    assert len(cards(mail)) == 1


def test_a_card_about_which_something_is_being_sent_is_moved_another_time(mail: Mail) -> None:
    request = asked(mail)
    with mail.workers.context.store.write() as session:
        outgoing.card(session, request, mail.workers.clock())
        session.flush()
        session.execute(update(SentMessage).where(col(SentMessage.status) == "queued").values(lease_owner="somebody"))
    assert lose_cards(mail.workers.context) == 0
    with mail.workers.context.store.write() as session:
        session.execute(update(SentMessage).values(lease_owner=""))
    assert lose_cards(mail.workers.context) == 1
    assert mail.workers.request(request.id).card_ts == ""


PLACED, WITH_OLD, HOUR = "placed anew", "placed anew, and the old one says so", timedelta(hours=1)
NOW = timedelta(0)
CARD, OTHER = "C0APPROVALS", "C0BEFORE"


def becomes(
    workers: Workers,
    code: str,
    kind: str = "card",
    card: str = "",
    age: timedelta = NOW,
    about: Status = Status.PENDING,
    **values: Any,
) -> str:
    """What becomes of a message of this kind that Slack refuses so; its request's card stands in `card`, if anywhere."""
    workers.clock.advance(seconds=1)
    context, now = workers.context, workers.clock()
    request = workers.ask("create-ou", unit_name=f"{now:%H-%M-%S}")
    request.card_channel, request.card_ts, request.status = card, "1.0" if card else "", about
    known: dict[str, Any] = {"created_at": now - age, "started_at": now, "status": "sending"}
    known |= {"lease_owner": context.owner, "user": ALICE} | values
    with context.store.write() as session:
        session.add(request)
        message = SentMessage(kind=kind, lane="a", request_id=request.id, marker="m", **known)
        session.add(message)
    try:
        settle(context, message, SlackRefusedError("chat.postMessage", code))
    except UnmendedError:
        return "dropped"
    except LaterError as error:
        kept = error.values == {"status": "queued", "error": code}
        return f"waits {error.wait or ''}".strip() if kept else f"waits with {error.values}"
    with context.store.read() as session:
        row = session.get_one(SentMessage, message.id)
        mine = select(SentMessage).where(SentMessage.request_id == request.id, col(SentMessage.id) != row.id)
        others = session.exec(mine).all()
    dropped = ("", "dropped", code), ("", "queued", "")
    assert (row.lease_owner, row.status, row.error) == dropped[kind != outgoing.FILE]
    assert (row.started_at is None) is (row.status == "queued"), "what Slack has refused is not looked for there"
    assert message.body.items() <= row.body.items()
    if card and not workers.request(request.id).card_ts:
        assert row.tries == message.tries + 1
        assert [one.kind for one in (row, *others)].count("card") == 1, "one card, whatever it was that Slack refused"
        stood = {"moved": {"channel": card, "ts": "1.0"}}
        return WITH_OLD if stood in [one.body for one in (row, *others)] else PLACED
    return ", ".join(key for key, value in row.body.items() if value is True) or f"in {len(others)} messages"


# As it stands in the database, where the release before may have queued it.
ENDS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "restricted_action token_expired missing_scope", "waits"),
    ({}, "invalid_blocks message_not_found", "plain"),
    ({"body": {"plain": True}}, "invalid_blocks message_not_found", "dropped"),
    (
        {"body": {"thread": "1.0"}},
        "thread_not_found cant_broadcast_message no_dual_broadcast_content_update",
        "alone",
    ),
    ({"body": {"moved": {"ts": "1.0"}}}, "invalid_blocks", "plain"),
    ({"body": {"thread": "1.0"}}, "token_expired", "waits"),
    ({"body": {"thread": "1.0"}}, "invalid_blocks", "plain"),
    ({"body": {"thread": ""}}, "thread_not_found cant_broadcast_message", "plain"),
    ({"card": CARD}, "message_not_found cant_update_message", PLACED),
    ({"card": CARD}, "is_archived is_inactive", WITH_OLD),
    ({"card": CARD}, "not_in_channel", "waits"),
    ({"card": OTHER}, "not_in_channel", WITH_OLD),
    ({"card": OTHER}, "token_expired", "waits"),  # Of which the channel knows nothing.
    ({"card": CARD, "tries": 2}, "message_not_found", PLACED),
    ({"card": CARD, "tries": 3}, "message_not_found", "plain"),
    ({"card": CARD, "kind": "thread"}, "thread_not_found", PLACED),
    ({"card": CARD, "kind": LINE}, "is_archived", WITH_OLD),
    ({"card": CARD, "kind": "dm"}, "message_not_found", "dropped"),
    ({"kind": "dm"}, "messages_tab_disabled", "waits"),
    ({"kind": "edit"}, "token_expired", "dropped"),
    ({"kind": "credentials", "age": HOUR / 2}, "messages_tab_disabled", "waits 0:30:00"),
    ({"kind": "credentials", "age": HOUR}, "messages_tab_disabled", "dropped"),
    ({"kind": "dm", "age": HOUR}, "messages_tab_disabled", "waits"),
    (
        {"card": CARD, "kind": outgoing.FILE, "body": {"content": "short"}},
        "missing_scope file_type_not_allowed",
        "in 1 messages",
    ),
    ({"card": CARD, "kind": outgoing.FILE, "body": {"content": "short"}}, "token_expired", "waits"),
]


NO_CARD = "dm: .* approvers have no card yet, .*"
NO_DIRECT, NO_CREDENTIALS = (f"thread: .*<@{ALICE}> {it}.*" for it in ("gets no direct", "can't be sent the cred"))
HEARD: list[tuple[dict[str, Any], str, str]] = [
    ({}, "restricted_action is_archived", NO_CARD),
    ({}, "token_expired missing_scope", ""),  # No direct message would come either.
    ({"card": CARD}, "not_in_channel", ""),  # It stands, and can be decided on.
    ({"about": Status.APPROVED}, "is_archived", ""),  # Nobody has to decide any more.
    ({"error": "restricted_action"}, "restricted_action", ""),  # That was said when it was refused first.
    ({"error": "restricted_action"}, "is_archived", NO_CARD),
    ({"kind": "thread"}, "restricted_action", ""),
    *(({"kind": kind}, "messages_tab_disabled missing_scope", NO_DIRECT) for kind in ("dm", *outgoing.LIVING)),
    *(({"kind": kind}, "token_expired", "") for kind in ("dm", "credentials", *outgoing.LIVING)),
    *(({"kind": kind, "user": BOB}, "messages_tab_disabled", "") for kind in ("dm", "private")),
    ({"kind": "credentials"}, "messages_tab_disabled missing_scope", NO_CREDENTIALS),
    ({"kind": "credentials", "age": HOUR}, "messages_tab_disabled", ""),
]


def test_who_hears_of_a_message_that_waits(workers: Workers) -> None:
    """The requester, once, and by another way than the one that is closed; of what was for somebody else, nobody."""
    wrong, before = [], stands_by(workers)
    for message, codes, told in HEARD:
        for code in codes.split():
            becomes(workers, code, **message)
            said = heard(workers)
            wrong += [] if re.fullmatch(told, said) else [(message, code, said)]
    assert wrong == []
    assert workers.request(before.id) == before, "of other requests nothing changes"


def heard(workers: Workers) -> str:
    """What is queued to be said about the newest request: by which way, and the first line."""
    with workers.context.store.read() as session:
        newest = select(Request.id).order_by(col(Request.id).desc()).limit(1).scalar_subquery()
        found = session.exec(select(SentMessage).where(SentMessage.request_id == newest, SentMessage.marker != "m"))
        return "\n".join(f"{one.kind}: {one.body['text'].splitlines()[0]}" for one in found)


def test_what_becomes_of_a_message_that_slack_refuses(workers: Workers) -> None:
    wrong, before = [], stands_by(workers)
    for message, codes, end in ENDS:
        for code in codes.split():
            found = becomes(workers, code, **message)
            wrong += [(message, code, found)] if found != end else []
    assert wrong == []
    assert workers.request(before.id) == before, "of other requests nothing changes"


def stands_by(workers: Workers) -> Request:
    """A request whose card stands, and of which nobody says anything."""
    standing = workers.ask("create-ou", unit_name="Bystanders")
    with workers.context.store.write() as session:
        session.add(standing.sqlmodel_update({"card_channel": CARD, "card_ts": "7.0"}))
    return workers.request(standing.id)
