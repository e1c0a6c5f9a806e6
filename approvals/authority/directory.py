"""Who somebody is and whether they are a member, read from Slack at the moment it matters.

On Enterprise Grid one person is in several workspaces, and what they do may come from any of them; with Slack Connect people
of other companies are in the same channels, and stay strangers.
Source: Slack API, "users.info", "usergroups.users.list", "conversations.members", "users.lookupByEmail", "User object"
(`enterprise_user`, `is_stranger`), "auth.test" (`enterprise_id`, `is_enterprise_install`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar, cast

from cachetools import LRUCache
from slack_sdk import WebClient

from approvals.slack.client import SlackAmbiguousError, SlackAwayError, SlackBusyError, SlackRefusedError, call
from approvals.slack.named import Aliases, Named

UNKNOWN_ERRORS = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
NO_GROUP = frozenset({"no_such_subteam", "subteam_not_found"})
REMEMBERED = timedelta(seconds=30)
REMEMBERED_PERSON = timedelta(minutes=5)
MOST_REMEMBERED = 10_000
PAGE = 500
Told = TypeVar("Told")


class Stranger(StrEnum):
    """Why somebody is no member; the value is what they are told, and all that they are told."""

    UNKNOWN = "orgbot isn't available to accounts that Slack doesn't know."
    FOREIGN = "orgbot isn't available to people of other workspaces."
    DEACTIVATED = "orgbot isn't available to deactivated accounts."
    APP = "orgbot isn't available to apps."
    GUEST = "orgbot isn't available to guest accounts."

    @property
    def about(self) -> str:
        """The same as others read it, behind the person's name: `is a guest`."""
        return {
            Stranger.UNKNOWN: "is unknown to Slack",
            Stranger.FOREIGN: "belongs to another workspace",
            Stranger.DEACTIVATED: "is deactivated",
            Stranger.APP: "is an app",
            Stranger.GUEST: "is a guest",
        }[self]


@dataclass(frozen=True)
class Workspace:
    """Where the bot is installed. `enterprise` is the Enterprise Grid organization, if there is one; `whole` says that the
    bot is installed for all of its workspaces.
    """

    team: str
    enterprise: str = ""
    whole: bool = False

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Workspace:
        """As auth.test tells it."""
        whole = bool(answer.get("is_enterprise_install"))
        return cls(str(answer.get("team_id") or ""), str(answer.get("enterprise_id") or ""), whole)


@dataclass(frozen=True)
class Person:
    """A Slack user; `key` is the e-mail address in lower case, else the user id.

    `teams` are the workspaces of the Enterprise Grid organization `enterprise` to which they belong; `outside` is Slack's word
    that they belong to none that the bot can see.
    """

    user: str
    team: str
    key: str
    name: str
    is_bot: bool = False
    deactivated: bool = False
    guest: bool = False
    known: bool = True
    teams: frozenset[str] = frozenset()
    enterprise: str = ""
    outside: bool = False

    @property
    def aliases(self) -> Aliases:
        """By what this person is known today."""
        return Aliases.of(self.user, self.key)

    def stranger_to(self, here: Workspace, via: str = "") -> Stranger | None:
        """Why they are no member here, None when they are; `via` is the workspace that a click or command came from."""
        reasons = (
            (not self.known, Stranger.UNKNOWN),
            (not self._belongs(here) or not self._comes(here, via), Stranger.FOREIGN),
            (self.deactivated, Stranger.DEACTIVATED),
            (self.is_bot, Stranger.APP),
            (self.guest, Stranger.GUEST),
        )
        return next((stranger for applies, stranger in reasons if applies), None)

    def _belongs(self, here: Workspace) -> bool:
        if self.outside:
            return False
        everywhere = here.whole and bool(here.enterprise) and here.enterprise == self.enterprise
        told = self.team or self.teams or self.enterprise
        return everywhere or not told or bool(here.team and here.team in {self.team, *self.teams})

    def _comes(self, here: Workspace, via: str) -> bool:
        """User ids are unique within one company only, so that a foreign workspace's click may carry a member's."""
        return not via or via in {here.team, self.team, *self.teams} or (via == self.enterprise == here.enterprise)


class NotAMemberError(Exception):
    """Somebody has nothing to ask or to decide here; the text is what they are told."""

    def __init__(self, person: Person, stranger: Stranger) -> None:
        super().__init__(stranger.value)
        self.person = person
        self.stranger = stranger


class Directory:
    """Looks people up in Slack; nothing is remembered, because a membership may change between two clicks.

    `here` tells where the bot is installed.
    """

    here: Callable[[], Workspace]

    def __init__(self, slack: WebClient, here: Callable[[], Workspace]) -> None:
        self._slack = slack
        self.here = here

    def after(self, moment: datetime) -> Directory:
        """People for one decision that was asked for at `moment`: what Slack has told since then need not be asked again."""
        del moment
        return self

    def member(self, user: str, via: str = "") -> Person:
        """The person behind a user id, when they are a full member of the bot's workspace as Slack knows them now.

        `via` is the workspace that a click or command came from. Raises NotAMemberError and SlackAwayError.
        """
        person = self.look(user)
        stranger = self.stranger(person, via)
        if stranger:
            raise NotAMemberError(person, stranger)
        return person

    def stranger(self, person: Person, via: str = "") -> Stranger | None:
        """Why this person is no member; None when they are."""
        return person.stranger_to(self.here(), via)

    def look(self, user: str) -> Person:
        """The person behind a user id as Slack knows them now; raises SlackAwayError."""
        found = self._asked("users.info", "user", but=UNKNOWN_ERRORS, user=user)
        return _person(user, found) if found else Person(user, "", user, user, known=False)

    def among(self, person: Person, approvers: Iterable[str]) -> bool:
        """Whether `approvers` (user ids, user group ids, e-mails) name this person; raises SlackAwayError."""
        named = [Named(word) for word in approvers]
        if any(person.aliases.has(name.word) for name in named if not name.is_group):
            return True
        return any(person.user in self.members(name.word) for name in named if name.is_group)

    def users(self, word: str) -> list[str]:
        """The user ids that a word of a rule stands for, none when Slack knows nobody by it; raises SlackAwayError."""
        named = Named(word)
        if named.is_group:
            return self.members(word)
        found = self.by_email(word) if named.is_address else word
        return [found] if found else []

    def members(self, group: str) -> list[str]:
        """The user ids of a user group, none when there is no such group; raises SlackAwayError."""
        return list(self._asked("usergroups.users.list", "users", but=NO_GROUP, usergroup=group) or ())

    def in_channel(self, channel: str) -> set[str]:
        """The user ids of a channel's members; raises SlackAwayError."""
        found: set[str] = set()
        cursor = ""
        while True:
            answer = self._told("conversations.members", channel=channel, limit=PAGE, cursor=cursor)
            found.update(answer["members"])
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return found

    def by_email(self, email: str) -> str:
        """The user id behind an e-mail address, empty when there is none; raises SlackAwayError."""
        found = self._asked("users.lookupByEmail", "user", but=UNKNOWN_ERRORS, email=email)
        return str(found["id"]) if found else ""

    def _asked(self, method: str, part: str, but: Collection[str], **params: Any) -> Any:
        """A part of Slack's answer; None for a code among `but`; raises SlackAwayError."""
        try:
            return self._told(method, **params)[part]
        except SlackAwayError as error:
            if error.refused and error.refused.code in but:
                return None
            raise

    def _told(self, method: str, **params: Any) -> dict[str, Any]:
        try:
            return call(self._slack, method, **params)
        except SlackRefusedError as error:
            raise SlackAwayError(str(error), error) from error
        except (SlackBusyError, SlackAmbiguousError) as error:
            raise SlackAwayError(str(error)) from error


class Memory:
    """What Slack has told, and when it was asked. Whoever asks the same at the same time waits for one answer."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._told: LRUCache[str, tuple[datetime, Any]] = LRUCache(MOST_REMEMBERED)
        self._asking: LRUCache[str, threading.Lock] = LRUCache(MOST_REMEMBERED)
        self._lock = threading.Lock()

    def told(self, what: str, since: datetime, ask: Callable[[], Told]) -> Told:
        """The answer to a question that was asked at `since` or later, asked now when there is none."""
        with self._lock:
            asking = self._asking.setdefault(what, threading.Lock())
        with asking:
            with self._lock:
                asked_at, told = self._told.get(what, (None, None))
            if asked_at is None or asked_at < since:
                asked_at, told = self.clock(), ask()
                with self._lock:
                    self._told[what] = (asked_at, told)
        return cast("Told", told)


class CachedDirectory(Directory):
    """People for what is only shown or told: what Slack said is remembered for five minutes, a group's members for half a minute.

    Slack tells groups 20 times a minute and people 100 times, and each card names them. `_since(age)` is when a question has to
    have been asked at the earliest, `age` how long its answers may be kept.
    """

    def __init__(self, slack: WebClient, here: Callable[[], Workspace], memory: Memory) -> None:
        super().__init__(slack, here)
        self._memory = memory

    def _since(self, age: timedelta) -> datetime:
        return self._memory.clock() - age

    def members(self, group: str) -> list[str]:
        return self._memory.told(f"members of {group}", self._since(REMEMBERED), lambda: Directory.members(self, group))

    def look(self, user: str) -> Person:
        return self._memory.told(f"user {user}", self._since(REMEMBERED_PERSON), lambda: Directory.look(self, user))

    def by_email(self, email: str) -> str:
        since = self._since(REMEMBERED_PERSON)
        return self._memory.told(f"address {email}", since, lambda: Directory.by_email(self, email))


class SharedDirectory(Directory):
    """People for decisions, looked up anew each time; many decisions at once are answered by one question (`after`)."""

    def __init__(self, slack: WebClient, here: Callable[[], Workspace], memory: Memory) -> None:
        super().__init__(slack, here)
        self._memory = memory

    def after(self, moment: datetime) -> Directory:
        """People as Slack knew them at `moment` or later, and half a minute ago at the most."""
        return _PeopleAfter(self._slack, self.here, self._memory, moment)


class _PeopleAfter(CachedDirectory):
    def __init__(self, slack: WebClient, here: Callable[[], Workspace], memory: Memory, moment: datetime) -> None:
        super().__init__(slack, here, memory)
        self._moment = moment

    def _since(self, age: timedelta) -> datetime:
        del age
        return max(self._moment, self._memory.clock() - REMEMBERED)


def _person(user: str, found: dict[str, Any]) -> Person:
    profile = found.get("profile") or {}
    email = str(profile.get("email") or "").casefold()
    grid = found.get("enterprise_user") or {}
    return Person(
        user=user,
        team=str(found.get("team_id") or ""),
        key=email or user,
        name=str(profile.get("real_name") or found.get("real_name") or found.get("name") or user),
        is_bot=bool(found.get("is_bot")) or user == "USLACKBOT",
        deactivated=bool(found.get("deleted")),
        guest=bool(found.get("is_restricted") or found.get("is_ultra_restricted")),
        teams=frozenset(map(str, grid.get("teams") or ())),
        enterprise=str(grid.get("enterprise_id") or found.get("enterprise_id") or ""),
        outside=bool(found.get("is_stranger")),
    )
