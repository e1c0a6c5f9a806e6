"""A play: people, the bot and AWS's stand-in in one process, and all that anybody reads, in the order in which it appears.

The handlers, the workers, the outbox and the operations are the bot's own. Time stands still until the play lets it pass.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal
from unittest import mock

import time_machine

from approvals.authority.admission import Admission
from approvals.authority.directory import Person
from approvals.authority.may import oversees
from approvals.authority.rules import Rule
from approvals.context import Handover
from approvals.dispatcher import KINDS, due_jobs
from approvals.outbox.home_tabs import PictureBook
from approvals.outbox.sending import Outbox
from approvals.request.pending import may_ask, may_decide, pending_for
from approvals.sessions.reveal import Reveal
from approvals.sessions.shells import pick
from bot.snapshot.cache import NOT_YET
from handlers.dependencies import Dependencies, Sources
from handlers.home import home_of
from handlers.queries.upload import Pictures
from operations.core.closing import Console
from operations.core.steps import Shared
from operations.snapshot.live import LiveAws
from sandbox.aws.server import AwsSandbox
from sandbox.slack.limits import problems, view_problems
from tests.documentation import reading
from tests.harness.aws_now import AwsNow
from tests.harness.handling import COMMAND_URL, PRIVATE, Handling
from tests.harness.moments import next_moment
from tests.harness.people import BOB, CAROL, TEAM
from tests.harness.slack import InMemorySlack, Post
from tests.harness.workers import Workers

BEGIN = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
CHANNELS = {"C0GENERAL": "#general", "C0APPROVALS": "#aws-approvals"}
PEOPLE = {"alice": "U0ALICE", "bob": BOB, "carol": CAROL, "dave": "U0DAVE", "gus": "U0GUEST"}
APPROVERS = "S0APPROVERS"
SHORT = 4  # So many lines of an edited message are shown whole.
Form = dict[str, Any]
Delivery = Literal["dm", "reveal"]


@dataclass
class Entry:
    """Something that happened: who did what, or where something was shown, and its lines."""

    head: str
    lines: list[str] = field(default_factory=list)


class Stage(InMemorySlack):
    """Slack in memory; whatever it shows becomes an entry."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Any] = []  # Where the handlers' harness notes answers to a response_url.
        self.entries: list[Entry] = []
        self.views: list[tuple[str, Form]] = []
        self.private: list[Post] = []
        self.who = ""
        self._numbers = itertools.count(1)
        self._answers |= {
            "views.open": self._open,
            "views.update": self._fill,
        }

    def shows(self, where: str, lines: list[str]) -> None:
        self.entries.append(Entry(where, lines))

    def _place(self, given: Post) -> str:
        channel = str(given["channel"])
        if channel.startswith("D"):
            return f"Direct message to {_name(channel[1:])}"
        both = " and in the channel" if given.get("reply_broadcast") else ""
        return f"{CHANNELS.get(channel, channel)}{f', in the thread{both}' if given.get('thread_ts') else ''}"

    def _post(self, given: Post) -> Post:
        assert problems(given.get("blocks") or [], "message") == []
        self.shows(self._place(given), reading.message(given))
        return super()._post(given)

    def _update(self, given: Post) -> Post:
        (post,) = (post for post in self.posts if (post["channel"], post["ts"]) == (given["channel"], given["ts"]))
        before, after = reading.message(post), reading.message(given)
        if before != after:
            self.shows(f"{self._place(post)}, edited", after if len(after) <= SHORT else _changed(before, after))
        return super()._update(given)

    def _whisper(self, given: Post) -> Post:
        self.shows(f"{self._place(given)}, only {_name(given['user'])} sees", reading.message(given))
        self.private.append(given)
        return super()._whisper(given)

    def _delete(self, given: Post) -> Post:
        (post,) = (post for post in self.posts if (post["channel"], post["ts"]) == (given["channel"], given["ts"]))
        self.shows(f"{self._place(post)}, deleted", [])
        return super()._delete(given)

    def _open(self, given: Post) -> Post:
        assert view_problems(given["view"]) == []
        self.views.append((f"V{next(self._numbers)}", given["view"]))
        self.shows(f"A form opens for {_name(self.who)}", reading.view(given["view"]))
        return {"view": {"id": self.views[-1][0]}}

    def _fill(self, given: Post) -> Post:
        assert view_problems(given["view"]) == []
        self.views.append((given["view_id"], given["view"]))
        self.shows("The form is filled", reading.view(given["view"]))
        return {"view": {"id": given["view_id"]}}

    def _publish(self, given: Post) -> Post:
        self.shows(f"Home tab of {_name(given['user_id'])}", reading.view(given["view"]))
        return super()._publish(given)


def _changed(before: list[str], after: list[str]) -> list[str]:
    """The lines of an edited message that are new, and those that are gone."""
    return [line for line in difflib.ndiff(before, after) if line[:2] in ("+ ", "- ")]


def _name(user: str) -> str:
    return next((name.title() for name, known in PEOPLE.items() if known == user), user)


class Play(Handling):
    """`types`, `presses` and `submits` do what people do, `passes` lets time pass; `slack.entries` has what was to be read."""

    slack: Stage  # type: ignore[assignment]

    def __init__(self, aws: AwsSandbox, traveller: time_machine.Traveller, delivery: Delivery) -> None:
        self.aws = aws
        self._traveller = traveller
        self.slack = Stage()
        self.workers = Workers(aws, rule=Rule("default", (APPROVERS,)))
        self.workers.people.groups[APPROVERS] = [BOB, CAROL]
        self.workers.people.people["U0GUEST"] = Person("U0GUEST", TEAM, "gus@example.com", "gus", guest=True)
        console = Console(aws.federation_url.removesuffix("/federation"))
        self.rules = self.workers.rules
        self.context = replace(self.workers.context, console=console, handover=Handover(delivery))
        self.now = self.workers.clock()
        self.picked: list[Any] = []
        self.last_view: dict[str, Any] = {}
        self.away = False
        self.waiting, self.replies, self.deaf, self.command_url = [], [], False, COMMAND_URL
        self._triggers = (f"trigger-{number}" for number in itertools.count())
        self.store, self.intake = self.context.store, self.workers.intake
        self.admission = Admission(self.workers.people, self.workers.clock)
        self.live = AwsNow()  # Replaced by AWS's stand-in itself, like all that this harness makes up.
        self.app = self._app(self.intake)
        deps, clock = self._deps(self.intake), self.workers.clock
        pictures = Pictures(self.slack, self.waiting.append, clock, PictureBook(self.store, clock))
        self.outbox = Outbox(self.context, self.slack, lambda: "B0ORGBOT", lambda user: home_of(deps, user, pictures))

    def close(self) -> None:
        self.workers.close()

    def _deps(self, intake: Any) -> Dependencies:
        context = self.context
        return replace(
            super()._deps(intake),
            organization=lambda: self.workers.snapshot,
            refresh=self.workers.look_again,
            unread=lambda: NOT_YET,
            rules=lambda: self.workers.rules,
            may_decide=lambda click: may_decide(context, click),
            pending_for=lambda user: pending_for(context, user),
            may_ask=lambda user: may_ask(context, user),
            pick_shell=partial(pick, context, self.slack),
            clock=self.workers.clock,
            oversees=lambda user: oversees(context, user),
            reveal=Reveal(context, self.slack, self.waiting.append).show,
            sources=Sources(LiveAws(context.glancing or context.aws), self._respond, context.console),
            look_up=lambda _: self.workers.snapshot,
        )

    def _respond(self, url: str, body: dict[str, Any]) -> None:
        super()._respond(url, body)
        self.slack.private.append(body)
        self.slack.shows(f"Only {_name(self.slack.who)} sees", reading.message(body))

    def bind(self, number: int | None) -> None:
        """No log is kept."""

    # What people do.

    def says(self, who: str, text: str) -> None:
        """Somebody types `/org …` in #general."""
        self.slack.entries.append(Entry(f"{who.title()} types", [f"/org {text}".rstrip()]))
        self.slack.who = PEOPLE[who]
        answer = self.types(text, user=PEOPLE[who])
        if answer or self.blocks:
            body = {"text": answer, "blocks": self.blocks}
            self.slack.private.append(body)
            self.slack.shows(f"Only {_name(PEOPLE[who])} sees", reading.message(body))
        self.does()

    def clicks_on(self, who: str, label: str) -> None:
        """Somebody presses the newest button with this label, wherever it is."""
        place, element = self._button(label)
        self.slack.who = PEOPLE[who]
        self.slack.entries.append(Entry(f"{who.title()} presses [{label}]", reading.question(element)))
        value = element.get("value")
        at = (
            {"on": place["ts"], "channel": place["channel"]}
            if "ts" in place
            else {"on": PRIVATE, "channel": "C0GENERAL"}
        )
        self.presses(element["action_id"], value, user=PEOPLE[who], block=place.get("block", "b"), **at)
        self.does()

    def _button(self, label: str) -> tuple[Post, Post]:
        found = self._find(label)
        assert found, f"nobody can press “{label}”"
        return found

    def _find(self, label: str) -> tuple[Post, Post] | None:
        for place in (*reversed(self.slack.posts), *reversed(self.slack.private), *self.slack.homes.values()):
            for block in place.get("blocks") or ():
                for element in (*block.get("elements", ()), *filter(None, [block.get("accessory")])):
                    if element.get("type") == "button" and element["text"]["text"] == label:
                        return {**place, "block": block.get("block_id", "b")}, element
        return None

    def sends(self, who: str, **values: str) -> None:
        """Somebody sends the newest form."""
        self.slack.who = PEOPLE[who]
        number, view = self.slack.views[-1]
        given = [f"{name}: {value}" for name, value in values.items()]
        self.slack.entries.append(Entry(f"{who.title()} sends the form", given))
        errors = self.submits(view, values, user=PEOPLE[who], view_id=number)
        if errors:
            self.slack.shows("In the form", [f"{block}: {text}" for block, text in errors.items()])
        self.does()

    def opens(self, who: str) -> None:
        """Somebody opens the app's home tab."""
        self.slack.entries.append(Entry(f"{who.title()} opens the home tab"))
        self.opens_home(PEOPLE[who])
        self.does()

    # What follows.

    def does(self) -> None:
        """All that is due, until nothing is."""
        works = {kind.job.name: kind.work for kind in KINDS}
        for _ in range(200):
            while self.waiting:
                self.waiting.pop(0)()
            shared = Shared()
            with self.store.read() as session:
                due = list(due_jobs(session, self.workers.clock()))
            for kind, key in due:
                works[kind](self, key, shared)  # type: ignore[arg-type]
            if not due and not self.waiting:
                return
        raise AssertionError(f"these are due for ever: {due}")

    def passes(self, **time: float) -> None:
        """Lets time pass, from one thing that becomes due to the next."""
        end = self.workers.clock() + timedelta(**time)
        while self.workers.clock() < end:
            with self.store.read() as session:
                self.workers.clock.now = next_moment(session, self.workers.clock(), end)
            self._traveller.move_to(self.workers.clock.now, tick=False)
            self.does()

    def has(self, label: str) -> bool:
        """Whether there is a button with this label."""
        return self._find(label) is not None

    def meanwhile(self, what: str) -> None:
        """Something that happens without anybody in Slack."""
        self.slack.entries.append(Entry(what))


@contextmanager
def played(aws: AwsSandbox, delivery: Delivery = "dm") -> Iterator[Play]:
    """A play on an organization that begins anew, at a time of its own."""
    with time_machine.travel(BEGIN, tick=False) as traveller, mock.patch.object(aws, "_began", BEGIN):
        aws.reset()
        aws.conditions.creation_seconds = aws.conditions.closing_seconds = aws.conditions.policy_type_seconds = 3.0
        play = Play(aws, traveller, delivery)
        try:
            yield play
        finally:
            play.close()
