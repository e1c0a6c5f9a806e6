"""A press belongs to its card, and what a card shows is what runs: from the real buttons to AWS."""

from __future__ import annotations

import json
import urllib.request

from operations.policies.documents import pretty
from tests.harness.scenario import Message, Scenario
from tests.harness.shown import in_code


def test_a_press_on_an_old_card_never_decides_what_has_its_number_today(either: Scenario) -> None:
    either.ask("first")
    old = either.card()
    either.begin_anew()
    either.ask("second")
    either.slack.wait_for(lambda: len(either.cards()) == 2, what="the card of today's request #1")
    either.confirmed()

    for button, who in (("Approve", "bob"), ("Deny", "bob"), ("Cancel request", "alice")):
        _is_no_card_of_today(either, button, who, old)
        (today,) = [card for card in either.cards() if card["ts"] != old["ts"]]
        assert "Waiting" in today["text"], button
    either.person("bob").clicks("Approve", today)
    either.slack.wait_for(lambda: either.accounts("second@example.com"), what="the account of today's request")
    assert either.accounts("first@example.com") == []
    assert "an older database was pressed" in readiness(either)


def _is_no_card_of_today(scenario: Scenario, button: str, who: str, old: Message) -> None:
    person = scenario.person(who)
    read = len(person.ephemerals)
    person.clicks(button, old)
    words = "belongs to another orgbot or an older database"
    scenario.slack.wait_for(lambda: words in str(person.ephemerals[read:]), what=f"that {button} is not one of today's")


def readiness(scenario: Scenario) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{scenario.bot.port}/readyz", timeout=5) as answer:
        return str(answer.read().decode())


def test_the_end_of_a_long_document_stands_in_the_thread(scenario: Scenario) -> None:
    statements = [{"Sid": f"S{n:03}", "Effect": "Deny", "Action": f"s3:Get{n:03}", "Resource": "*"} for n in range(85)]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    scenario.person("alice").types(f"/org create-policy --type scp --name Long --content '{document}'")
    card = scenario.card()
    assert "The whole of it is in the thread" in str(card["blocks"])
    wanted = "\n".join(f"+ {line}" for line in pretty(document).split("\n"))
    scenario.slack.wait_for(lambda: in_code(scenario.slack.replies(card)) == wanted, what="the whole document")


def test_what_nobody_sees_never_becomes_a_card(scenario: Scenario) -> None:
    for unseen in ("\u00ad", "\u202e"):
        scenario.person("alice").types(f'/org create-ou --name "Sand{unseen}box"')
        scenario.told("alice", f"Column 5 holds an invisible character, U+{ord(unseen):04X}")
    scenario.is_the_first()
