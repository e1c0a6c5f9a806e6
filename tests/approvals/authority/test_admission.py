"""Who may see anything: full members of the own workspace, as Slack has told lately; nobody where it does not tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from approvals.authority.admission import LATELY, UNTOLD, Admission
from approvals.authority.directory import Directory, Person, Stranger, Workspace
from approvals.slack.client import SlackAwayError, SlackRefusedError

TEAM, ALICE = "T0ORGBOT", "U0ALICE"


class AskedDirectory(Directory):
    """Slack's people, of whom one is as the flags say."""

    def __init__(self, **flags: Any) -> None:
        self.here = lambda: Workspace(TEAM)
        self.flags = flags
        self.away = False
        self.asked = 0

    def look(self, user: str) -> Person:
        self.asked += 1
        if self.away:
            raise SlackAwayError("users.info")
        return Person(**({"user": user, "team": TEAM, "key": user, "name": user} | self.flags))


class Hour:
    """A clock that stands."""

    def __init__(self) -> None:
        self.time = datetime(2030, 1, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


def test_a_member_is_remembered_for_a_while() -> None:
    directory, hour = AskedDirectory(), Hour()
    admission = Admission(directory, hour)
    assert admission.lately(ALICE, TEAM) is None, "Slack has to be asked"
    assert admission.now(ALICE, TEAM) == ""
    assert admission.lately(ALICE, TEAM) == ""
    hour.time += LATELY
    assert (admission.now(ALICE, TEAM), directory.asked) == ("", 1)
    hour.time += timedelta(seconds=1)
    assert admission.lately(ALICE, TEAM) is None
    assert (admission.now(ALICE, TEAM), directory.asked) == ("", 2)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"guest": True}, Stranger.GUEST),
        ({"deactivated": True}, Stranger.DEACTIVATED),
        ({"is_bot": True}, Stranger.APP),
        ({"team": "T0OTHER"}, Stranger.FOREIGN),
        ({"known": False}, Stranger.UNKNOWN),
    ],
)
def test_nobody_else_may(flags: dict[str, Any], told: Stranger) -> None:
    admission = Admission(AskedDirectory(**flags), Hour())
    assert admission.unwelcome(ALICE, TEAM) == told.value
    assert admission.lately(ALICE, TEAM) == told.value


def test_what_comes_from_another_workspace_is_foreign_unless_slack_says_that_it_is_theirs_too() -> None:
    admission = Admission(AskedDirectory(), Hour())
    assert admission.lately(ALICE, "T0OTHER") is None, "Slack has to be asked"
    assert admission.unwelcome(ALICE, "T0OTHER") == Stranger.FOREIGN
    assert admission.unwelcome(ALICE, TEAM) == ""
    of_both = Admission(AskedDirectory(teams=frozenset({TEAM, "T0OTHER"})), Hour())
    assert of_both.unwelcome(ALICE, "T0OTHER") == ""


def test_while_slack_does_not_tell_nobody_may_and_nothing_is_remembered() -> None:
    directory = AskedDirectory()
    admission = Admission(directory, Hour())
    directory.away = True
    assert admission.unwelcome(ALICE, TEAM) == UNTOLD
    with pytest.raises(SlackAwayError):
        admission.now(ALICE, TEAM)
    directory.away = False
    assert admission.unwelcome(ALICE, TEAM) == ""


def test_what_keeps_slack_from_telling_for_good_is_said_with_what_to_mend() -> None:
    people = AskedDirectory()
    people.look = refused  # type: ignore[method-assign, assignment]
    told = Admission(people, Hour()).unwelcome(ALICE, TEAM)
    assert told.startswith("orgbot can't look up who you are, so nothing is shown. The app lacks a scope for it")


def refused(_: str) -> Person:
    raise SlackAwayError("users.info", SlackRefusedError("users.info", "missing_scope"))
