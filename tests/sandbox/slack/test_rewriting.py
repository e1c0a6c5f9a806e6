"""What Slack makes of what people type."""

from __future__ import annotations

import pytest

from sandbox.slack.driver import SlackSandbox
from sandbox.slack.rewriting import escaped, linked, rewritten, smart
from tests.sandbox.slack.bots import Bot


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("--name web", "—name web"),
        ('--reason "a b"', "—reason “a b”"),
        ("it's 'so'", "it\u2019s \u2018so\u2019"),
        ('--tag note="it\'s"', "—tag note=“it\u2019s”"),
        ("wait...", "wait…"),
    ],
)
def test_smart_punctuation(typed: str, seen: str) -> None:
    assert smart(typed) == seen


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("a@example.com", "<mailto:a@example.com|a@example.com>"),
        ("web+staging@example.com", "<mailto:web+staging@example.com|web+staging@example.com>"),
        ("see http://example.com/x now", "see <http://example.com/x> now"),
        ("no address", "no address"),
    ],
)
def test_links(typed: str, seen: str) -> None:
    assert linked(typed) == seen


def test_escaping() -> None:
    assert escaped("a & b <c>") == "a &amp; b &lt;c&gt;"


def test_all_of_it_reaches_the_bot_only_when_asked_for(slack: SlackSandbox, bot: Bot) -> None:
    typed = '/org create-account --name "R&D" --email a@example.com'
    slack.person("alice").types(typed)
    slack.person("alice").types(typed, as_slack_rewrites=True)
    assert bot.got[0]["text"] == 'create-account --name "R&D" --email a@example.com'
    assert bot.got[1]["text"] == "create-account —name “R&amp;D” —email <mailto:a@example.com|a@example.com>"
    assert rewritten("--x") == "—x"
