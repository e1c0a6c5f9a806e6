"""Every look's answer fits into one of Slack's messages, whatever the organization looks like; so do its windows."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from handlers.queries.registry import QUERIES
from operations.snapshot.live import Delegated
from operations.snapshot.organization import Organization
from tests.harness.handling import ALICE, GENERAL, Block, Handling
from tests.harness.organizations import grown, longest

LETTERS = ("&", "<", "`", "W", "\\", '"', "語", "*")
DOCUMENT = json.dumps({"Statement": ["&" * 900, *(["<`>"] * 900)]}, indent=2)


@pytest.fixture(params=LETTERS)
def extreme(request: pytest.FixtureRequest, handling: Handling) -> Handling:
    letter: str = request.param
    handling.organization = longest(letter)
    handling.live.has_tags = {f"{number:02}{letter * 126}": letter * 256 for number in range(50)}
    handling.live.administrators = (
        *(Delegated("1" * 12, letter * 50, (letter * 128,) * 30),) * 10,
        *(Delegated("1" * 12, letter * 50, None),) * 200,
    )
    handling.live.documents = {policy.id: DOCUMENT for policy in handling.organization.policies.known}
    handling.live.effects = {("0" * 12, "TAG_POLICY"): DOCUMENT}
    return handling


def asked_for(organization: Organization) -> Iterator[str]:
    """Each look without and with something behind it, found or not."""
    account, policy = organization.accounts[0], organization.policies.known[0]
    unit = organization.units[-1]
    given = {"tree": unit.id, "accounts": account.email, "account": account.id, "policies": "scp", "policy": policy.id}
    for word in QUERIES:
        yield from (word, f"{word} {given.get(word, 'cloud')}", f"{word} {'x' * 3000}", f'{word} "{"&" * 1000}"')


def answers(handling: Handling, text: str) -> list[Block]:
    """The blocks of the answer, by the ack or by a worker; the handling judges both."""
    handling.replies.clear()
    handling.types(text)
    handling.work()
    blocks: list[Block] = handling.blocks or handling.replies[0][1]["blocks"]
    return blocks


def next_button(blocks: list[Block]) -> str:
    elements = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    return next((element["value"] for element in elements if element["action_id"] == "look:next"), "")


def test_the_longest_names_fit(extreme: Handling) -> None:
    assert extreme.organization is not None
    for text in asked_for(extreme.organization):
        assert answers(extreme, text)


def test_every_page_fits(extreme: Handling) -> None:
    for word in QUERIES:
        following = next_button(answers(extreme, word))
        for _ in range(30):
            if not following:
                break
            extreme.replies.clear()
            extreme.presses("look:next", following, user=ALICE, channel=GENERAL)
            extreme.work()
            following = next_button(extreme.replies[0][1]["blocks"])
        assert not following


def test_the_longest_documents_fit_into_their_window(extreme: Handling) -> None:
    assert extreme.organization is not None
    extreme.presses("look:document", extreme.organization.policies.known[0].id, user=ALICE)
    extreme.presses("look:effective", f"{'0' * 12} TAG_POLICY", user=ALICE)
    extreme.work()
    for shown in extreme.slack.made("views.update"):
        assert "&amp;&amp;" in json.dumps(shown["view"])


def test_a_large_organization_fits(handling: Handling) -> None:
    handling.organization = grown()
    for text in asked_for(handling.organization):
        assert answers(handling, text)
