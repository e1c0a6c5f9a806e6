"""A form's trigger lives 3 s, whatever Slack has to be asked before it may be shown."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from slack_sdk.web import SlackResponse
from sqlalchemy.exc import OperationalError

from approvals.authority.directory import Person
from handlers.responder import NOT_SHOWN, OWN_ERROR
from tests.harness.handling import ALICE, BOB, GUEST, Handling, Members, RecordingSlack

PATIENCE = 20


class SlowMembers(Members):
    """Slack tells who somebody is only after a form was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = threading.Event()

    def look(self, user: str) -> Person:
        assert self.opened.wait(PATIENCE)
        return super().look(user)


class Slow(Handling):
    """Handlers whose Slack takes long over `users.info`."""

    def __init__(self) -> None:
        super().__init__()
        people = SlowMembers()
        self.people = self.admission._people = people
        self.admission._told.clear()
        real = self.slack.api_call

        def api_call(api_method: str, **arguments: Any) -> SlackResponse:
            answer = real(api_method, **arguments)
            if api_method == "views.open":
                people.opened.set()
            return answer

        self.slack.api_call = api_call  # type: ignore[method-assign]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("handlers.responder.SOON", 0.01)
    handling = Slow()
    yield handling
    handling.close()


def views(slack: RecordingSlack) -> list[str]:
    return [str(call.params["view"]["title"]["text"]) for call in slack.calls if call.method.startswith("views.")]


def test_where_slack_takes_long_the_form_opens_at_once_and_is_filled_later(slow: Handling) -> None:
    slow.types("create-account", user=ALICE)
    slow.work()
    assert [call.method for call in slow.slack.calls] == ["views.open", "views.update"]
    assert views(slow.slack)[0] == "One moment"
    assert slow.slack.made("views.update")[0]["view"]["callback_id"] == "request:create-account"


def test_a_stranger_finds_nothing_in_it_but_the_sentence_that_is_theirs(slow: Handling) -> None:
    slow.types("create-account", user=GUEST)
    slow.work()
    (filled,) = slow.slack.made("views.update")
    assert "orgbot isn't available to guest accounts." in str(filled["view"]["blocks"])
    assert views(slow.slack) == ["One moment", "One moment"]


def test_where_slack_answers_soon_nothing_empty_is_shown(slow: Handling, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.responder.SOON", PATIENCE)
    slow.people.opened.set()  # type: ignore[attr-defined]
    slow.knows(BOB)
    slow.types("create-account", user=BOB)
    slow.work()
    assert [call.method for call in slow.slack.calls] == ["views.open"]


def broken(*_: Any, **__: Any) -> Any:
    raise KeyError("what somebody has typed")


def test_an_answer_that_runs_into_an_error_of_the_bots_own_is_told_and_logged_with_its_place(
    handling: Handling, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(handling.admission, "unwelcome", broken)
    handling.types("tree", user="U0NEW")
    handling.work()
    assert handling.told() == [OWN_ERROR]
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "in broken" in line
    assert "typed" not in line.partition("\n")[0]


def test_a_form_that_cannot_be_made_is_told(handling: Handling, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.shortcuts.launcher_view", broken)
    handling.takes_shortcut()
    handling.work()
    assert handling.told() == [OWN_ERROR]


def test_a_form_that_was_opened_empty_says_so(slow: Handling, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.shortcuts.launcher_view", broken)
    slow.takes_shortcut(user=ALICE)
    slow.work()
    (filled,) = slow.slack.made("views.update")
    assert OWN_ERROR in str(filled["view"]["blocks"])


def test_an_answer_for_which_the_database_is_away_is_no_error_of_the_bots_own(
    handling: Handling, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> Any:
        raise OperationalError("SELECT 1", None, OSError("no connection"))

    monkeypatch.setattr(handling.admission, "unwelcome", away)
    handling.types("tree", user="U0NEW")
    handling.work()
    assert handling.told() == [NOT_SHOWN]
