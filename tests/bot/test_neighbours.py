"""A second bot on the same Slack app or database is noticed, and told in `/readyz` and the log."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from approvals.outbox.delivering import EVENT
from approvals.queue.store import Store
from bot.neighbours import SAME_APP, Neighbours, identity_of
from tests.harness.clock import Clock


class Shared(Store):
    """A store on a database that several processes may use."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.engine)
        self.engine: Any = SimpleNamespace(dialect=SimpleNamespace(name="postgresql"))


def neighbours(store: Store, clock: Clock | None = None, owner: str = "one", bot: str = "B0") -> Neighbours:
    return Neighbours(store, clock or Clock(), owner, "ours", lambda: bot)


class Channel:
    """The approval channel's last messages; `refuses` is Slack's code."""

    def __init__(self, *messages: dict[str, Any], refuses: str = "") -> None:
        self.messages, self.refuses, self.asked = messages, refuses, 0

    def conversations_history(self, **asked: Any) -> Any:
        assert asked["include_all_metadata"]
        self.asked += 1
        answer: Any = {"ok": not self.refuses, "error": self.refuses, "messages": list(self.messages)}
        if self.refuses:
            raise SlackApiError("refused", answer)  # type: ignore[no-untyped-call]
        return SimpleNamespace(data=answer)


def posted(clock: Clock, installation: str | None, event: str = EVENT) -> dict[str, Any]:
    payload = {"id": "m"} | ({"installation": installation} if installation is not None else {})
    return {"ts": f"{clock().timestamp():.6f}", "metadata": {"event_type": event, "event_payload": payload}}


def looked(found: Neighbours, channel: Any) -> tuple[str, bool | None, str]:
    found.look(channel, "C0APPROVALS")
    return found.line()


def test_an_installation_has_one_name_that_its_database_keeps(store: Store) -> None:
    names = iter(["first", "second"])
    clock = Clock()
    assert identity_of(store, clock(), lambda: next(names)) == "first"
    assert identity_of(store, clock(), lambda: next(names)) == "first"


def test_alone(store: Store) -> None:
    found = neighbours(store)
    found.hello(1)
    found.beat()
    assert found.line() == ("alone", True, "no other orgbot is seen")


def test_a_second_connection_to_the_app_is_told(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    found = neighbours(store)
    found.hello(2)
    name, ok, detail = found.line()
    assert (name, ok) == ("alone", None)
    assert detail == f"Slack counts 2 connections of this app; {SAME_APP}"
    assert SAME_APP in caplog.text


def test_after_a_reconnection_slack_may_still_count_the_connection_before_it(store: Store) -> None:
    found = neighbours(store)
    found.hello(1)
    found.hello(2)
    assert found.line()[1] is True
    found.hello(3)
    assert found.line()[1] is None


def test_a_press_on_a_strange_card_is_told_for_a_day(store: Store) -> None:
    clock = Clock()
    found = neighbours(store, clock)
    found.strange_press()
    assert "a card of another orgbot or an older database was pressed" in found.line()[2]
    clock.advance(hours=24)
    assert found.line()[1] is True


def test_messages_of_another_installation_are_told(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    found = neighbours(store, clock)
    channel = Channel(posted(clock, "ours"), posted(clock, "another's"))
    assert "posted to the approval channel" in looked(found, channel)[2]
    assert SAME_APP in caplog.text
    looked(found, channel)
    assert channel.asked == 1, "it is looked now and then"
    clock.advance(hours=25)
    assert looked(found, channel)[1] is True


def test_our_own_messages_those_of_people_and_of_earlier_versions_are_none(store: Store) -> None:
    clock = Clock()
    messages = (posted(clock, "ours"), posted(clock, None), posted(clock, "x", "other_event"), {"ts": "1.0"})
    assert looked(neighbours(store, clock), Channel(*messages))[1] is True


def test_where_the_channel_cannot_be_read_nothing_is_claimed(store: Store) -> None:
    assert looked(neighbours(store), Channel(refuses="missing_scope"))[1] is True


def test_processes_on_one_database_know_of_each_other(store: Store) -> None:
    clock = Clock()
    shared = Shared(store)
    one, two = neighbours(shared, clock, "one"), neighbours(shared, clock, "two")
    one.beat()
    two.beat()
    two.hello(2)
    assert two.line() == ("alone", True, "2 processes of this installation")
    clock.advance(minutes=3)
    two.beat()
    assert two.line()[2].startswith("Slack counts 2"), "the other has not been seen for a while"
    clock.advance(seconds=1)
    one.beat()
    assert one.line()[1] is True


def test_a_process_that_ends_is_there_no_more(store: Store) -> None:
    one, two = neighbours(Shared(store), owner="one"), neighbours(Shared(store), owner="two")
    one.beat()
    two.beat()
    one.leave()
    two.hello(connections=1)
    assert two.line() == ("alone", True, "no other orgbot is seen")


def test_a_process_that_was_there_before_us_is_no_strange_connection(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    clock, shared = Clock(), Shared(store)
    one, two = neighbours(shared, clock, "one"), neighbours(shared, clock, "two")
    one.beat()
    one.hello(1)
    two.beat()
    two.hello(2)
    clock.advance(seconds=1)
    one.hello(2)
    assert caplog.messages == []
    assert [found.line()[1:] for found in (one, two)] == [(True, "2 processes of this installation")] * 2


def test_another_slack_app_on_the_same_database_is_not_ok(store: Store) -> None:
    shared = Shared(store)
    clock = Clock()
    neighbours(shared, clock, "one", bot="B0OTHER").beat()
    found = neighbours(shared, clock, "two")
    found.beat()
    assert found.line() == ("alone", False, "another Slack app works on this database (process one)")


def test_a_beat_is_written_now_and_then(store: Store) -> None:
    clock = Clock()
    shared = Shared(store)
    found = neighbours(shared, clock)
    found.beat()
    clock.advance(seconds=29)
    other = neighbours(shared, clock, "two")
    other.beat()
    found.beat()
    assert found.line()[2] == "no other orgbot is seen"
    clock.now += timedelta(seconds=1)
    found.beat()
    assert found.line()[2] == "2 processes of this installation"
