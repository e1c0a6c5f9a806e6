"""Who somebody is and whether they may act, read from Slack at the moment it matters.

Source: Slack API, "users.info", "usergroups.users.list", "conversations.members", "users.lookupByEmail", "User object".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from approvals.slack.client import SlackAmbiguousError, SlackAwayError, SlackBusyError, SlackRefusedError, call

UNKNOWN_ERRORS = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
REMEMBERED = timedelta(seconds=30)
REMEMBERED_PERSON = timedelta(minutes=5)
PAGE = 500
Told = TypeVar("Told")


@dataclass(frozen=True)
class Person:
    """A Slack user; `key` is the one identity behind all their accounts: the e-mail address, else the user id."""

    user: str
    team: str
    key: str
    name: str
    is_bot: bool = False
    deactivated: bool = False
    guest: bool = False
    known: bool = True

    def objection(self, own_team: str) -> str:
        """Why this person may not act at all, as a sentence; empty when they may."""
        reasons = (
            (not self.known, "Slack does not know this user"),
            (bool(self.team) and self.team != own_team, "people of other workspaces cannot ask or decide here"),
            (self.deactivated, "this user is deactivated"),
            (self.is_bot, "apps cannot ask or decide"),
            (self.guest, "guests cannot ask or decide"),
        )
        return next((sentence for applies, sentence in reasons if applies), "")


class Directory:
    """Looks people up in Slack; nothing is remembered, because a membership may change between two clicks."""

    def __init__(self, slack: WebClient) -> None:
        self._slack = slack

    def look(self, user: str) -> Person:
        """The person behind a user id as Slack knows them now; raises SlackAwayError."""
        try:
            found: dict[str, Any] = self._slack.users_info(user=user)["user"]
        except SlackApiError as error:
            if _code(error) in UNKNOWN_ERRORS:
                return Person(user, "", user, user, known=False)
            raise SlackAwayError(f"users.info: {_code(error)}") from error
        except Exception as error:
            raise SlackAwayError(f"users.info: {type(error).__name__}") from error
        return _person(user, found)

    def among(self, person: Person, approvers: Iterable[str]) -> bool:
        """Whether `approvers` (user ids, user group ids, e-mails) name this person; raises SlackAwayError."""
        named = list(approvers)
        if person.user in named or person.key in {word.casefold() for word in named if "@" in word}:
            return True
        return any(person.user in self.members(group) for group in named if group.startswith("S"))

    def members(self, group: str) -> list[str]:
        """The user ids of a user group, none when there is no such group; raises SlackAwayError."""
        try:
            return list(self._slack.usergroups_users_list(usergroup=group)["users"])
        except SlackApiError as error:
            if _code(error) in {"no_such_subteam", "subteam_not_found"}:
                return []
            raise SlackAwayError(f"usergroups.users.list: {_code(error)}") from error
        except Exception as error:
            raise SlackAwayError(f"usergroups.users.list: {type(error).__name__}") from error

    def in_channel(self, channel: str) -> set[str]:
        """The user ids of a channel's members; raises SlackAwayError."""
        found: set[str] = set()
        cursor = ""
        while True:
            answer = self._asked("conversations.members", channel=channel, limit=PAGE, cursor=cursor)
            found.update(answer["members"])
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return found

    def by_email(self, email: str) -> str:
        """The user id behind an e-mail address, empty when there is none; raises SlackAwayError."""
        answer = self._asked("users.lookupByEmail", but=UNKNOWN_ERRORS, email=email)
        return str(answer["user"]["id"]) if answer else ""

    def _asked(self, method: str, but: Collection[str] = (), **params: Any) -> dict[str, Any]:
        """Slack's answer; nothing for an error among `but`; raises SlackAwayError."""
        try:
            return call(self._slack, method, **params)
        except SlackRefusedError as error:
            if error.code in but:
                return {}
            raise SlackAwayError(str(error)) from error
        except (SlackBusyError, SlackAmbiguousError) as error:
            raise SlackAwayError(str(error)) from error


class CachedDirectory(Directory):
    """People for what is only shown or told: what Slack said is remembered for a while, a group's members for a moment.

    Slack tells groups 20 times a minute and people 100 times, and each card names them.
    """

    def __init__(self, slack: WebClient, clock: Callable[[], datetime]) -> None:
        super().__init__(slack)
        self._clock = clock
        self._known: dict[str, tuple[datetime, Any]] = {}

    def members(self, group: str) -> list[str]:
        """As above, at most half a minute old."""
        return self._remembered(f"members of {group}", REMEMBERED, lambda: Directory.members(self, group))

    def look(self, user: str) -> Person:
        """As above, at most five minutes old."""
        return self._remembered(f"user {user}", REMEMBERED_PERSON, lambda: Directory.look(self, user))

    def by_email(self, email: str) -> str:
        """As above, at most five minutes old."""
        return self._remembered(f"address {email}", REMEMBERED_PERSON, lambda: Directory.by_email(self, email))

    def _remembered(self, what: str, age: timedelta, ask: Callable[[], Told]) -> Told:
        now = self._clock()
        told_at, told = self._known.get(what, (None, None))
        if told_at is None or now - told_at > age:
            told = ask()
            self._known[what] = (now, told)
        return cast("Told", told)


def _person(user: str, found: dict[str, Any]) -> Person:
    profile = found.get("profile", {})
    email = str(profile.get("email") or "").casefold()
    return Person(
        user=user,
        team=str(found.get("team_id", "")),
        key=email or user,
        name=str(profile.get("real_name") or found.get("real_name") or found.get("name") or user),
        is_bot=bool(found.get("is_bot")) or user == "USLACKBOT",
        deactivated=bool(found.get("deleted")),
        guest=bool(found.get("is_restricted") or found.get("is_ultra_restricted")),
    )


def _code(error: SlackApiError) -> str:
    return str(error.response.get("error") or "no answer") if error.response is not None else "no answer"
