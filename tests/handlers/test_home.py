"""The home tab."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import select

from approvals.authority.rules import Rule, Rules
from approvals.models import Interaction, Request
from approvals.request.pending import PendingFor
from approvals.states import Status
from approvals.views.card import card
from handlers.home import FIRST, FREE, SHOWN, Work, home_view
from operations.aws.prefilled import Prefilled
from operations.core.closing import Closing
from operations.core.registry import by_name
from operations.snapshot.organization import Organization
from sandbox.slack.limits import view_problems
from tests.harness.handling import ALICE, BOB, NOW, Block, Handling, organization
from tests.harness.tables import each_of

SHORTCUTS = ["Get credentials", "New account", "Move an account"]
MOVE = "move-account --account fullback-staging --to /Workloads/Production"


def asked(status: Status = Status.PENDING, number: int = 7, **values: Any) -> Request:
    """A request to move an account, as its card has it."""
    preview = {
        "title": "Move fullback-staging (222222222222) to /Workloads/Production",
        "facts": [{"label": "From", "value": "/Workloads/Staging"}, {"label": "To", "value": "/Workloads/Production"}],
        "plan": ["Move it (MoveAccount)."],
        "hits": ["1 account: 2 other policies apply"],
        "warnings": ["StackSets may delete their resources."],
    }
    given: dict[str, Any] = {
        "delivery": str(number),
        "marker": "m",
        "key": "0123456789abcdef" * 2,
        "operation": "move-account",
        "subject": "s",
        "team": "T",
        "requester": ALICE,
        "memory": {},
        "params": {"account": "222222222222", "to": "ou-1-prod"},
        "digest": "fedcba9876543210" * 4,
        "card_link": "https://slack.example/archives/C0APPROVALS/p1234567890123456",
        "card_channel": "C0APPROVALS",
        "card_ts": "1.2",
        "created_at": NOW - timedelta(hours=2),
        "announced_at": NOW - timedelta(hours=2),
        "expires_at": NOW + timedelta(hours=70),
    }
    return Request(id=number, status=status, preview=preview | values.pop("preview", {}), **given | values)


def view(*mine: Request, waits: tuple[Request, ...] = (), **more: Any) -> list[Block]:
    """The home tab's blocks."""
    return list(home_view(Work(PendingFor(waits, 0), mine, **more), organization())["blocks"])


def labels(blocks: list[Block]) -> list[str]:
    """What stands on the buttons, in their order."""
    return [element["text"]["text"] for element in elements(blocks)]


def elements(blocks: list[Block]) -> list[Block]:
    """The buttons, in their order."""
    rows = [block["elements"] if block["type"] == "actions" else [block.get("accessory")] for block in blocks]
    return [element for row in rows for element in row if element]


def pressable(blocks: list[Block], label: str) -> Block:
    """The first button with this label."""
    return next(element for element in elements(blocks) if element["text"]["text"] == label)


def test_it_shows_what_waits_and_the_organization(handling: Handling) -> None:
    handling.types(MOVE, user=ALICE)
    handling.opens_home(BOB)
    assert not handling.slack.calls
    handling.work()
    (published,) = handling.slack.made("views.publish")
    assert published["user_id"] == BOB
    shown = json.dumps(published["view"])
    assert "#1 move-account" in shown
    assert "3 accounts in 3 organizational units" in shown
    assert f"as of <!date^{int(NOW.timestamp())}^" in shown, "the tab stays as it is, and so does the time"
    assert "form:create-account" in shown


@pytest.mark.parametrize("known", [False, True], ids=["unread", "read"])
def test_it_fits_however_much_there_is(known: bool) -> None:  # noqa: FBT001
    title = {"title": "<!channel>" + "x" * 400, "hits": ["h" * 200] * 4}
    waits = [asked(number=n, preview=title) for n in range(1, 100)]
    mine = [asked(Status.FAILED, n, preview=title, outcome="o" * 900) for n in range(100, 200)]
    work = Work(PendingFor(waits, 7), mine, usual=list(by_name()), running=3, unread="not yet")
    made = home_view(work, organization() if known else None)
    assert view_problems(made) == []
    assert "<!channel>" not in json.dumps(made)
    assert json.dumps(made).count("|#") == 2 * SHOWN


def test_what_waits_for_me_is_decided_there_with_all_that_its_card_says() -> None:
    blocks = view(waits=(asked(),))
    shown = json.dumps(blocks, ensure_ascii=False)
    for said in (
        "|#7 Move fullback-staging (222222222222) to /Workloads/Production>*",
        f"<@{ALICE}>  ·  asked <!date^{int((NOW - timedelta(hours=2)).timestamp())}^",
        "Affects: 1 account: 2 other policies apply",
        ":warning: StackSets may delete their resources.",
        "From: /Workloads/Staging  ·  To: /Workloads/Production  ·  digest `fedcba987654`",
    ):
        assert said in shown
    assert labels(blocks)[-4:] == ["Approve", "Deny", "Show picture", "Show the tree"]
    assert pressable(blocks, "Approve")["value"] == f"7.{asked().key}.fedcba987654"
    assert pressable(blocks, "Deny")["value"] == pressable(blocks, "Approve")["value"]


def test_approve_asks_once_more_as_little_as_on_the_card() -> None:
    on_card = card(asked(), [])["blocks"][-1]["elements"][0]
    assert on_card["action_id"] == "approve"
    assert "confirm" not in on_card
    assert "confirm" not in pressable(view(waits=(asked(),)), "Approve")


@each_of(
    "more",
    [
        {"operation": "close-account", "params": {"account": "222222222222", "confirm": "222222222222"}},
        {"preview": {"diff": "+ line"}},
        {"preview": {"hits": ["h"] * 5}},
        {"preview": {"warnings": ["w" * 400] * 3}},
        {"preview": {"facts": [{"label": "l", "value": "v" * 400}]}},
        {"preview": {"warnings": [{"level": "danger", "say": "All of it stops."}]}},
        {"digest": ""},
        {"operation": "gone"},
        {"params": {}},
    ],
    ids=[
        "irreversible",
        "a diff",
        "many hits",
        "too long",
        "whole in the thread only",
        "a danger",
        "no digest",
        "unknown",
        "odd",
    ],
)
def test_what_cannot_be_shown_whole_or_taken_back_is_reviewed_on_its_card(more: dict[str, Any]) -> None:
    blocks = view(waits=(asked(**more),))
    assert "Approve" not in labels(blocks)
    assert pressable(blocks, "Review")["url"] == asked().card_link


def test_without_a_card_the_whole_of_it_comes_by_message() -> None:
    blocks = view(waits=(asked(card_ts="", card_link="", preview={"diff": "+ line"}),))
    assert "Approvers have no card" in json.dumps(blocks)
    assert pressable(blocks, "Review")["action_id"] == "show"


@each_of(
    ("request_", "label", "action"),
    [
        (asked(Status.PENDING), "Cancel request", "cancel"),
        (asked(Status.RUNNING), "", ""),
        (asked(Status.DENIED), "Edit and resubmit", "edit"),
        (asked(Status.CANCELLED), "Edit and resubmit", "edit"),
        (asked(Status.EXPIRED), "Ask again", "again"),
        (asked(Status.STALE), "Ask again", "again"),
        (asked(Status.FAILED), "Edit and resubmit", "edit"),
        (asked(Status.FAILED, memory={"rest": True, "mendable": True}), "Ask for the rest", "again"),
        (asked(Status.FAILED, memory={"rest": True}), "Ask for the rest", "edit"),
        (asked(Status.REFUSED), "Edit and resubmit", "edit"),
        (asked(Status.FAILED, operation="gone"), "", ""),
        (asked(Status.SUCCEEDED, memory={"undo": ["Move it back"]}), "Undo", "undo"),
        (asked(Status.SUCCEEDED), "", ""),
    ],
    ids=lambda value: value.status.value if isinstance(value, Request) else value,
)
def test_what_i_asked_for_has_the_buttons_that_help(request_: Request, label: str, action: str) -> None:
    blocks = view(request_)
    shown = [found for found in labels(blocks) if found not in SHORTCUTS]
    assert shown == ([label, "Show the tree"] if label else ["Show the tree"])
    if label:
        assert pressable(blocks, label)["action_id"] == action


def test_why_a_request_ended_badly_stands_there() -> None:
    assert "/ already has an OU named Security" in json.dumps(
        view(asked(Status.REFUSED, outcome="/ already has an OU named Security"))
    )


def test_who_asked_is_said_of_others_only() -> None:
    assert f"<@{ALICE}>" not in json.dumps(view(asked()))
    assert f"<@{ALICE}>" in json.dumps(view(waits=(asked(),)))


def test_nothing_is_said_about_what_is_not_there() -> None:
    blocks = view()
    texts = [block["text"]["text"] for block in blocks if "text" in block]
    assert texts == [FREE, "Your AWS Organization"]
    assert labels(blocks) == [*SHORTCUTS, "Show the tree"]
    assert FREE not in json.dumps(view(asked()))


def test_facts_side_by_side_are_parted() -> None:
    work = Work(PendingFor((), 2), (), running=1)
    (told,) = home_view(work, organization())["blocks"][-2]["elements"]
    size, read, others, running = told["text"].split("  ·  ")
    assert read.startswith("as of")
    assert (size, others, running) == (
        "3 accounts in 3 organizational units",
        "2 requests waiting for others",
        "1 running",
    )


def test_a_shortcut_says_what_one_wants(handling: Handling) -> None:
    assert labels(view(usual=["create-ou"]))[0] == "New organizational unit (OU)"
    handling.presses("form:rename-ou", "{}", channel="")
    assert handling.form()["title"]["text"] == "Rename OU"


def test_its_buttons_open_forms(handling: Handling) -> None:
    handling.presses("form:move-account", "{}", channel="")
    assert handling.form()["callback_id"] == "request:move-account"


def test_deny_asks_why_there_too_and_keeps_what_was_shown(handling: Handling) -> None:
    handling.types(MOVE, user=ALICE)
    handling.posts_card()
    with handling.store.write() as session:
        session.execute(update(Request).values(digest="fedcba9876543210" * 4))
    request = handling.requests()[0]
    handling.presses("deny", request.button_beside_digest, channel="")
    assert handling.submits(handling.form(), {"reason": "not today"}, user=BOB) == {}
    with handling.store.read() as session:
        (click,) = session.exec(select(Interaction)).all()
    assert (click.kind, click.private, click.shown, click.reason) == ("deny", True, "fedcba987654", "not today")


def test_the_messages_tab_is_none_of_it(handling: Handling) -> None:
    handling.opens_home(tab="messages")
    handling.work()
    assert not handling.slack.calls


@pytest.mark.parametrize("nobody", ["", None])
def test_nobodys_look_at_the_home_tab_is_answered_and_forgotten(handling: Handling, nobody: Any) -> None:
    handling.opens_home(nobody)
    handling.work()
    assert not handling.slack.calls


@pytest.mark.parametrize(
    ("since", "link", "again"),
    [(5, "", True), (70, "", False), (5, "https://slack.example/archives/C0/p1", False)],
    ids=["any moment", "late", "stands"],
)
def test_a_tab_is_made_anew_until_the_card_stands_to_which_it_leads(
    handling: Handling, since: int, link: str, *, again: bool
) -> None:
    handling.types(MOVE, user=ALICE)
    announced = handling.now - timedelta(seconds=since)
    with handling.store.write() as session:
        session.execute(update(Request).values(announced_at=announced, card_link=link))
    handling.opens_home(BOB)
    handling.work()
    handling.now += timedelta(seconds=2)
    handling.work()  # The picture is there.
    made = len(handling.slack.made("views.publish"))
    handling.now += timedelta(seconds=2)
    handling.work()
    assert (len(handling.slack.made("views.publish")) > made) is again


def test_only_who_may_decide_sees_what_waits(handling: Handling) -> None:
    handling.types(MOVE, user=ALICE)
    for user in (ALICE, BOB):
        handling.opens_home(user)
    handling.work()
    alices, bobs = (json.dumps(made["view"]) for made in handling.slack.made("views.publish"))
    assert "1 request waiting for others" in alices
    assert "Waiting for your decision" not in alices
    assert "Waiting for your decision" in bobs


def shortcuts_of(handling: Handling, user: str = ALICE) -> list[str]:
    """The operations that a person's home tab offers."""
    handling.opens_home(user)
    handling.work()
    return re.findall('"form:([a-z-]+)"', json.dumps(handling.slack.made("views.publish")[-1]["view"]))


def test_what_this_person_asks_for_most_stands_in_front(handling: Handling) -> None:
    handling.types("tag-account --account fullback-staging --tag owner=mobile", user=ALICE)
    assert shortcuts_of(handling, BOB) == list(FIRST)
    assert shortcuts_of(handling) == ["tag-account", *FIRST]


def test_what_is_switched_off_or_by_the_rules_not_theirs_is_not_offered(handling: Handling) -> None:
    handling.types("tag-account --account fullback-staging --tag owner=mobile", user=ALICE)
    handling.rules = Rules(
        [
            Rule("theirs", (BOB,), operations=("create-account",), requesters=(BOB,)),
            Rule("all", (BOB,), operations=("credentials", "tag-account")),
        ],
        without=frozenset({"tag-account"}),
    )
    assert shortcuts_of(handling) == ["credentials"]
    assert shortcuts_of(handling, BOB) == ["credentials", "create-account"]


def test_when_slack_is_away_it_is_published_later(handling: Handling) -> None:
    handling.away = True
    handling.opens_home()
    handling.work()
    assert not handling.slack.calls
    handling.away = False
    handling.now += timedelta(seconds=31)
    handling.work()
    assert len(handling.slack.made("views.publish")) == 1


def test_when_slack_refuses_only_the_log_knows(handling: Handling, caplog: pytest.LogCaptureFixture) -> None:
    handling.slack.refuse["views.publish"] = "not_enabled"
    handling.opens_home()
    handling.work()
    assert "not_enabled" in caplog.text


def test_without_an_organization_one_can_be_created() -> None:
    nothing = Organization("", "111111111111", "", "", (), (), NOW)
    shown = json.dumps(home_view(Work(PendingFor((), 0), []), nothing))
    assert "AWS account 111111111111 isn't in an organization yet." in shown
    assert "organizational unit" not in shown
    assert re.findall('"(form:[a-z-]+)"', shown) == ["form:create-organization"]


def test_what_a_request_that_went_well_offers_next_stands_beside_it() -> None:
    wanted = Prefilled(operation="attach-policy", label="Attach it", values={"policy": "p-1"})
    closing = Closing(summary="Policy KeepBuckets created.", next=(wanted,)).model_dump(mode="json")
    request = asked(Status.SUCCEEDED, memory={"closing": closing})
    button = pressable(view(request), "Attach it")
    assert (button["action_id"], json.loads(button["value"])["after"]) == ("form:attach-policy:0", request.button)
