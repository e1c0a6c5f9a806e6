"""Every error code that Slack documents for the methods that the bot calls is sorted, once; what isn't Slack's own word is none."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call
from approvals.slack.codes import _SORTED, ANSWERS, MEANINGS, MENDABLE, NO_ANSWER, Answer, answer_of, meaning
from bot.slack import CountingWebClient
from sandbox.sandbox import MANIFEST
from sandbox.slack.driver import SlackSandbox
from tests.harness.tables import each_of

ROOT = Path(__file__).parents[3]
DOCUMENTED = tomllib.loads((Path(__file__).parent / "documented_codes.toml").read_text(encoding="utf-8"))
METHOD = re.compile(r'"((?:auth|chat|conversations|users|usergroups|views|files|apps)\.[A-Za-z.]+)"')
# Not pages of methods: the name of an event, a module of the SDK's that calls three methods, and a host.
NO_METHODS = {"files.upload.v2", "usergroups.list", "files.slack.com"}
FOREIGN = [
    "<html>Sign in to the network</html>",
    "",
    '{"ok": true, "chan',
    "[]",
    "null",
    '"ok"',
    '{"error": "no"}',
    "{}",
]


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(MANIFEST) as found:
        yield found


@pytest.fixture
def client(slack: SlackSandbox) -> Iterator[CountingWebClient]:
    yield CountingWebClient(slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[])
    slack.faults.clear()


@each_of("method", DOCUMENTED)
def test_each_documented_code_of_each_method_is_sorted(method: str) -> None:
    assert [code for code in DOCUMENTED[method].split() if code not in ANSWERS] == []


def test_each_code_is_sorted_once() -> None:
    listed = Counter(code for codes in _SORTED.values() for code in codes.split())
    assert [code for code, times in listed.items() if times > 1] == []


def named_methods() -> set[str]:
    """The methods that the bot's source names."""
    sources = [path for room in ("approvals", "handlers", "bot") for path in (ROOT / room).rglob("*.py")]
    return {name for path in sources for name in METHOD.findall(path.read_text(encoding="utf-8"))} - NO_METHODS


def test_the_codes_of_each_method_that_the_bot_calls_are_documented_here() -> None:
    assert named_methods() <= set(DOCUMENTED)


def test_what_the_stand_in_refuses_is_sorted_too() -> None:
    files = (ROOT / "sandbox/slack/api").rglob("*.py")
    codes = {
        code for path in files for code in re.findall(r'SlackRefusal\("([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert codes - set(ANSWERS) == set()


def test_a_code_that_slack_has_added_since_loses_nothing() -> None:
    assert answer_of("some_new_restriction") in MENDABLE


def test_whatever_is_to_be_mended_is_told_with_its_code_and_no_meaning_is_for_a_code_that_is_none() -> None:
    assert meaning("token_expired").endswith("(token_expired)")
    assert set(MEANINGS) - set(ANSWERS) == {NO_ANSWER}


@pytest.mark.parametrize("page", FOREIGN)
@pytest.mark.parametrize("status", [200, 400, 403, 502])
def test_what_is_not_slacks_own_word_is_no_refusal(
    slack: SlackSandbox, client: CountingWebClient, page: str, status: int
) -> None:
    slack.faults.add("chat.postMessage", page=page, status=status)
    with pytest.raises(SlackAmbiguousError):
        call(client, "chat.postMessage", channel="C0APPROVALS", text="news")


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_connection_that_breaks_leaves_open_what_was_done(
    slack: SlackSandbox, client: CountingWebClient, fault: Any
) -> None:
    slack.faults.add("chat.postMessage", fault)
    with pytest.raises(SlackAmbiguousError):
        call(client, "chat.postMessage", channel="C0APPROVALS", text="news")


def test_where_nobody_listens_nothing_was_done() -> None:
    nowhere = CountingWebClient("xoxb-1", base_url="http://127.0.0.1:9/", timeout=5, retry_handlers=[])
    with pytest.raises(SlackBusyError):
        call(nowhere, "chat.postMessage", channel="C0APPROVALS", text="news")


@pytest.mark.parametrize("page", ["", "<html>slow down</html>"])
def test_too_many_calls_are_told_by_the_status_alone(slack: SlackSandbox, client: CountingWebClient, page: str) -> None:
    slack.faults.add("chat.postMessage", page=page, status=429)
    with pytest.raises(SlackBusyError):
        call(client, "chat.postMessage", channel="C0APPROVALS", text="news")


@pytest.mark.parametrize(("code", "answer"), sorted(ANSWERS.items()))
def test_each_code_is_raised_as_what_it_is(
    slack: SlackSandbox, client: CountingWebClient, code: str, answer: Answer
) -> None:
    slack.faults.add("chat.postMessage", error=code)
    raised = {Answer.NOT_NOW: SlackBusyError, Answer.MAYBE: SlackAmbiguousError}.get(answer, SlackRefusedError)
    with pytest.raises(raised, match=code):
        call(client, "chat.postMessage", channel="C0APPROVALS", text="news")
