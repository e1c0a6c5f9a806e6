"""Who is a member: full members of the workspace, and of Enterprise Grid whoever Slack says belongs to it too."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from approvals.authority.directory import (
    REMEMBERED,
    Directory,
    Memory,
    NotAMemberError,
    SharedDirectory,
    Stranger,
    Workspace,
)
from approvals.slack.client import SlackAwayError
from tests.harness.clock import Clock
from tests.harness.tables import each_of

HERE, ELSEWHERE, OTHER, GRID = "T0HERE", "T0ELSEWHERE", "T0OTHER", "E0GRID"
PLAIN, IN_GRID, WHOLE = Workspace(HERE), Workspace(HERE, GRID), Workspace("", GRID, whole=True)


class TellingSlack(WebClient):
    """Slack's users.info about one person."""

    def __init__(self, user: dict[str, Any]) -> None:
        super().__init__("xoxb-test")
        self._user = user

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        del arguments
        data = {"ok": True, "user": {"id": "U0SOMEBODY", **self._user}}
        return SlackResponse(
            client=self, http_verb="GET", api_url=api_method, req_args={}, data=data, headers={}, status_code=200
        )


def grid(*teams: str, enterprise: str = GRID, team: str = ELSEWHERE, **more: Any) -> dict[str, Any]:
    """A person of an Enterprise Grid organization, as users.info shows them."""
    return {"team_id": team, "enterprise_user": {"enterprise_id": enterprise, "teams": list(teams)}, **more}


def stranger(user: dict[str, Any], here: Workspace, via: str = "") -> Stranger | None:
    try:
        Directory(TellingSlack(user), lambda: here).member("U0SOMEBODY", via)
    except NotAMemberError as error:
        return error.stranger
    return None


@each_of(
    ("user", "here", "via"),
    [
        ({"team_id": HERE}, PLAIN, ""),
        ({"team_id": HERE}, PLAIN, HERE),
        (grid(HERE, ELSEWHERE), IN_GRID, HERE),
        (grid(HERE, ELSEWHERE), IN_GRID, ELSEWHERE),
        (grid(HERE, ELSEWHERE), IN_GRID, GRID),
        (grid(HERE, team=GRID), IN_GRID, HERE),
        (grid(HERE, ELSEWHERE), PLAIN, ELSEWHERE),
        (grid(ELSEWHERE), WHOLE, ELSEWHERE),
        (grid(ELSEWHERE), WHOLE, GRID),
    ],
)
def test_members(user: dict[str, Any], here: Workspace, via: str) -> None:
    assert stranger(user, here, via) is None


@each_of(
    ("user", "here", "via"),
    [
        ({"team_id": OTHER}, PLAIN, HERE),
        ({"team_id": OTHER, "is_stranger": True}, PLAIN, OTHER),
        ({"team_id": HERE, "is_stranger": True}, PLAIN, HERE),
        ({"team_id": HERE}, PLAIN, OTHER),
        ({"team_id": HERE}, IN_GRID, OTHER),
        (grid(ELSEWHERE), IN_GRID, ELSEWHERE),
        (grid(HERE, ELSEWHERE), IN_GRID, OTHER),
        (grid(OTHER, team=OTHER, enterprise="E0OTHER"), WHOLE, OTHER),
        (grid(OTHER, team=OTHER, enterprise="E0OTHER"), IN_GRID, "E0OTHER"),
        ({"team_id": OTHER}, WHOLE, OTHER),
        (grid(OTHER, team="", enterprise="E0OTHER"), WHOLE, ""),
        (grid(ELSEWHERE, team=""), IN_GRID, HERE),
        (grid(team="", enterprise="E0OTHER"), PLAIN, HERE),
    ],
)
def test_people_of_other_companies_and_workspaces_stay_strangers(
    user: dict[str, Any], here: Workspace, via: str
) -> None:
    assert stranger(user, here, via) is Stranger.FOREIGN


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ({"deleted": True}, Stranger.DEACTIVATED),
        ({"is_bot": True}, Stranger.APP),
        ({"is_restricted": True}, Stranger.GUEST),
        ({"is_ultra_restricted": True}, Stranger.GUEST),
    ],
)
def test_who_is_no_full_member_of_it_is_none(flags: dict[str, Any], why: Stranger) -> None:
    for user, here in (({"team_id": HERE}, PLAIN), (grid(HERE, ELSEWHERE), IN_GRID), (grid(ELSEWHERE), WHOLE)):
        assert stranger(user | flags, here, HERE if here is not WHOLE else ELSEWHERE) is why


def test_where_the_bot_is_installed_is_told_by_auth_test() -> None:
    assert Workspace.of({"team_id": HERE, "is_enterprise_install": False}) == PLAIN
    told = {"team_id": "", "enterprise_id": GRID, "is_enterprise_install": True}
    assert Workspace.of(told) == WHOLE


class AnsweringSlack(WebClient):
    """A Slack that gives one answer to everything, or raises."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        super().__init__("xoxb-test")
        self._answer = answer

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        del arguments
        if isinstance(self._answer, Exception):
            raise self._answer
        answer = SlackResponse(
            client=self,
            http_verb="GET",
            api_url=api_method,
            req_args={},
            data=self._answer,
            headers={},
            status_code=200,
        )
        return answer.validate()  # type: ignore[no-any-return,no-untyped-call]


LOOKS: dict[str, Callable[[Directory], object]] = {
    "a person": lambda directory: directory.look("U0SOMEBODY"),
    "a group": lambda directory: directory.members("S0GROUP"),
    "an address": lambda directory: directory.by_email("somebody@example.com"),
    "a channel": lambda directory: directory.in_channel("C0CHANNEL"),
}
OUTAGES: dict[str, dict[str, Any] | Exception] = {
    "busy": {"ok": False, "error": "ratelimited"},
    "not allowed": {"ok": False, "error": "missing_scope"},
    "broken": {"ok": False, "error": "internal_error"},
    "no connection": URLError(ConnectionRefusedError()),
    "too slow": TimeoutError(),
    "no such shape": {"ok": True},
    "another shape": {"ok": True, "user": [], "users": {}, "members": "C"},
}


@each_of("look", LOOKS.values(), ids=LOOKS)
@each_of("answer", OUTAGES.values(), ids=OUTAGES)
def test_what_slack_does_not_tell_is_an_outage(
    look: Callable[[Directory], object], answer: dict[str, Any] | Exception
) -> None:
    with pytest.raises(SlackAwayError):
        look(Directory(AnsweringSlack(answer), lambda: PLAIN))


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_an_error_of_the_bots_own_is_none(look: Callable[[Directory], object]) -> None:
    with pytest.raises(ZeroDivisionError):
        look(Directory(AnsweringSlack(ZeroDivisionError()), lambda: PLAIN))


def test_whom_slack_does_not_know_is_unknown() -> None:
    for error in ("user_not_found", "users_not_found"):
        directory = Directory(AnsweringSlack({"ok": False, "error": error}), lambda: PLAIN)
        assert (directory.look("U0NOBODY").known, directory.by_email("nobody@example.com")) == (False, "")
    assert Directory(AnsweringSlack({"ok": False, "error": "no_such_subteam"}), lambda: PLAIN).members("S0NONE") == []


class Asked(TellingSlack):
    """Slack, and how often it was asked."""

    def __init__(self) -> None:
        super().__init__({"team_id": HERE})
        self.asked = 0

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        self.asked += 1
        return super().api_call(api_method, **arguments)


def test_many_decisions_at_once_are_answered_by_one_question_and_a_later_one_asks_anew() -> None:
    clock, slack = Clock(), Asked()
    people = SharedDirectory(slack, lambda: PLAIN, Memory(clock))
    for _ in range(20):
        people.after(clock()).look("U0SOMEBODY")
    assert slack.asked == 1
    clock.advance(seconds=1)
    people.after(clock()).look("U0SOMEBODY")
    assert slack.asked == 2
    people.look("U0SOMEBODY")
    assert slack.asked == 3, "without a moment it is always asked"


def test_a_decision_that_waited_long_is_not_judged_by_what_was_told_long_ago() -> None:
    clock, slack = Clock(), Asked()
    pressed = clock()
    people = SharedDirectory(slack, lambda: PLAIN, Memory(clock)).after(pressed)
    people.look("U0SOMEBODY")
    clock.now += REMEMBERED + timedelta(seconds=1)
    people.look("U0SOMEBODY")
    assert slack.asked == 2


def test_who_asks_the_same_at_the_same_time_waits_for_one_answer() -> None:
    clock, slack = Clock(), Asked()
    people = SharedDirectory(slack, lambda: PLAIN, Memory(clock)).after(clock())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(people.look, ["U0SOMEBODY"] * 8))
    assert slack.asked == 1
