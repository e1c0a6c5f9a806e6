"""Asking for pictures, and those of home tabs. That they arrive is shown in tests/scenarios, where Slack keeps files."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.outbox.home_tabs import STILL_SHOWN, PictureBook
from handlers.queries import upload
from handlers.queries.upload import COMES_SOON, TRY_AGAIN, Pictures
from operations.snapshot.tree import Tree
from tests.harness.handling import ALICE, GENERAL, Handling
from tests.harness.organizations import with_policies


@pytest.fixture
def looked(handling: Handling) -> Handling:
    handling.organization = with_policies()
    return handling


@pytest.mark.parametrize("text", ["tree --picture", "tree —picture /Workloads", "tree Staging --picture"])
def test_it_is_drawn_by_a_worker(looked: Handling, text: str) -> None:
    assert "You'll get it as a direct message" in looked.types(text)
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
    assert "as a direct message" in looked.told()[0]
    assert looked.slack.made("files.getUploadURLExternal")[0]["alt_txt"].endswith("beneath /Workloads")


def test_without_the_scope_the_way_out_is_told(looked: Handling) -> None:
    looked.slack.refuse["files.getUploadURLExternal"] = "missing_scope"
    looked.types("tree --picture")
    assert "files:write" in looked.told()[-1]


def on_home_tabs(looked: Handling) -> tuple[str, bool]:
    """The file that home tabs show now, and whether one is still to come."""
    assert looked.organization is not None
    pictured = looked.pictures.of(Tree(looked.organization))
    return "".join(block["slack_file"]["id"] for block in pictured.blocks), pictured.coming


def test_the_organizations_picture_is_uploaded_once_for_all_home_tabs(looked: Handling) -> None:
    assert on_home_tabs(looked) == ("", True)
    looked.work()
    for _ in range(5):
        assert on_home_tabs(looked) == ("F0PICTURE1", False)
        looked.organization = replace(with_policies(), read_at=looked.now)  # Read anew, and as it was.
        looked.work()
    assert looked.slack.uploads == 1
    (completed,) = looked.slack.made("files.completeUploadExternal")
    assert completed["channel_id"] is None, "it stands in no channel"


def test_what_has_changed_gets_another_picture_and_the_old_one_is_not_shown_for_it(looked: Handling) -> None:
    on_home_tabs(looked)
    looked.work()
    looked.organization = replace(with_policies(), accounts=with_policies().accounts[:2])
    assert on_home_tabs(looked) == ("", True)
    looked.work()
    assert on_home_tabs(looked) == ("F0PICTURE2", False)


def test_without_the_scope_home_tabs_wait_for_no_picture(looked: Handling) -> None:
    looked.slack.refuse["files.getUploadURLExternal"] = "missing_scope"
    for _ in range(5):
        on_home_tabs(looked)
        looked.work()
    assert on_home_tabs(looked) == ("", False)
    assert len(looked.slack.made("files.getUploadURLExternal")) == 1
    looked.slack.refuse.clear()
    looked.now += TRY_AGAIN + timedelta(seconds=1)
    on_home_tabs(looked)
    looked.work()
    assert on_home_tabs(looked) == ("F0PICTURE1", False)


def test_a_picture_that_takes_long_is_waited_for_no_longer(looked: Handling) -> None:
    on_home_tabs(looked)
    looked.now += COMES_SOON
    assert on_home_tabs(looked) == ("", False)
    looked.work()
    assert on_home_tabs(looked) == ("F0PICTURE1", False)


def test_a_file_that_slack_is_never_done_with_is_not_shown(looked: Handling, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    looked.slack.mimetype = ""
    on_home_tabs(looked)
    looked.work()
    assert on_home_tabs(looked) == ("", False)
    assert slept == list(upload.WAITS)


def deleted(looked: Handling) -> list[str]:
    return [call["file"] for call in looked.slack.made("files.delete")]


def changes(looked: Handling, accounts: int) -> None:
    """Home tabs have the picture of an organization with so many accounts."""
    looked.organization = replace(with_policies(), accounts=with_policies().accounts[:accounts])
    on_home_tabs(looked)
    looked.work()


def later(looked: Handling) -> None:
    looked.now += STILL_SHOWN + timedelta(minutes=1)
    on_home_tabs(looked)
    looked.work()


def test_the_old_picture_is_deleted_once_home_tabs_have_the_new_one(looked: Handling) -> None:
    changes(looked, 3)
    changes(looked, 2)
    assert deleted(looked) == [], "a home tab may show it for a moment still"
    later(looked)
    assert deleted(looked) == ["F0PICTURE1"]
    later(looked)
    assert deleted(looked) == ["F0PICTURE1"]


@pytest.mark.parametrize(("error", "times"), [("file_not_found", 1), ("missing_scope", 2)])
def test_what_cannot_be_deleted_is_tried_again_where_that_helps(looked: Handling, error: str, times: int) -> None:
    looked.slack.refuse["files.delete"] = error
    changes(looked, 3)
    changes(looked, 2)
    later(looked)
    later(looked)
    assert deleted(looked) == ["F0PICTURE1"] * times


def test_another_process_shows_the_same_file(looked: Handling) -> None:
    changes(looked, 3)
    looked.pictures = Pictures(
        looked.slack, looked.waiting.append, lambda: looked.now, PictureBook(looked.store, lambda: looked.now)
    )
    changes(looked, 3)
    assert on_home_tabs(looked) == ("F0PICTURE1", False)
    assert looked.slack.uploads == 1


def test_a_picture_that_somebody_has_deleted_is_uploaded_anew(looked: Handling) -> None:
    changes(looked, 3)
    changes(looked, 2)
    looked.slack.refuse["files.info"] = "file_not_found"
    changes(looked, 3)
    looked.slack.refuse.clear()
    looked.now += TRY_AGAIN + timedelta(seconds=1)
    changes(looked, 3)
    assert on_home_tabs(looked)[0] not in ("", "F0PICTURE1")
