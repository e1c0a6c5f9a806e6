"""`Undo` and `Ask again`: what is over becomes a new request, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col, select

from approvals.models import Interaction
from approvals.slack.blocks import Block
from approvals.views.thread import carried
from operations.aws.prefilled import Prefilled
from operations.core.closing import Closing
from operations.core.registry import all_operations
from tests.harness.handling import ALICE, BOB, GENERAL, OTHER_TEAM, PRIVATE, TEAM, Handling


def test_undo_files_the_inverse(over: Handling) -> None:
    over.presses("undo", over.button(), user=BOB)
    (_, undo) = over.requests()
    assert (undo.operation, undo.params["to"], undo.requester) == ("move-account", "ou-1-stag", BOB)
    assert undo.reason == "Undo of request #1: Move it"
    assert "received" in over.told()[-1]


def test_undo_names_what_it_undoes_as_people_see_it(over: Handling) -> None:
    """Names that others gave in AWS may hold what no reason may."""
    over.ends(preview=over.requests()[0].preview | {"title": "Move it to /Sta\u202eging"})
    over.presses("undo", over.button(), user=BOB)
    assert over.requests()[-1].reason == "Undo of request #1: Move it to /Staging"


def test_undo_delivered_twice_files_once(over: Handling) -> None:
    for _ in range(2):
        over.presses("undo", over.button(), trigger="t-1")
    assert len(over.requests()) == 2


def test_ask_again_files_the_same(over: Handling) -> None:
    over.ends(status="stale")
    over.presses("again", over.button(), user=ALICE)
    first, again = over.requests()
    assert again.params == first.params
    assert again.reason == "why"


@pytest.mark.parametrize("status", ["failed", "stale"])
def test_of_what_is_half_done_only_the_rest_is_filed(over: Handling, status: str) -> None:
    """Asking for the account again would fail, because its e-mail address is taken by the account that was made."""
    params = {"account_name": "new", "email": "new@example.com", "ou": "ou-1-stag"}
    memory = {"account": "222222222222"}
    over.ends(status=status, operation="create-account", params=params, memory=memory, step=int(status == "failed"))
    over.presses("again", over.button(), user=BOB)
    (_, filed) = over.requests()
    if status == "failed":
        assert (filed.operation, filed.params) == ("move-account", {"account": "222222222222", "to": "ou-1-stag"})
        assert filed.reason == "The rest of request #1: Move it"
    else:
        assert filed.operation == "create-account"


def test_a_rest_that_aws_refused_as_it_was_is_corrected_in_its_form(over: Handling) -> None:
    params = {"account_name": "new", "email": "new@example.com", "ou": "ou-1-stag"}
    over.ends(status="failed", operation="create-account", params=params, memory={"account": "222222222222"}, step=1)
    over.presses("edit", over.button(), user=ALICE)
    assert over.form()["callback_id"] == "request:move-account"
    assert len(over.requests()) == 1


def test_ask_again_after_a_refusal_opens_the_form_with_all_that_was_given(over: Handling) -> None:
    over.ends(status="refused")
    over.presses("again", over.button(), user=ALICE)
    assert len(over.requests()) == 1, "the same would be refused again"
    elements = {block["block_id"]: block["element"] for block in over.form()["blocks"] if block["type"] == "input"}
    assert elements["account"]["initial_option"]["value"] == "222222222222"
    assert elements["reason"]["initial_value"] == "why"


@pytest.mark.parametrize(
    "name", [one.name for one in all_operations() if any(field.flag.by_hand for field in one.fields())]
)
@pytest.mark.parametrize(("kind", "status"), [("again", "expired"), ("again", "failed"), ("edit", "denied")])
def test_what_is_typed_to_confirm_is_typed_again(over: Handling, name: str, kind: str, status: str) -> None:
    """One press would else ask for what can't be undone, in the name of somebody who has confirmed nothing."""
    over.ends(status=status, operation=name, params={"account": "222222222222", "confirm": "222222222222"})
    over.presses(kind, over.button(), user=BOB)
    elements = {block["block_id"]: block["element"] for block in over.form()["blocks"] if block["type"] == "input"}
    assert elements["account"]["initial_option"]["value"] == "222222222222"
    assert "initial_value" not in elements["confirm"]
    assert len(over.requests()) == 1


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("undo", "stale", "can't be undone"),
        ("undo", "running", "isn't finished yet"),
        ("again", "pending", "isn't finished yet"),
    ],
)
def test_what_is_not_over_stays_alone(over: Handling, kind: str, status: str, said: str) -> None:
    over.ends(status=status)
    over.presses(kind, over.button())
    assert said in over.told()[-1]
    assert len(over.requests()) == 1


@pytest.mark.parametrize("value", ["", "2", "x", "9" * 400])
def test_a_button_that_was_tampered_with_files_nothing(over: Handling, value: str) -> None:
    over.presses("undo", value)
    assert len(over.requests()) == 1
    assert "nothing was done" in over.told()[-1]


def test_people_of_other_workspaces_file_nothing(over: Handling) -> None:
    over.presses("again", over.button(), team=OTHER_TEAM)
    assert len(over.requests()) == 1


def test_what_can_no_longer_be_filed_is_told(over: Handling) -> None:
    over.ends(params={"account": "222222222222", "to": "ou-1-gone"}, status="stale")
    over.presses("again", over.button())
    assert "Not submitted: no OU named" in over.told()[-1]


def asked(handling: Handling, text: str, user: str = ALICE) -> Block:
    """The form that the command opens instead of an answer."""
    assert handling.types(text, user=user) == ""
    return handling.form()


def said_by(view: Block) -> list[str]:
    return [view[part]["text"] for part in ("title", "submit", "close")] + [view["blocks"][0]["text"]["text"]]


def test_cancel_asks_what_the_button_asks_and_keeps_the_same_press(handling: Handling) -> None:
    handling.types("move-account --account fullback-staging --to /")
    button = handling.blocks[-1]["elements"][1]
    handling.types("request 1")
    (shown,) = [item for block in handling.blocks if block["type"] == "actions" for item in block["elements"]]
    view = asked(handling, "cancel 1")
    question = shown["confirm"]
    assert said_by(view) == [question[part]["text"] for part in ("title", "confirm", "deny", "text")]
    assert handling.submits(view, {}) == {}
    assert "Request #1 is being cancelled." in handling.told()[-1]
    handling.presses("cancel", button["value"], user=ALICE, channel=GENERAL, on=PRIVATE)
    (by_command, by_button) = kept(handling)
    assert by_command == by_button == ("cancel", ALICE, TEAM, 1, button["value"].partition(".")[2], GENERAL, "", True)


def kept(handling: Handling) -> list[tuple[Any, ...]]:
    with handling.store.read() as session:
        rows = session.exec(select(Interaction).order_by(col(Interaction.id))).all()
        return [(c.kind, c.user, c.team, c.request_id, c.key, c.channel, c.message_ts, c.private) for c in rows]


def test_undo_asks_what_the_button_asks_and_files_the_same(over: Handling) -> None:
    view = asked(over, "undo 1")
    assert said_by(view)[0] == "Undo request #1?"
    assert "Move fullback-staging (222222222222) to /Workloads/Staging." in said_by(view)[3]
    assert over.submits(view, {}) == {}
    (_, undo) = over.requests()
    assert (undo.operation, undo.params["to"], undo.requester) == ("move-account", "ou-1-stag", ALICE)
    assert undo.reason == "Undo of request #1: Move it"
    assert "received" in over.told()[-1]


@pytest.mark.parametrize("word", ["cancel", "undo"])
def test_a_form_that_is_sent_twice_ends_once(over: Handling, word: str) -> None:
    over.ends(status="pending" if word == "cancel" else "succeeded")
    view = asked(over, f"{word} 1")
    for _ in range(2):
        over.submits(view, {})
    assert len(over.clicks()) + len(over.requests()) == 2


@pytest.mark.parametrize("word", ["cancel", "undo"])
def test_who_did_not_ask_may_neither_cancel_nor_undo_by_a_command(over: Handling, word: str) -> None:
    over.ends(status="pending" if word == "cancel" else "succeeded")
    assert f"Only the person who asked for request #1 can {word} it here." in over.types(f"{word} 1", user=BOB)
    view = asked(over, f"{word} 1")
    over.submits(view, {}, user=BOB)
    assert "Only the person who asked" in over.told()[-1]
    assert (over.clicks(), len(over.requests())) == ([], 1)


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        ("cancel 1", "succeeded", "Request #1 doesn't wait for approval, so it can't be cancelled."),
        ("cancel 1", "running", "doesn't wait for approval"),
        ("undo 1", "running", "Request #1 isn't finished yet."),
        ("undo 1", "denied", "Request #1 can't be undone."),
        ("cancel 7", "pending", "There is no request #7."),
        ("undo", "pending", "Say which request: `/org undo 12`."),
        ("cancel x", "pending", "“x” is not a request number."),
        ("cancel 1 --now", "pending", "`cancel` has no flag --now."),
    ],
)
def test_what_cannot_be_ended_is_told(over: Handling, text: str, status: str, told: str) -> None:
    over.ends(status=status)
    assert told in over.types(text)
    assert not over.waiting


def test_a_form_of_another_database_ends_nothing(over: Handling) -> None:
    over.ends(status="pending")
    view = asked(over, "cancel 1")
    over.submits(view | {"private_metadata": view["private_metadata"].replace(over.button(), f"1.{'0' * 32}")}, {})
    over.submits(view | {"private_metadata": "{}"}, {}, view_id="V2")
    assert over.clicks() == []


CREDENTIALS = Prefilled(operation="credentials", label="Get credentials", values={"account": "222222222222"})


@pytest.fixture
def ready(over: Handling) -> Handling:
    """Request #1 has succeeded and offers credentials."""
    closing = Closing(summary="It is ready.", next=(CREDENTIALS,))
    over.ends(status="succeeded", memory={"closing": closing.model_dump(mode="json")})
    return over


@pytest.mark.parametrize(
    ("key", "account", "follows"),
    [("", "222222222222", 1), ("", "333333333333", 0), ("1.0123456789abcdef0123456789abcdef", "222222222222", 0)],
    ids=["as it was offered", "something else by now", "a key that nobody has"],
)
def test_what_the_end_offered_follows_from_it(ready: Handling, key: str, account: str, follows: int) -> None:
    ready.presses("form:credentials:0", carried(CREDENTIALS, key or ready.button()), user=ALICE)
    assert ready.submits(ready.form(), {"account": account}, user=ALICE) == {}
    assert ready.requests()[-1].follows == follows


@pytest.mark.parametrize(("channel", "offered"), [(GENERAL, ["details", "cancel"]), ("D0ALICE", [])])
def test_in_a_direct_message_the_receipt_leaves_the_buttons_to_the_message_that_follows(
    ready: Handling, channel: str, offered: list[str]
) -> None:
    ready.presses("form:credentials:0", carried(CREDENTIALS), user=ALICE, channel=channel)
    assert ready.submits(ready.form(), {"account": "222222222222"}, user=ALICE) == {}
    ready.work()
    blocks = (ready.replies[-1][1] if ready.replies else ready.last_view)["blocks"]
    buttons = [item["action_id"] for block in blocks if block["type"] == "actions" for item in block["elements"]]
    assert buttons == offered
