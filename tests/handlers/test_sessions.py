"""`/org sessions`, `Reveal`, `Extend`, `End session`: who may press what, and what is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.authority.press import Pressed
from approvals.models import RoleSession
from approvals.sessions.reveal import Press
from approvals.sessions.shells import Picked
from tests.harness.handling import ALICE, APPROVALS, BOB, CARD, CLICK_URL, OTHER_TEAM, PRIVATE, TEAM, Block, Handling

ASK = "credentials --account fullback-staging --duration 30m --reason logs"
WEB = "222222222222"


@pytest.fixture
def live(handling: Handling) -> Handling:
    """Alice asked for request #1, which is done, and has its session."""
    handling.types(ASK)
    handling.posts_card()
    request = handling.requests()[0]
    with handling.store.write() as session:
        session.add(
            RoleSession(
                request_id=1,
                key=request.key,
                user=ALICE,
                account=WEB,
                role="OrganizationAccountAccessRole",
                duration=1800,
                session_name="alice-orgbot-1",
                access_key_id="ASIA1",
                state="live",
                expires_at=handling.now + timedelta(minutes=9),
            )
        )
    return handling


def done(handling: Handling) -> None:
    """Every request has come to its good end."""
    with handling.store.write() as session:
        session.connection().exec_driver_sql("UPDATE request SET status = 'succeeded'")


def test_credentials_are_asked_for_like_everything_else(handling: Handling) -> None:
    assert "#1" in handling.types(ASK)
    (request,) = handling.requests()
    assert request.params == {"account": WEB, "role": "OrganizationAccountAccessRole", "duration": "30m"}


def test_two_people_may_ask_for_the_same_and_one_not_twice(handling: Handling) -> None:
    handling.types(ASK)
    assert "#2" in handling.types(ASK, user=BOB)
    assert "already asks for this" in handling.types(ASK)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--account fullback-management", "management account"),
        ("--account fullback-staging --role Admin", "not for Admin"),
        ("--account fullback-staging --duration 2h", "1h at most"),
        ("--account fullback-staging --duration soon", "not a length of time"),
    ],
)
def test_what_no_rule_gives_is_refused_at_once(handling: Handling, flags: str, words: str) -> None:
    assert words in handling.types(f"credentials {flags}")
    assert handling.requests() == []


def test_everybody_sees_their_own_sessions(live: Handling) -> None:
    assert "ASIA1" in live.types("sessions")
    assert "ASIA1" not in live.types("sessions", user="U0DAVE")
    live.work()
    assert not live.slack.made("chat.postEphemeral")


def test_an_approver_sees_everybodys(live: Handling) -> None:
    assert "ASIA1" not in live.types("sessions", user=BOB)
    live.work()
    (shown,) = live.slack.made("chat.postEphemeral")
    assert "ASIA1" in str(shown["blocks"])
    assert "End session" in str(shown["blocks"])


@pytest.mark.parametrize(("user", "seen"), [(ALICE, True), (BOB, False), ("U0DAVE", False)])
def test_the_home_tab_has_ones_own(live: Handling, user: str, seen: bool) -> None:  # noqa: FBT001
    live.opens_home(user)
    live.work()
    assert ("ASIA1" in str(live.slack.made("views.publish")[-1])) == seen


def test_the_end_of_a_session_is_kept_like_a_decision(live: Handling) -> None:
    live.presses("end", live.button())
    assert live.clicks() == [("end", BOB, TEAM, 1, "")]


def ending(handling: Handling) -> str:
    """The name of the block whose button ends a session, in the list that was shown last."""
    shown = [
        *handling.blocks,
        *(block for made in handling.slack.made("chat.postEphemeral") for block in made["blocks"]),
    ]
    return str(next(block["block_id"] for block in shown if "accessory" in block))


@pytest.mark.parametrize(("user", "title"), [(ALICE, "Your sessions"), (BOB, "Everybody's sessions")])
def test_after_the_end_of_a_session_the_list_is_made_anew(live: Handling, user: str, title: str) -> None:
    live.types("sessions", user=user)
    live.work()
    live.presses("end", live.button(), user=user, block=ending(live), on=PRIVATE)
    assert not live.replies, "a worker answers"
    live.work()
    ((url, body),) = live.replies
    assert (url, body["replace_original"]) == (CLICK_URL, True)
    assert title in body["text"]
    assert "_ending_" in body["text"]
    assert "End session" not in str(body["blocks"])


def test_other_messages_with_that_button_stay_as_they_are(live: Handling) -> None:
    live.presses("end", live.button(), user=ALICE)
    live.work()
    assert not live.replies


def test_nobody_else_gets_everybodys_list(live: Handling) -> None:
    live.presses("end", live.button(), user="U0DAVE", block="all-sessions:1")
    live.work()
    assert not live.replies


def test_a_press_of_reveal_is_passed_on_with_its_person_and_trigger(live: Handling) -> None:
    live.presses("reveal", live.button(), user=ALICE, trigger="t-1")
    live.presses("reveal", live.button(), user=BOB, team=OTHER_TEAM, trigger="t-2")
    live.work()
    request = live.requests()[0]
    pressed = Pressed(1, request.key, APPROVALS, CARD)
    assert live.revealed == [Press(pressed, ALICE, TEAM, "t-1")], "people of other workspaces learn nothing"
    assert "not now" in live.told()[0]
    assert "other workspaces" in live.told()[-1]


def test_a_choice_of_a_shell_is_passed_on_with_what_it_was_made_on(live: Handling) -> None:
    blocks: list[Block] = [{"type": "section", "block_id": "shell:web"}]
    message = {"ts": "3.4", "text": "Credentials", "blocks": blocks}
    chosen = {"action_id": "shell", "type": "static_select", "selected_option": {"value": "fish"}, "action_ts": "1.2"}
    where = {"container": {"type": "message", "message_ts": "3.4"}, "channel": {"id": "D0ALICE"}}
    for user, team in ((ALICE, TEAM), (BOB, OTHER_TEAM)):
        live.interacts("block_actions", user, team, "t", actions=[chosen], message=message, **where)
    live.work()
    assert live.picked == [Picked(ALICE, "fish", blocks, "D0ALICE", "3.4", "Credentials")]
    assert "other workspaces" in live.told()[-1]
    assert live.clicks() == [], "it is no press that is kept"


def test_a_choice_in_a_form_names_the_form(live: Handling) -> None:
    chosen = {"action_id": "shell", "type": "static_select", "selected_option": {"value": "fish"}, "action_ts": "1.2"}
    view = {"id": "V7", "blocks": [{"type": "section", "block_id": "shell:web"}]}
    container = {"type": "view", "view_id": "V7"}
    live.interacts("block_actions", ALICE, TEAM, "t", actions=[chosen], view=view, container=container)
    live.work()
    assert [(picked.view, picked.shell) for picked in live.picked] == [("V7", "fish")]


def test_extend_files_the_same_anew(live: Handling) -> None:
    done(live)
    live.presses("extend", live.button(), user=ALICE)
    live.presses("extend", live.button(), user=ALICE)
    first, second = live.requests()
    assert second.params == first.params
    assert "Extends the session of request #1. logs" in second.reason
    assert second.rule == "default"
    assert "#2" in live.told()[0]


@pytest.mark.parametrize(
    ("user", "team", "value"),
    [(BOB, TEAM, "its"), (ALICE, OTHER_TEAM, "its"), (ALICE, TEAM, "7"), (ALICE, TEAM, ""), (ALICE, TEAM, "1 OR 1=1")],
)
def test_nobody_else_extends(live: Handling, user: str, team: str, value: str) -> None:
    done(live)
    live.presses("extend", live.button() if value == "its" else value, user=user, team=team)
    assert len(live.requests()) == 1
    assert live.told()


def test_only_credentials_can_be_extended(handling: Handling) -> None:
    handling.types("move-account --account fullback-staging --to /Workloads/Production")
    done(handling)
    handling.presses("extend", handling.button(), user=ALICE)
    assert len(handling.requests()) == 1
