"""A press belongs to its card: what has today's number, and was not meant, is never decided upon."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from approvals.authority.press import (
    DECIDES_NOTHING,
    STRANGE,
    CardElsewhereError,
    OutdatedError,
    Pressed,
    StrangeCardError,
    UnconfirmedCardError,
    UndatedError,
    pressed_on,
    read,
)
from approvals.models import Interaction, Message, Request
from approvals.queue.worker import TRIES
from approvals.request.intake import Click
from approvals.states import Status
from approvals.views.card import card, plain_card
from handlers.queries.requests import private_card, to_decide
from tests.harness.people import ALICE, BOB, DAVE, TEAM
from tests.harness.tables import each_of
from tests.harness.workers import Workers

APPROVALS, ELSEWHERE = "C0APPROVALS", "C0ELSEWHERE"
ACCOUNT = {"account_name": "fullback-mobile", "email": "mobile@example.com"}


@pytest.fixture
def asked(workers: Workers) -> Request:
    """A request of Alice's, whose card stands in the approval channel."""
    request = workers.ask("create-account", **ACCOUNT)
    workers.work()
    workers.card_of(request)
    return workers.request(request.id)


def on_its_card(request: Request) -> Pressed:
    return Pressed(request.id or 0, request.key, request.card_channel, request.card_ts, shown=request.digest[:12])


def judged(workers: Workers, pressed: Pressed, kind: str = "approve") -> Request:
    with workers.context.store.read() as session:
        return pressed_on(session, pressed, kind)


def columns(request: Request) -> dict[str, Any]:
    return {name: value for name, value in vars(request).items() if not name.startswith("_")}


def sends(workers: Workers, request: Request, **values: Any) -> None:
    """Slack has confirmed all messages about a request, or is in the middle of it."""
    with workers.context.store.write() as session:
        session.execute(update(Message).where(col(Message.request_id) == request.id).values(**values))


def test_two_requests_never_have_the_same_key(workers: Workers) -> None:
    one = workers.ask("create-account", **ACCOUNT)
    other = workers.ask("create-account", account_name="other", email="other@example.com")
    assert one.key != other.key
    assert len(one.key) == 32
    assert one.key != one.marker, "AWS is sent the marker"


def test_the_button_of_a_card_is_the_requests_own(workers: Workers, asked: Request) -> None:
    assert read(asked.button) == Pressed(asked.id or 0, asked.key)
    assert judged(workers, on_its_card(asked)).id == asked.id


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "0" * 32},
        {"ts": "3.0"},
        {"ts": ""},
        {"channel": ELSEWHERE},
        {"number": 77},
        {"private": True, "channel": "", "ts": "", "shown": ""},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["approve", "deny", "withdraw", "review"])
def test_a_decision_counts_from_the_card_alone(
    workers: Workers, asked: Request, kind: str, wrong: dict[str, Any]
) -> None:
    sends(workers, asked, status="sent")
    with pytest.raises(StrangeCardError, match="nothing was done"):
        judged(workers, replace(on_its_card(asked), **wrong), kind)


@pytest.mark.parametrize("kind", ["cancel", "control:give-up", "end", "extend", "reveal", "undo", "again"])
def test_other_buttons_count_from_every_message_of_the_request_and_where_the_presser_alone_sees_them(
    workers: Workers, asked: Request, kind: str
) -> None:
    sends(workers, asked, status="sent", channel="D0ALICE", ts="7.0")
    own = on_its_card(asked)
    for stands in (own, replace(own, channel="D0ALICE", ts="7.0"), Pressed(own.number, own.key, private=True)):
        assert judged(workers, stands, kind).id == asked.id
    for elsewhere in (replace(own, ts="7.1"), replace(own, channel=ELSEWHERE, ts="7.0"), replace(own, ts="")):
        with pytest.raises(StrangeCardError):
            judged(workers, elsewhere, kind)


def beside_its_digest(request: Request) -> Pressed:
    """The press of a button of the home tab."""
    pressed = read(request.button_beside_digest, private=True)
    assert pressed is not None
    assert pressed.shown
    return pressed


@pytest.mark.parametrize("kind", ["approve", "deny"])
def test_beside_its_digest_a_request_is_decided_away_from_its_card(workers: Workers, asked: Request, kind: str) -> None:
    assert judged(workers, beside_its_digest(asked), kind).id == asked.id
    with pytest.raises(CardElsewhereError):
        judged(workers, replace(beside_its_digest(asked), shown=""), kind)


@pytest.mark.parametrize("kind", ["withdraw", "review"])
def test_what_needs_the_whole_card_stays_on_it(workers: Workers, asked: Request, kind: str) -> None:
    with pytest.raises(CardElsewhereError):
        judged(workers, beside_its_digest(asked), kind)


@pytest.mark.parametrize("card", [True, False], ids=["with a card", "without"])
@pytest.mark.parametrize("kind", ["approve", "deny"])
def test_a_press_beside_an_older_digest_decides_nothing(
    workers: Workers, asked: Request, kind: str, *, card: bool
) -> None:
    older = replace(beside_its_digest(asked), shown="0" * 12)
    if not card:
        with workers.context.store.write() as session:
            session.execute(update(Request).values(card_channel="", card_ts=""))
    with pytest.raises(OutdatedError, match="has changed since it was shown to you, so nothing was done"):
        judged(workers, older, kind)


def test_every_button_that_decides_carries_the_digest_that_stands_beside_it(workers: Workers, asked: Request) -> None:
    """A direct message is never edited, so that it may show what the request was before a restore."""
    blocks = [
        *card(asked, [])["blocks"],
        *plain_card(asked, [])["blocks"],
        *private_card(asked, BOB),
        *to_decide(asked, 1),
    ]
    pressed = [item for block in blocks for item in (*block.get("elements", ()), block.get("accessory", {}))]
    decide = [item["value"] for item in pressed if item.get("action_id") in ("approve", "deny")]
    assert len(decide) >= 4
    assert set(decide) == {asked.button_beside_digest}


@pytest.mark.parametrize("stands", [APPROVALS, "D0BOB"])
@pytest.mark.parametrize("kind", ["approve", "deny"])
def test_a_message_that_shows_an_older_digest_decides_nothing(
    workers: Workers, asked: Request, kind: str, stands: str
) -> None:
    sends(workers, asked, status="sent", channel="D0BOB", ts="7.0")
    ts = asked.card_ts if stands == APPROVALS else "7.0"
    shown = replace(on_its_card(asked), channel=stands, ts=ts, shown=asked.digest[:12])
    assert judged(workers, shown, kind).id == asked.id
    with pytest.raises(OutdatedError, match="has changed since it was shown to you, so nothing was done"):
        judged(workers, replace(shown, shown="0" * 12), kind)


@pytest.mark.parametrize(
    ("shown", "decided_by", "told"),
    [("", BOB, ""), ("0" * 12, "", "has changed since it was shown to you")],
    ids=["what is decided", "an older digest"],
)
def test_what_was_shown_is_kept_with_the_press_until_a_worker_judges_it(
    workers: Workers, asked: Request, shown: str, decided_by: str, told: str
) -> None:
    pressed = beside_its_digest(asked)
    click = Click("home", "approve", BOB, TEAM, pressed.number, pressed.key, private=True, shown=shown or pressed.shown)
    workers.intake.click(click)
    workers.work()
    assert workers.request(asked.id).decided_by == decided_by
    assert told in str(workers.said("private"))


def test_the_card_of_an_earlier_version_decides_nothing_and_is_brought_up_to_date(
    workers: Workers, asked: Request
) -> None:
    """Its buttons carry no digest, so that it may have shown another request than it is now."""
    for older in (replace(on_its_card(asked), shown=""), replace(on_its_card(asked), shown="", key="")):
        for kind in ("approve", "deny"):
            with pytest.raises(
                UndatedError, match="An earlier version of orgbot posted this card, so nothing was done"
            ):
                judged(workers, older, kind)
    cards = len(workers.said("card"))
    workers.intake.click(replace(workers.press(asked, "approve", BOB), shown=""))
    workers.work()
    assert workers.request(asked.id).status == Status.PENDING
    assert len(workers.said("card")) == cards + 1
    workers.click(asked, "approve", BOB)
    workers.work()
    assert workers.request(asked.id).decided_by == BOB


def test_a_bare_number_of_an_earlier_version_counts_where_the_message_is_the_requests_own(
    workers: Workers, asked: Request
) -> None:
    sends(workers, asked, status="sent", ts="7.0")  # Earlier versions did not keep the channel.
    old = replace(on_its_card(asked), key="", shown="")
    assert judged(workers, old, "details").id == asked.id
    assert judged(workers, replace(old, ts="7.0"), "again").id == asked.id
    assert judged(workers, replace(old, channel="D0ALICE", ts="7.0"), "again").id == asked.id
    wrong = (replace(old, ts="6.0"), replace(old, channel=ELSEWHERE, ts="7.0"), Pressed(old.number, "", private=True))
    for stands in wrong:
        with pytest.raises(StrangeCardError):
            judged(workers, stands, "again")


def test_while_slack_has_not_confirmed_the_card_a_press_waits(workers: Workers) -> None:
    request = workers.ask("create-account", **ACCOUNT)
    workers.work()
    sends(workers, request, status="sending")
    early = workers.press(request, "approve", BOB)
    with workers.context.store.write() as session:
        session.execute(update(Request).values(card_channel="", card_ts=""))
    workers.intake.click(early)
    for _ in range(2 * TRIES):
        workers.work()
        workers.clock.advance(seconds=30)
    assert workers.request(request.id).status == Status.PENDING
    (told,) = workers.said("private")
    assert "your press is kept, but nothing is done yet. Slack hasn't confirmed yet" in told
    with workers.context.store.write() as session:
        session.execute(update(Request).values(card_channel=early.channel, card_ts=early.message_ts))
    workers.clock.advance(seconds=30)
    workers.work()
    assert workers.request(request.id).decided_by == BOB


def test_a_card_that_nothing_was_sent_about_is_nobodys(workers: Workers, asked: Request) -> None:
    elsewhere = replace(on_its_card(asked), ts="9.9")
    sends(workers, asked, status="sending")
    with pytest.raises(UnconfirmedCardError):
        judged(workers, elsewhere, "cancel")
    for kind in DECIDES_NOTHING:
        judged(workers, elsewhere, kind)
    with pytest.raises(StrangeCardError):
        judged(workers, elsewhere, "approve")  # The card is known, and this is not it.
    sends(workers, asked, status="dropped")
    with pytest.raises(StrangeCardError):
        judged(workers, elsewhere, "again")


@pytest.mark.parametrize("kind", ["approve", "deny", "withdraw", "cancel", "review", "end", "control:give-up"])
def test_with_a_new_database_a_press_on_an_old_card_does_nothing(workers: Workers, asked: Request, kind: str) -> None:
    """The old card names request #1; today's #1 is another."""
    old = replace(workers.press(asked, kind, BOB if kind != "cancel" else ALICE), key="f" * 32, message_ts="100.0")
    before, counted = columns(asked), list[str]()
    workers.context = replace(workers.context, strange_press=lambda: counted.append("strange"))
    workers.intake.click(old)
    workers.work()
    assert columns(workers.request(asked.id)) == before
    assert counted == ["strange"]
    assert workers.said("private") == [f":information_source: {STRANGE}"]
    (refused,) = [entry for entry in workers.audit() if entry.event == f"click.{kind}.refused"]
    assert refused.detail == {"why": STRANGE}
    assert refused.request_id is None, "the request that has the number today is not what it was about"


def test_somebody_unknown_is_not_even_told_that_the_card_is_strange(workers: Workers, asked: Request) -> None:
    workers.intake.click(replace(workers.press(asked, "approve", "U0NOBODY"), key="f" * 32))
    workers.intake.click(replace(workers.press(asked, "approve", DAVE, "T0OTHER"), key="e" * 32, delivery="2"))
    workers.work()
    assert STRANGE not in str(workers.said("private"))
    assert len(workers.said("private")) == 2


@each_of(
    "value",
    [
        None,
        1,
        True,
        "",
        "0",
        "01",
        "²",
        "1.",
        "1.x",
        f"1.{'A' * 32}",
        f"1.{'a' * 31}",
        f"1.{'a' * 33}",
        f" 1.{'a' * 32}",
    ],
)
def test_what_no_button_of_ours_carries_is_nothing(value: object) -> None:
    assert read(value) is None


def test_a_click_keeps_all_of_the_press(workers: Workers, asked: Request) -> None:
    workers.intake.click(workers.press(asked, "approve", BOB, TEAM))
    with workers.context.store.read() as session:
        kept = _only(session)
    assert (kept.request_id, kept.key, kept.channel, kept.message_ts, kept.private) == (
        asked.id,
        asked.key,
        asked.card_channel,
        asked.card_ts,
        False,
    )


def _only(session: Session) -> Interaction:
    return session.exec(select(Interaction)).one()


def test_a_card_that_is_confirmed_while_its_press_is_looked_at_counts(workers: Workers, asked: Request) -> None:
    """Another worker writes down where the card stands between two looks at the database."""

    class Late(Session):
        """Its first look at a request comes before the card was confirmed."""

        looks = 0

        def get(self, *args: Any, **kwargs: Any) -> Any:
            found: Any = super().get(*args, **kwargs)
            self.looks += 1
            if self.looks == 1:
                self.expunge(found)
                found.card_channel, found.card_ts = "", ""
            return found

    with Late(workers.context.store.engine) as session:
        assert pressed_on(session, on_its_card(asked), "approve").id == asked.id
