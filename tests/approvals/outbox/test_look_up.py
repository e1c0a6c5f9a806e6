"""A message whose answer was lost is found wherever it stands, and what keeps Slack from telling is no answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from slack_sdk import WebClient

from approvals.outbox import look_up
from approvals.outbox.look_up import LATEST, SKEW, Place, UnseenError, find, looking_up
from approvals.slack.client import SlackRefusedError
from sandbox.slack.driver import SlackSandbox

HERE = "C0APPROVALS"
WANTED = "the wanted one"


@pytest.fixture
def client(slack: SlackSandbox) -> WebClient:
    return WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=5)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_up, "PAGE", 3)
    monkeypatch.setattr(look_up, "MOST_PAGES", 4)


def is_it(item: dict[str, Any]) -> bool:
    return bool(item["text"] == WANTED)


def write(client: WebClient, *texts: str, thread: str = "") -> list[str]:
    under = {"thread_ts": thread} if thread else {}
    return [str(client.chat_postMessage(channel=HERE, text=text, **under)["ts"]) for text in texts]  # type: ignore[arg-type]


def now() -> datetime:
    return datetime.now(UTC)


def test_it_is_found_below_newer_messages_of_a_busy_channel(client: WebClient) -> None:
    (ts, *_) = write(client, WANTED, *["chatter"] * 8)
    assert find(client, Place(HERE), now(), is_it) == [ts]
    assert find(client, Place(HERE), now(), lambda _: False) == []


def test_it_is_found_below_older_replies_of_a_long_thread(client: WebClient) -> None:
    (card,) = write(client, "card")
    (*_, ts) = write(client, *["chatter"] * 8, WANTED, thread=card)
    assert find(client, Place(HERE, card), now(), is_it) == [ts]


def test_older_messages_are_not_looked_through(slack: SlackSandbox, client: WebClient) -> None:
    write(client, *["chatter"] * 30)
    slack.workspace.clock.advance(SKEW.total_seconds() + 60)
    (ts,) = write(client, WANTED)
    sent_at = now() + SKEW + timedelta(seconds=60)
    assert find(client, Place(HERE), sent_at, is_it) == [ts]
    assert len([call for call in slack.calls if call.method == "conversations.history"]) == 1


@pytest.mark.parametrize("ahead", [-SKEW, SKEW, SKEW - LATEST])
def test_clocks_that_differ_and_messages_that_come_late_hide_nothing(client: WebClient, ahead: timedelta) -> None:
    (ts,) = write(client, WANTED)
    sent_at = datetime.fromtimestamp(float(ts), UTC) + ahead
    assert find(client, Place(HERE), sent_at, is_it) == [ts]


def test_what_two_workers_have_sent_is_found_twice_the_older_one_first(client: WebClient) -> None:
    older, *_, newer = write(client, WANTED, *["chatter"] * 5, WANTED)
    assert find(client, Place(HERE), now(), is_it) == [older, newer]


def test_what_was_found_is_an_answer_though_more_was_written_than_is_looked_through(client: WebClient) -> None:
    *_, ts = write(client, *["chatter"] * 12, WANTED)
    assert find(client, Place(HERE), now(), is_it) == [ts]


def test_more_than_can_be_looked_through_is_no_answer(client: WebClient) -> None:
    write(client, WANTED, *["chatter"] * 12)
    with pytest.raises(UnseenError, match="more than 12 messages"):
        find(client, Place(HERE), now(), is_it)


@pytest.mark.parametrize(
    ("trouble", "wait"),
    [
        ({"status": 429, "retry_after": 7}, 7),
        ({"status": 500}, 2),
        ({"fault": "drop-after"}, 2),
        ({"error": "missing_scope"}, 60),
    ],
)
def test_what_keeps_slack_from_telling_is_no_answer(
    slack: SlackSandbox, client: WebClient, trouble: dict[str, Any], wait: int
) -> None:
    slack.faults.add("conversations.history", **trouble)
    with pytest.raises(UnseenError) as caught, looking_up():
        find(client, Place(HERE), now(), is_it)
    assert caught.value.wait == timedelta(seconds=wait)


def test_trouble_on_a_later_page_is_no_answer_either(slack: SlackSandbox, client: WebClient) -> None:
    write(client, WANTED, *["chatter"] * 8)
    slack.faults.add("conversations.history", status=429, when=lambda params: bool(params.get("cursor")))
    with pytest.raises(UnseenError), looking_up():
        find(client, Place(HERE), now(), is_it)


def test_a_thread_that_is_gone_is_an_answer(client: WebClient) -> None:
    with pytest.raises(SlackRefusedError, match="thread_not_found"), looking_up():
        find(client, Place(HERE, "1.000001"), now(), is_it)


def test_an_answer_without_messages_is_no_answer(slack: SlackSandbox, client: WebClient) -> None:
    class Empty(WebClient):
        def conversations_history(self, **_: Any) -> Any:
            return SimpleNamespace(data={"ok": True}, get={"ok": True}.get)

    with pytest.raises(UnseenError), looking_up():
        find(Empty(slack.bot_token, base_url=slack.api_url), Place(HERE), now(), is_it)
