"""`--break-glass`: a typed confirmation with a reason, before anything is filed."""

from __future__ import annotations

import json

import pytest

from approvals.authority.rules import Rule, Rules
from tests.harness.handling import ALICE, BOB, GENERAL, OTHER_TEAM, Handling

MOVE = "move-account --account fullback-staging --to /Workloads/Production --break-glass"


@pytest.fixture
def glass(handling: Handling) -> Handling:
    """A rule lets somebody break the glass."""
    handling.rules = Rules([Rule("default", (BOB,), break_glass=("S0ONCALL",))])
    return handling


def test_nothing_is_filed_before_the_confirmation(glass: Handling) -> None:
    assert glass.types(MOVE) == ""
    view = glass.form()
    assert not glass.requests()
    assert "Move fullback-staging (222222222222) to /Workloads/Production" in json.dumps(view["blocks"])
    assert "at once, without approval" in json.dumps(view["blocks"])


def test_the_operations_name_and_a_reason_are_needed(glass: Handling) -> None:
    glass.types(MOVE)
    view = glass.form()
    assert set(glass.submits(view, {"confirm": "yes", "reason": " "})) == {"confirm", "reason"}
    assert set(glass.submits(view, {"confirm": "move", "reason": "fire"})) == {"confirm"}
    assert not glass.requests()

    assert glass.submits(view, {"confirm": " Move-Account ", "reason": "fire"}) == {}
    (request,) = glass.requests()
    assert (request.operation, request.reason, request.break_glass) == ("move-account", "fire", True)
    assert (request.requester, request.channel) == (ALICE, GENERAL)
    assert request.params == {"account": "222222222222", "to": "ou-1-prod"}


def test_the_reason_of_the_command_is_there_already(glass: Handling) -> None:
    glass.types(f"{MOVE} --reason fire")
    assert glass.submits(glass.form(), {"confirm": "move-account"}) == {}
    assert glass.requests()[0].reason == "fire"


def test_a_confirmation_that_is_sent_twice_is_filed_once(glass: Handling) -> None:
    glass.types(MOVE)
    for _ in range(3):
        assert glass.submits(glass.form(), {"confirm": "move-account", "reason": "fire"}) == {}
    assert len(glass.requests()) == 1


def test_the_usual_way_breaks_no_glass(glass: Handling) -> None:
    glass.types(MOVE.removesuffix(" --break-glass"))
    assert [request.break_glass for request in glass.requests()] == [False]


def test_where_no_rule_lets_anybody_it_is_refused_at_once(handling: Handling) -> None:
    assert "No rule lets anybody act at once" in handling.types(MOVE)
    assert not handling.waiting


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("move-account --account fullback-staging --break-glass", "(`--to`)"),
        ("move-account --account nothing --to / --break-glass", "No account named “nothing”"),
        (f"{MOVE} --reason {'x' * 501}", "501 characters"),
        (
            "tag-account --account fullback-staging "
            + " ".join(f"--tag k{n}={'v' * 70}" for n in range(45))
            + " --break-glass",
            "too long for",
        ),
    ],
)
def test_what_could_not_be_filed_is_told_instead_of_asked(glass: Handling, text: str, told: str) -> None:
    assert told in glass.types(text)
    assert not glass.waiting


@pytest.mark.parametrize("metadata", ["", "{", "[]", '{"values": 1}', '{"values": {"account": [1], "to": {}}}'])
def test_a_confirmation_that_was_tampered_with_files_nothing(glass: Handling, metadata: str) -> None:
    glass.types(MOVE)
    view = glass.form() | {"private_metadata": metadata}
    assert "confirm" in glass.submits(view, {"confirm": "move-account", "reason": "fire"})
    assert not glass.requests()


def test_a_confirmation_from_another_workspace_files_nothing(glass: Handling) -> None:
    glass.types(MOVE)
    errors = glass.submits(glass.form(), {"confirm": "move-account", "reason": "fire"}, team=OTHER_TEAM)
    assert "other workspaces" in errors["confirm"]
    assert not glass.requests()


def test_a_review_is_a_click_like_any_other(glass: Handling) -> None:
    glass.presses("review", "1")
    assert [click[:2] for click in glass.clicks()] == [("review", BOB)]
