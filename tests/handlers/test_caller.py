"""Who is at the door, by the payloads that Slack sends."""

from __future__ import annotations

from handlers.caller import Caller, delivery, of_command, of_interaction


def test_a_command() -> None:
    body = {"user_id": "U1", "team_id": "T1", "channel_id": "C1", "trigger_id": "t"}
    assert of_command(body) == Caller("U1", "T1", "C1", "t")


def test_a_click_shows_the_persons_own_workspace() -> None:
    body = {"user": {"id": "U1", "team_id": "T2"}, "team": {"id": "T1"}, "channel": {"id": "C1"}, "trigger_id": "t"}
    assert of_interaction(body) == Caller("U1", "T2", "C1", "t")


def test_where_slack_leaves_things_out() -> None:
    assert of_interaction({"user": {"id": "U1"}, "team": {"id": "T1"}}).team == "T1"
    assert of_interaction({"user": {"id": "U1"}, "team": None, "channel": None}) == Caller("U1", "")
    assert of_interaction({"user": {"id": "U1"}, "container": {"channel_id": "C1"}}).channel == "C1"


def test_a_delivery_has_one_name_and_another_has_another() -> None:
    parts = [("T1", "U1", "t1"), ("T1", "U1", "t2"), ("T1", "U1t", "1"), ("T2", "U1", "t1"), ({"a": 1, "b": 2},)]
    assert len({delivery("command", *part) for part in parts}) == len(parts)
    assert delivery("command", {"a": 1, "b": 2}) == delivery("command", {"b": 2, "a": 1})
    assert delivery("view", "T1") != delivery("command", "T1")
