"""What scenarios do again and again: ask, find the card, press, follow the thread, look into AWS."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import Engine

from sandbox.sandbox import BotProcess, Sandbox, sandbox
from sandbox.slack.driver import Mode
from sandbox.slack.outcomes import CommandReply
from sandbox.slack.person import Person
from tests.harness import postgres
from tests.harness.database import ON_BOTH, POSTGRESQL, SQLITE, give_back, new_database
from tests.harness.forking import fork

Message = dict[str, Any]
PATIENCE = 60.0
ASK = '/org create-account --name {name} --email {email} --ou /Workloads/Staging --tag owner=mobile --reason "for the mobile team"'
# The stand-ins answer at once, and what they have answered stands: nothing has to be waited for as long as in AWS.
CREATION_SECONDS = 0.3
QUICK = {
    "ORGBOT_POLL_SECONDS": "0.1",
    "ORGBOT_TICK_SECONDS": "0.1",
    "ORGBOT_SETTLE_SECONDS": "0.5",
    "ORGBOT_SLACK_SETTLE_SECONDS": "0.3",
    "ORGBOT_PENDING_PER_PERSON": "100",
    "ORGBOT_POST_SECONDS": "0",
    "ORGBOT_LOG_FORMAT": "json",
}

# For processes that die, answers that are lost and what comes at the same instant; on which database all else runs, says `scenarios/conftest.py`.
on_both_databases = pytest.mark.parametrize("scenario", ON_BOTH, indirect=True)


class Scenario:
    """A sandbox with a running bot, which has these settings besides the quick ones; on a new database of this kind."""

    def __init__(self, place: Sandbox, settings: dict[str, str], database: str = SQLITE) -> None:
        self.place = place
        self.slack = place.slack
        self.aws = place.aws
        self._lent: list[Engine] = []
        self.database = self._new_database(database, "orgbot.db")
        self._settings = QUICK | {"DATABASE_URL": self.database} | settings
        self.bot: BotProcess = place.start_bot(**self._settings)

    def person(self, name: str) -> Person:
        return self.slack.person(name)

    def ask(self, name: str = "fullback-mobile", by: str = "alice") -> CommandReply:
        reply = self.person(by).types(ASK.format(name=name, email=f"{name}@example.com"))
        assert reply.error is None, (
            f"the command was answered with {reply.error}; the bot's log: {self._stands_where()}"
        )
        return reply

    def _stands_where(self) -> str:
        """The end of the bot's log, with where each of its threads stands just now."""
        self.bot.process.send_signal(signal.SIGUSR1)
        time.sleep(1)  # Only on the way to a failure.
        return self.bot.last_words(lines=150)

    def cards(self) -> list[Message]:
        return [message for message in self.slack.messages("aws-approvals") if message.get("bot_id")]

    def card(self, number: int = 1) -> Message:
        """The request's card, once it is there."""
        return self.slack.wait_for(lambda: self._card(number), PATIENCE, f"the card of request {number}")

    def _card(self, number: int) -> Message | None:
        return next((message for message in self.cards() if f"#{number} " in message["text"]), None)

    def is_the_first(self) -> None:
        """Files a request, and sees that nothing was filed before it."""
        self.ask()
        assert "fullback-mobile" in str(self.card()["blocks"])

    def confirmed(self, number: int = 1) -> None:
        """Waits until the bot knows where the request's card stands; a moment earlier Slack shows it already."""
        where = f"SELECT card_ts FROM request WHERE id = {number} AND card_ts <> ''"  # noqa: S608  A number.
        with self._looking() as look:
            self.slack.wait_for(lambda: look(where), PATIENCE, f"the place of the card of request {number}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What stands in the bot's database."""
        with self._looking() as look:
            return look(query)

    @contextmanager
    def _looking(self) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
        """Looks into the bot's database, over one connection."""
        if self.database.startswith(POSTGRESQL):
            with psycopg.connect(self.database, autocommit=True) as connection:
                yield lambda query: connection.execute(query.encode()).fetchall()
        else:
            with closing(sqlite3.connect(self.database.removeprefix("sqlite:///"))) as file:
                yield lambda query: file.execute(query).fetchall()

    def _new_database(self, kind: str, file: str) -> str:
        """With the newest schema already; that a bot migrates one is shown by those that start from nothing."""
        if kind == POSTGRESQL:
            lent = new_database(kind)
            lent.dispose()  # Whoever replaces the database looks for others that are connected.
            self._lent.append(lent)
            return postgres.as_written(str(lent.url))
        url = f"sqlite:///{self.place.folder / file}"
        give_back(new_database(url))
        return url

    def press(self, button: str, by: str, number: int = 1) -> None:
        """On the request's card, once the bot knows where that stands."""
        self.confirmed(number)
        self.person(by).clicks(button, self.card(number))

    def thread(self, number: int = 1) -> list[str]:
        return [message["text"] for message in self.slack.replies(self.card(number))]

    def until(self, words: str, number: int = 1) -> str:
        """The card's text once it has these words, such as "Done"."""
        return self.slack.wait_for(lambda: self._has(words, number), PATIENCE, f"“{words}” on the card")

    def _has(self, words: str, number: int) -> str:
        text = str(self.card(number)["text"])
        return text if words in text else ""

    def done(self, number: int = 1) -> str:
        """Waits for the good end, and for the last words in the thread; gives the account's id."""
        self.until("Done", number)
        last = self.slack.wait_for(
            lambda: [line for line in self.thread(number) if "is ready" in line], PATIENCE, "the last words"
        )
        return last[0].split("is ready: ")[1].split(" ")[0]

    def told(self, name: str, words: str) -> str:
        """The private line that a person gets."""
        person = self.person(name)
        return self.slack.wait_for(lambda: _holding(words, person.ephemerals), PATIENCE, f"“{words}” for {name}")

    def sees(self, name: str, words: str) -> Message:
        """Their form or answer, once these words stand in it: what takes long opens as another one first."""

        def seen() -> Message | None:
            view = self.person(name).view
            return view if view and words in json.dumps(view, ensure_ascii=False) else None

        return self.slack.wait_for(seen, PATIENCE, f"{words!r} in what {name} sees")

    def direct(self, name: str, words: str) -> str:
        """The direct message that a person gets."""
        person = self.person(name)
        return self.slack.wait_for(lambda: _holding(words, person.dms), PATIENCE, f"“{words}” for {name} by DM")

    def accounts(self, email: str) -> list[str]:
        pages = self.aws.client("organizations").get_paginator("list_accounts").paginate()
        return [account["Id"] for page in pages for account in page["Accounts"] if account["Email"] == email]

    def unit_of(self, account: str) -> str:
        organizations = self.aws.client("organizations")
        parent = organizations.list_parents(ChildId=account)["Parents"][0]["Id"]
        return str(
            organizations.describe_organizational_unit(OrganizationalUnitId=parent)["OrganizationalUnit"]["Name"]
        )

    def die(self) -> None:
        """kill -9."""
        self.bot.kill()

    def close(self) -> None:
        """The bot is killed, and the next test may have what it worked on."""
        self.die()
        for engine in self._lent:
            postgres.part(engine)
            give_back(engine)

    def start_again(self) -> None:
        self.bot = self.place.start_bot(**self._settings)

    def begin_anew(self) -> None:
        """The bot ends, and starts with a new database: its numbers begin at 1 again."""
        self.die()
        kind = POSTGRESQL if self.database.startswith(POSTGRESQL) else SQLITE
        self.database = self._new_database(kind, "another.db")
        self._settings |= {"DATABASE_URL": self.database}
        self.start_again()

    def log(self) -> list[dict[str, Any]]:
        lines = (self.place.folder / "orgbot.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def _holding(words: str, messages: list[Message]) -> str:
    return next((str(message["text"]) for message in messages if words in message["text"]), "")


@contextmanager
def started(mode: Mode, database: str = SQLITE, **settings: str) -> Iterator[Scenario]:
    """A scenario whose bot is forked, and killed at the end: how it starts and ends by itself is test_process's subject."""
    with sandbox(mode=mode, creation_seconds=CREATION_SECONDS, launch=fork) as place:
        found = Scenario(place, settings, database)
        try:
            yield found
        finally:
            found.close()
