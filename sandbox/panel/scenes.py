"""Scenes: a few minutes of an organization's life, played at one press while somebody watches the page.

The people do what people do (they type, press and send forms); the bot is not told that it is a scene.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from sandbox.panel import organization
from sandbox.panel.buttons import ANYWHERE, HOME, WANDERER, answer_invitation
from sandbox.panel.keeper import Keeper
from sandbox.slack.person import Person

Message = dict[str, Any]
APPROVALS = "aws-approvals"
PATIENCE = 60.0
NUMBER, LOUD = re.compile(r"#(\d+) "), ":rotating_light:"
SECONDS_A_WORD, FEWEST_WORDS = 0.3, 8
"""How long a line stands before the next: people read it, and look at what it is about."""


@dataclass
class Line:
    """What has just happened, and where the page shows it: a person's id, a channel's id, a thread."""

    text: str
    who: str = ""
    channel: str = ""
    thread: str = ""


@dataclass
class Stage:
    """One scene being played; `lines` are for the watcher, who needs a moment after each: `pause` seconds a word."""

    keeper: Keeper
    pause: float = SECONDS_A_WORD
    lines: list[Line] = field(default_factory=list)
    is_over: bool = False

    def person(self, name: str) -> Person:
        return self.keeper.place.slack.person(name)

    def tell(self, text: str, who: str = "", message: Message | None = None) -> None:
        """A line, and the page goes there."""
        at = self.person(who).id if who else ""
        found = message or {}
        self.lines.append(Line(text, at, found.get("channel", ""), found.get("thread_ts") or found.get("ts", "")))
        time.sleep(self.pause * max(FEWEST_WORDS, len(text.split())))

    def asks(self, who: str, command: str) -> Message:
        """Types a command into #general; the card of the request that comes of it."""
        before = self.newest()
        self.lines.append(Line(f"{who.title()} types {command}", self.person(who).id, "C0GENERAL"))
        self.person(who).types(command)
        return self.card_after(before)

    def newest(self) -> int:
        """The highest number of a request in the approval channel."""
        return max(self._cards(), default=0)

    def card_after(self, number: int) -> Message:
        """The card of the next request, once it is there."""
        card: Message = self.wait(lambda: self._cards().get(number + 1), "the card in #aws-approvals")
        return card

    def _cards(self) -> dict[int, Message]:
        found = ((NUMBER.search(one["text"]), one) for one in self.keeper.place.slack.messages(APPROVALS))
        return {int(number[1]): one for number, one in found if number and not one["text"].startswith(LOUD)}

    def presses(self, who: str, button: str, message: Message) -> None:
        """Presses a button, once the message or its thread has it."""
        now = self.wait(lambda: self._with(button, message), f"“{button}”")
        self.tell(f"{who.title()} presses {button}.", who, now)
        self.person(who).clicks(button, now)

    def _with(self, button: str, message: Message) -> Message | None:
        slack = self.keeper.place.slack
        found = [
            one for one in (slack.message(message), *slack.replies(message)) if f"'{button}'" in str(one["blocks"])
        ]
        return found[-1] if found else None

    def until(self, words: str, message: Message) -> Message:
        """The message once it, or its thread, has these words."""
        slack = self.keeper.place.slack
        self.wait(lambda: words in str([slack.message(message), *slack.replies(message)]), f"“{words}”")
        return slack.message(message)

    def wait(self, found: Callable[[], Any], what: str) -> Any:
        return self.keeper.place.slack.wait_for(found, PATIENCE, what)


@dataclass(frozen=True)
class Scene:
    """Its name, what stands on its button, and what is played."""

    name: str
    label: str
    play: Callable[[Stage], None]


def killed(stage: Stage) -> None:
    name, card = _account_asked_for(stage)
    stage.presses("bob", "Approve", card)
    stage.wait(lambda: _creations(stage, name), "CreateAccount")
    stage.wait(stage.keeper.kill, "the bot")
    stage.tell("The bot was killed just after it had asked AWS for the account.", "alice", card)
    done = stage.until("Done", card)
    stage.tell(
        f"A new process looked in AWS, found the account being made, and went on. {_count(stage, name)}", "alice", done
    )


def answer_lost(stage: Stage) -> None:
    name, card = _account_asked_for(stage)
    stage.keeper.place.aws.faults.add(kind="drop-after", changes=True)
    stage.tell("AWS will carry out the next change, and its answer will be lost.", "bob", card)
    stage.presses("bob", "Approve", card)
    done = stage.until("Done", card)
    stage.tell(
        f"The bot did not know whether the account was being made. It looked in AWS before it went on. {_count(stage, name)}",
        "alice",
        done,
    )


def _account_asked_for(stage: Stage) -> tuple[str, Message]:
    """Its name, and the card of the request."""
    name = f"trial-{time.monotonic_ns() % 100_000}"
    words = f'--name {name} --email {name}@example.com --ou /Workloads/Staging --reason "Once, whatever happens"'
    return name, stage.asks("alice", f"/org create-account {words}")


def _creations(stage: Stage, name: str) -> int:
    """How often AWS was asked for this account."""
    calls = stage.keeper.place.aws.calls.of("CreateAccount")
    return sum(call.params.get("AccountName") == name for call in calls)


def _count(stage: Stage, name: str) -> str:
    count = _creations(stage, name)
    return f"CreateAccount was called {'once' if count == 1 else f'{count} times'}."


def what_would_it_hit(stage: Stage) -> None:
    card = stage.asks(
        "alice", '/org attach-policy --policy RestrictRegions --target /Security --reason "Same Regions everywhere"'
    )
    stage.tell(
        "Before anybody decides, the card says which accounts the policy reaches, and what changes for them.",
        "bob",
        card,
    )
    stage.presses("alice", "Cancel request", card)
    stage.tell("Alice has seen enough and cancels it.", "alice", card)


def two_groups(stage: Stage) -> None:
    command = f'/org tag-account --account fullback-production-web --tag round={time.monotonic_ns() % 1000} --reason "Two groups decide"'
    card = stage.asks("alice", command)
    stage.tell("Production needs two approvals, one of them by @aws-security.", "bob", card)
    stage.presses("bob", "Approve", card)
    stage.presses("carol", "Approve", card)
    stage.tell("Both have approved, so it has been done.", "alice", stage.until("Done", card))


def credentials(stage: Stage) -> None:
    card = stage.asks(
        "alice", '/org credentials --account fullback-staging-web --duration 1h --reason "Look at the logs"'
    )
    stage.presses("bob", "Approve", card)
    stage.until("Done", card)
    alice = stage.person("alice")
    told = stage.wait(lambda: next(one for one in reversed(alice.dms) if "End session" in str(one)), "the credentials")
    stage.tell("Alice has the credentials in a direct message, which is deleted when they expire.", "alice", told)
    stage.presses("alice", "End session", told)
    stage.until("ended", card)
    stage.tell("The session is ended: AWS denies its calls from now on.", "alice", card)


def break_glass(stage: Stage) -> None:
    bob = stage.person("bob")
    before = stage.newest()
    command = (
        f"/org tag-account --account fullback-production-web --tag incident={time.monotonic_ns() % 1000} --break-glass"
    )
    stage.tell(f"Bob is on call and types {command}", "bob")
    bob.types(command)
    stage.wait(lambda: bob.view, "the confirmation")
    bob.fills({"Type tag-account to confirm": "tag-account", "Reason": "Production is down"})
    bob.submits()
    card = stage.card_after(before)
    stage.tell("It has started without an approval, and the channel knows.", "bob", stage.until("Done", card))
    stage.presses("carol", "I have reviewed this", card)
    stage.tell("Somebody else has signed the review; the audit has both.", "carol", stage.until("Reviewed by", card))


def undo(stage: Stage) -> None:
    name = f"Trial-{time.monotonic_ns() % 1000}"
    card = stage.asks("alice", f'/org create-ou --name {name} --parent /Workloads --reason "A place to try"')
    stage.presses("bob", "Approve", card)
    done = stage.until("Done", card)
    stage.tell(f"/Workloads/{name} is there.", "alice", done)
    before = stage.newest()
    stage.presses("alice", "Undo", done)
    undoing = stage.card_after(before)
    stage.presses("bob", "Approve", undoing)
    stage.tell(f"/Workloads/{name} is gone again.", "alice", stage.until("Done", undoing))


def gone_stale(stage: Stage) -> None:
    card = stage.asks("alice", f'/org move-account --account {WANDERER} --to /Workloads --reason "Tidy up"')
    stage.tell("While the card waits, somebody moves the account in AWS's console.", "bob", card)
    organization.move(WANDERER, HOME, ANYWHERE)
    stage.presses("bob", "Approve", card)
    stage.tell(
        "What Bob approved is no longer what would happen, so nothing was changed.",
        "bob",
        stage.until("Out of date", card),
    )


def invitation(stage: Stage) -> None:
    card = stage.asks("alice", '/org invite-account --account 666666666666 --ou /Workloads --reason "We bought them"')
    stage.presses("bob", "Approve", card)
    invited = stage.wait(organization.invitations, "the invitation")
    stage.tell("The invitation is out. The request waits for the account's answer, for 15 days.", "alice", card)
    stage.tell(answer_invitation(stage.keeper, invited[0]["id"], accept=True), "alice", card)
    stage.tell("The account is a member, and where it belongs.", "alice", stage.until("Done", card))


SCENES = (
    Scene("killed", "Killed half-way: one account", killed),
    Scene("lost", "AWS's answer lost: one account", answer_lost),
    Scene("hit", "What would this policy hit?", what_would_it_hit),
    Scene("groups", "Two approvers of two groups", two_groups),
    Scene("credentials", "Credentials for an hour, ended early", credentials),
    Scene("glass", "Break glass, and its review", break_glass),
    Scene("undo", "Undo", undo),
    Scene("stale", "A request gone out of date", gone_stale),
    Scene("invitation", "An invitation", invitation),
)


class Theatre:
    """Plays one scene at a time, in a thread."""

    def __init__(self, keeper: Keeper, pause: float = SECONDS_A_WORD) -> None:
        self._keeper = keeper
        self._pause = pause
        self.stage: Stage | None = None

    @property
    def is_busy(self) -> bool:
        return self.stage is not None and not self.stage.is_over

    def play(self, name: str) -> None:
        """Begins a scene, unless one is being played; raises KeyError for an unknown one."""
        scene = {scene.name: scene for scene in SCENES}[name]
        if not self.is_busy:
            self.stage = Stage(self._keeper, self._pause)
            Thread(target=act, args=(scene, self.stage), name=f"scene {name}", daemon=True).start()


def act(scene: Scene, stage: Stage) -> None:
    """Plays it to its end; what goes wrong is a line like any other."""
    try:
        scene.play(stage)
    except Exception as error:  # noqa: BLE001 - Whoever pressed other buttons meanwhile gets a sentence.
        stage.lines.append(
            Line(f"The scene stopped here: {str(error).splitlines()[0]} “Begin anew” puts everything back.")
        )
    finally:
        stage.is_over = True
