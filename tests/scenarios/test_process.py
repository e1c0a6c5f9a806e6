"""The process itself: what it says when it cannot start, and what it does on signals.

Where the subject is the program from its first moment to its exit code, it is started as its users start it; elsewhere, and
over the other transport, it is forked.
"""

from __future__ import annotations

import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from sandbox.sandbox import BotDiedError, BotProcess, Sandbox, execute, free_port, sandbox
from tests.harness.forking import fork
from tests.harness.scenario import QUICK
from tests.harness.tables import each_of

ONE_RULE = '[[rule]]\nname = "{name}"\napprovers = ["U0BOB"]\n'


@pytest.fixture(params=["http", "socket"])
def place(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox whose bots are forked."""
    with sandbox(mode=request.param, creation_seconds=0, launch=fork) as found:
        yield found


@pytest.fixture(params=[("http", execute), ("socket", fork)], ids=["http, started", "socket, forked"])
def program(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox whose bot is the program itself over one of the transports."""
    mode, launch = request.param
    with sandbox(mode=mode, creation_seconds=0, launch=launch) as found:
        yield found


@each_of(
    "setting, value, told",
    [
        ("SLACK_BOT_TOKEN", "xoxb-of-somebody-else", "invalid_auth"),
        ("ORGBOT_POLL_SECONDS", "soon", "ORGBOT_POLL_SECONDS=soon"),
        ("ORGBOT_RULES", "/nowhere/rules.toml", "No such file"),
        ("ORGBOT_APPROVAL_CHANNEL", "#nowhere", "the bot sees no such channel; correct ORGBOT_APPROVAL_CHANNEL"),
        (
            "AWS_ACCESS_KEY_ID",
            "AKIA555555555555",
            "the bot runs in 555555555555; the management account is 111111111111: give it a role there",
        ),
        ("ORGBOT_WITHOUT", "grant-acces", "there is no operation “grant-acces”"),
    ],
)
def test_a_wrong_setting_is_refused_at_start_in_one_line(place: Sandbox, setting: str, value: str, told: str) -> None:
    _is_refused(place, setting, value, told)


def test_the_program_itself_refuses_a_wrong_setting(program: Sandbox) -> None:
    _is_refused(program, "ORGBOT_POLL_SECONDS", "soon", "ORGBOT_POLL_SECONDS=soon")


def _is_refused(place: Sandbox, setting: str, value: str, told: str) -> None:
    with pytest.raises(BotDiedError) as caught:
        place.start_bot(**(QUICK | {setting: value}))
    assert told in str(caught.value)
    assert "Traceback" not in (place.folder / "orgbot.log").read_text()


def test_a_fork_gets_nothing_of_an_earlier_one(place: Sandbox) -> None:
    """Each has the environment that was asked for, a session of its own, and an end of its own."""
    first = place.start_bot(**QUICK, ORGBOT_WORKER="4")
    assert "ORGBOT_WORKER: there is no such setting" in first.last_words()
    assert os.getsid(first.process.pid) == first.process.pid
    first.kill()
    (place.folder / "orgbot.log").write_text("")
    second = place.start_bot(**QUICK)
    assert "no such setting" not in second.last_words()
    assert (first.process.poll(), second.stop()) == (-signal.SIGKILL, 0)


def test_a_channel_may_be_given_by_its_name(place: Sandbox) -> None:
    bot = place.start_bot(**QUICK, ORGBOT_APPROVAL_CHANNEL="#aws-approvals")
    place.slack.person("alice").types("/org move --account fullback-audit --to /Workloads --reason tidy")
    place.slack.wait_for(lambda: place.slack.messages("aws-approvals"), timeout=20, what="the card")
    assert bot.stop() == 0


def test_a_second_bot_on_the_same_database_is_refused(program: Sandbox) -> None:
    first = program.start_bot(**QUICK)
    with pytest.raises(BotDiedError, match="another orgbot is running"):
        program.start_bot(**QUICK)
    assert first.stop() == 0


def test_a_bot_whose_audit_is_signed_does_not_start_without_the_key(place: Sandbox) -> None:
    bot = place.start_bot(**QUICK, ORGBOT_AUDIT_KEY="k" * 32)
    told = "From record 1 on the audit is signed"
    place.slack.wait_for(lambda: told in str(place.slack.messages("aws-approvals")), what="the word about the key")
    assert bot.stop() == 0
    _is_refused(place, "ORGBOT_AUDIT_KEY", "", "ORGBOT_AUDIT_KEY: is missing, while the audit is signed with a key")
    assert "k" * 32 not in (place.folder / "orgbot.log").read_text()


def test_sighup_reads_the_rules_anew_and_keeps_them_when_they_are_wrong(program: Sandbox) -> None:
    rules = program.folder / "rules.toml"
    rules.write_text(ONE_RULE.format(name="old"), encoding="utf-8")
    bot = program.start_bot(**QUICK, ORGBOT_RULES=str(rules))
    rules.write_text(ONE_RULE.format(name="new"), encoding="utf-8")
    bot.process.send_signal(signal.SIGHUP)
    log = program.folder / "orgbot.log"
    program.slack.wait_for(lambda: "the rules were reloaded: new" in log.read_text(), what="the new rules")

    rules.write_text("nonsense", encoding="utf-8")
    bot.process.send_signal(signal.SIGHUP)
    program.slack.wait_for(lambda: "the rules were not reloaded" in log.read_text(), what="the refusal")
    assert _rule_on_the_card(program) == "new"
    assert bot.stop() == 0


def _rule_on_the_card(place: Sandbox) -> str:
    place.slack.person("alice").types("/org move --account fullback-audit --to /Workloads --reason tidy")
    card = place.slack.wait_for(lambda: place.slack.messages("aws-approvals"), timeout=20, what="the card")[0]
    return str(card["blocks"]).split("rule: ")[1].split("  ·")[0]


def asked(bot: BotProcess, path: str) -> tuple[int, str]:
    """Status and text of an answer; status 0 while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{bot.port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except urllib.error.URLError:
        return 0, ""


@pytest.fixture
def waiting(place: Sandbox) -> Iterator[BotProcess]:
    """A bot that starts while Slack is away."""
    place.slack.faults.add("*", status=500, times=None)
    bot = place.launch_bot(**QUICK)
    place.slack.wait_for(lambda: "waiting for Slack" in bot.last_words(), timeout=60, what="the first try")
    yield bot
    bot.kill()


def test_while_slack_is_away_the_probes_answer_and_the_start_goes_on_later(place: Sandbox, waiting: BotProcess) -> None:
    assert asked(waiting, "/healthz") == (200, "ok\n")
    status, text = asked(waiting, "/readyz")
    assert (status, text.splitlines()[0]) == (503, "NOT OK process: starting")
    assert "NOT OK slack: Slack does not answer" in text
    assert asked(waiting, "/metrics")[0] == 200
    place.slack.faults.clear()
    waiting.wait_until_ready()
    assert waiting.stop() == 0
    assert "slack_sdk" not in (place.folder / "orgbot.log").read_text()


def test_who_waits_for_slack_still_ends_when_told_to(waiting: BotProcess) -> None:
    assert waiting.stop() == 0
    assert "orgbot has stopped" in waiting.last_words()


def test_the_probes_answer_until_a_call_in_hand_has_ended(program: Sandbox) -> None:
    slow = program.aws.faults.add("MoveAccount", "delay", seconds=60)
    bot = program.start_bot(**QUICK)
    alice = program.slack.person("alice")
    alice.types("/org move --account fullback-audit --to /Workloads --reason tidy")
    card = program.slack.wait_for(lambda: program.slack.messages("aws-approvals"), timeout=20, what="the card")[0]
    program.slack.wait_for(lambda: alice.dms, timeout=20, what="her message, which says that the card's place is known")
    program.slack.person("bob").clicks("Approve", card)
    program.slack.wait_for(lambda: program.aws.calls.of("MoveAccount"), timeout=20, what="the call")
    bot.process.terminate()
    text = program.slack.wait_for(lambda: _stopping(bot), timeout=20, what="the end to begin")
    assert asked(bot, "/healthz") == (200, "ok\n")
    assert text.splitlines()[0] == "NOT OK process: stopping"
    slow.release()
    assert bot.process.wait(60) == 0


def _stopping(bot: BotProcess) -> str:
    status, text = asked(bot, "/readyz")
    return text if status == 503 else ""


def test_details_and_metrics_may_have_a_port_of_their_own(place: Sandbox) -> None:
    admin = free_port()
    bot = place.start_bot(**QUICK, ORGBOT_ADMIN_PORT=str(admin))
    assert fetched(bot.port, "/readyz") == (200, "ready\n")
    assert fetched(bot.port, "/metrics")[0] == 404
    assert "ok database: answers" in fetched(admin, "/readyz")[1]
    assert "orgbot_outbox_pending 0.0" in fetched(admin, "/metrics")[1]
    assert fetched(admin, "/slack/events")[0] == 404
    assert bot.stop() == 0


def fetched(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status), str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.code, ""
