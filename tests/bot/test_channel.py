"""What is wrong with the approval channel, and what follows while nobody can press a button there."""

from __future__ import annotations

from typing import Any

from bot.channel import EVERY, ChannelWatch, troubles
from tests.harness.clock import Clock
from tests.harness.slack import InMemorySlack
from tests.harness.tables import each_of

GOOD = {"id": "C1", "name": "aws-approvals", "is_member": True, "is_archived": False}


@each_of(
    ("given", "told"),
    [
        ({"is_archived": True}, "is archived; unarchive it"),
        ({"is_member": False}, "type /invite @orgbot there"),
        ({"is_ext_shared": True}, "shared with another organization"),
        ({"is_pending_ext_shared": True}, "shared with another organization"),
        ({"is_read_only": True}, "posting in #aws-approvals is restricted"),
        ({"is_frozen": True}, "posting in #aws-approvals is restricted"),
        ({"properties": {"posting_restricted_to": {"type": ["ra"]}}}, "posting in #aws-approvals is restricted"),
        ({"is_thread_only": True}, "takes replies only"),
        ({"is_non_threadable": True}, "replies in #aws-approvals are restricted"),
        ({"properties": {"threads_restricted_to": {"type": ["ra"]}}}, "replies in #aws-approvals are restricted"),
    ],
)
def test_each_trouble_is_told_with_the_way_out(given: dict[str, Any], told: str) -> None:
    (sentence,) = troubles(GOOD | given)
    assert told in sentence


def test_a_good_channel_has_none() -> None:
    assert troubles(GOOD) == []


class Channel(InMemorySlack):
    """One channel, which is asked about so many times."""

    def __init__(self) -> None:
        super().__init__()
        self.channel: dict[str, Any] = dict(GOOD)
        self.asked = 0
        self._answers["conversations.info"] = self._info

    def _info(self, _: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        return {"channel": self.channel}


def test_it_is_looked_each_minute_and_what_is_lost_is_told_as_long_as_it_is() -> None:
    clock, slack, lost = Clock(), Channel(), []
    watch = ChannelWatch(clock, lambda: lost.append("cards"))
    for _ in range(3):
        watch.look(slack, "C1")
    assert (slack.asked, watch.line()) == (1, ("approval channel", True, "can be used"))
    slack.channel["is_archived"] = True
    clock.now += EVERY
    watch.look(slack, "C1")
    assert lost == ["cards"]
    name, ok, told = watch.line()
    assert (name, ok) == ("approval channel", None)
    assert "is archived" in told
