"""Asking for the picture. That it arrives is shown in tests/scenarios/test_looks.py, where files can be uploaded."""

from __future__ import annotations

import pytest

from tests.harness.handling import ALICE, GENERAL, Handling
from tests.harness.organizations import with_policies


@pytest.fixture
def looked(handling: Handling) -> Handling:
    handling.organization = with_policies()
    return handling


@pytest.mark.parametrize("text", ["tree --picture", "tree —picture /Workloads", "tree Staging --picture"])
def test_it_is_drawn_by_a_worker(looked: Handling, text: str) -> None:
    assert "you get it by direct message" in looked.types(text)
    assert not looked.slack.calls
    looked.work()
    assert looked.slack.made("conversations.open")[0]["users"] == ALICE
    (announced,) = looked.slack.made("files.getUploadURLExternal")
    assert announced["filename"] == "o-1.png"
    assert int(announced["length"]) > 1000


def test_the_button_carries_the_ou(looked: Handling) -> None:
    looked.types("tree /Workloads")
    (button,) = looked.blocks[-2]["elements"]
    assert (button["action_id"], button["value"]) == ("look:picture", "ou-1-work")
    looked.presses("look:picture", "ou-1-work", user=ALICE, channel=GENERAL)
    assert "by direct message" in looked.told()[0]
    assert looked.slack.made("files.getUploadURLExternal")[0]["alt_txt"].endswith("beneath /Workloads")


def test_without_the_scope_the_way_out_is_told(looked: Handling) -> None:
    looked.slack.refuse["files.getUploadURLExternal"] = "missing_scope"
    looked.types("tree --picture")
    assert "files:write" in looked.told()[-1]
