"""`orgbot sandbox --play`: the whole story in the terminal, each line as it happens, and an error when one doesn't come true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sandbox.sandbox import Sandbox
from sandbox.slack.driver import SlackSandbox
from sandbox.wording import plainly

Say = Callable[[str], None]
ASK = (
    "/org create-account --name fullback-mobile --email mobile@example.com --ou /Workloads/Staging "
    '--billing ALLOW --tag owner=mobile --reason "The mobile team needs its own staging account"'
)
PATIENCE = 60.0
COLUMN = 30
"""Where the words begin, behind who says them."""


class Story:
    """Plays the people; what the bot says is shown once, in the order in which it came."""

    def __init__(self, sandbox: Sandbox, say: Say) -> None:
        self._sandbox = sandbox
        self._slack: SlackSandbox = sandbox.slack
        self._say = say
        self._shown: set[str] = set()

    def play(self) -> None:
        """The story from the command to the account; raises AssertionError where the bot does not do its part."""
        card = self._ask()
        self._try_as("dave", card, "He is no approver, and is told so:")
        self._try_as("alice", card, "She may not approve her own request:")
        self._approve(card)
        account = self._follow(card)
        self._told_alice(account)
        self._stands_in_aws(account)

    def _tell(self, who: str, text: str) -> None:
        """Who says it and what, as people read it; further lines stand under the first."""
        for index, line in enumerate(plainly(text, self._slack.workspace).splitlines()):
            self._say(f"{'' if index else who:<{COLUMN}}{line}")

    def _ask(self) -> dict[str, Any]:
        alice = self._slack.person("alice")
        self._tell("Alice types in #general:", ASK)
        reply = alice.types(ASK, channel="general")
        self._tell("  only Alice sees:", reply.text)
        card: dict[str, Any] = self._slack.wait_for(self._card, timeout=PATIENCE, what="the card in #aws-approvals")
        self._tell("orgbot in #aws-approvals:", card["text"])
        for line in _lines(card):
            self._tell("", f"| {line}")
        return card

    def _card(self) -> dict[str, Any] | None:
        return next((message for message in self._slack.messages("aws-approvals") if message.get("blocks")), None)

    def _try_as(self, name: str, card: dict[str, Any], what: str) -> None:
        person = self._slack.person(name)
        before = len(person.ephemerals)
        self._say(f"{name.title()} presses Approve. {what}")
        person.clicks("Approve", card)
        self._slack.wait_for(
            lambda: len(person.ephemerals) > before, timeout=PATIENCE, what=f"a private line for {name}"
        )
        self._tell(f"  only {name.title()} sees:", person.ephemerals[-1]["text"])

    def _approve(self, card: dict[str, Any]) -> None:
        self._say("Bob presses Approve.")
        self._slack.person("bob").clicks("Approve", card)

    def _follow(self, card: dict[str, Any]) -> str:
        """Shows the thread as it grows; gives the id of the new account."""
        self._slack.wait_for(lambda: self._show_thread(card), timeout=PATIENCE, what="the end of the thread")
        card = self._card() or card
        self._tell("The card now says:", card["text"])
        return self._new_account()

    def _show_thread(self, card: dict[str, Any]) -> bool:
        replies = [message for message in self._slack.replies(card) if message["ts"] != card["ts"]]
        for message in replies:
            if message["ts"] not in self._shown:
                self._shown.add(message["ts"])
                self._tell("  orgbot in the thread:", message["text"])
        return any("is ready" in message["text"] for message in replies)

    def _new_account(self) -> str:
        pages = self._sandbox.aws.client("organizations").get_paginator("list_accounts").paginate()
        (account,) = [a["Id"] for page in pages for a in page["Accounts"] if a["Email"] == "mobile@example.com"]
        return str(account)

    def _told_alice(self, account: str) -> None:
        alice = self._slack.person("alice")
        self._slack.wait_for(lambda: account in str(alice.dms), timeout=PATIENCE, what="the direct message to Alice")
        for message in alice.dms:
            self._tell("orgbot to Alice by DM:", message["text"])

    def _stands_in_aws(self, account: str) -> None:
        organizations = self._sandbox.aws.client("organizations")
        parent = organizations.list_parents(ChildId=account)["Parents"][0]["Id"]
        unit = organizations.describe_organizational_unit(OrganizationalUnitId=parent)["OrganizationalUnit"]["Name"]
        if unit != "Staging":
            raise AssertionError(f"the account {account} is in {unit}, not in Staging")
        self._tell("AWS says:", f"account {account} is in the organizational unit {unit}.")


def _lines(message: dict[str, Any]) -> list[str]:
    """What a message's sections say, line by line."""
    texts = [text for block in message["blocks"] for text in _texts(block)]
    return [line for text in texts for line in text.replace("*\n", "*: ").splitlines()]


def _texts(block: dict[str, Any]) -> Iterator[str]:
    for piece in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
        if isinstance(piece, dict) and isinstance(piece.get("text"), str):
            yield piece["text"]
        elif isinstance(piece, dict) and piece.get("type", "").startswith("rich_text"):
            yield from _texts(piece)
