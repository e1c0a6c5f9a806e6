"""A form's trigger lives 3 s, whatever Slack has to be asked before it may be shown."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from slack_sdk.web import SlackResponse

from approvals.authority.directory import Person
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
