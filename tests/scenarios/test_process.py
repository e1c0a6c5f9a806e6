"""The process itself: what it says when it cannot start, and what it does on signals."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from sandbox.slack.driver import Mode
from sandbox.town import BotDiedError, Town, town
from tests.scenarios.scene import QUICK

ONE_RULE = '[[rule]]\nname = "{name}"\napprovers = ["U0BOB"]\n'


@pytest.fixture(params=["http", "socket"])
def place(request: pytest.FixtureRequest) -> Iterator[Town]:
    mode: Mode = request.param
    with town(mode=mode, creation_seconds=0) as found:
        yield found


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-of-somebody-else", "invalid_auth"),
        ("ORGBOT_POLL_SECONDS", "soon", "ORGBOT_POLL_SECONDS=soon"),
        ("ORGBOT_RULES", "/nowhere/rules.toml", "No such file"),
        ("ORGBOT_APPROVAL_CHANNEL", "#nowhere", "the bot sees no channel #nowhere"),
    ],
)
def test_a_wrong_setting_is_refused_at_start_in_one_line(place: Town, setting: str, value: str, told: str) -> None:
    with pytest.raises(BotDiedError) as caught:
        place.start_bot(**QUICK, **{setting: value}) if setting not in QUICK else place.start_bot(
            **(QUICK | {setting: value})
        )
    assert told in str(caught.value)
    assert "Traceback" not in (place.folder / "orgbot.log").read_text()


def test_a_channel_may_be_given_by_its_name(place: Town) -> None:
    bot = place.start_bot(**QUICK, ORGBOT_APPROVAL_CHANNEL="#aws-approvals")
    place.slack.person("alice").types("/org move --account fullback-audit --to /Workloads --reason tidy")
    place.slack.wait_for(lambda: place.slack.messages("aws-approvals"), timeout=20, what="the card")
    assert bot.stop() == 0


def test_a_second_bot_on_the_same_database_is_refused(place: Town) -> None:
    first = place.start_bot(**QUICK)
    with pytest.raises(BotDiedError, match="another orgbot is running"):
        place.start_bot(**QUICK)
    assert first.stop() == 0


def test_sighup_reads_the_rules_anew_and_keeps_them_when_they_are_wrong(place: Town) -> None:
    rules = place.folder / "rules.toml"
    rules.write_text(ONE_RULE.format(name="old"), encoding="utf-8")
    bot = place.start_bot(**QUICK, ORGBOT_RULES=str(rules))
    rules.write_text(ONE_RULE.format(name="new"), encoding="utf-8")
    bot.process.send_signal(signal.SIGHUP)
    log = place.folder / "orgbot.log"
    place.slack.wait_for(lambda: "the rules were reloaded: new" in log.read_text(), what="the new rules")

    rules.write_text("nonsense", encoding="utf-8")
    bot.process.send_signal(signal.SIGHUP)
    place.slack.wait_for(lambda: "the rules were not reloaded" in log.read_text(), what="the refusal")
    assert _rule_on_the_card(place) == "new"
    assert bot.stop() == 0


def _rule_on_the_card(place: Town) -> str:
    place.slack.person("alice").types("/org move --account fullback-audit --to /Workloads --reason tidy")
    card = place.slack.wait_for(lambda: place.slack.messages("aws-approvals"), timeout=20, what="the card")[0]
    return str(card["blocks"]).split("by rule “")[1].split("”")[0]
