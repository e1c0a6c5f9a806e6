"""The people of the tests' workspace, as Slack would tell of them."""

from __future__ import annotations

from approvals.authority.directory import Directory, Person, Workspace
from approvals.slack.client import SlackAwayError

TEAM = "T0ORGBOT"
ALICE, BOB, CAROL, DAVE = "U0ALICE", "U0BOB", "U0CAROL", "U0DAVE"


class KnownPeople(Directory):
    """People as Slack would tell them; tests change the dictionary."""

    def __init__(self) -> None:
        self.here = lambda: Workspace(TEAM)
        everybody = {ALICE: "alice", BOB: "bob", CAROL: "carol", DAVE: "dave"}
        self.people = {user: Person(user, TEAM, f"{name}@example.com", name) for user, name in everybody.items()}
        self.channel = set(self.people)
        self.groups: dict[str, list[str]] = {}
        self.away = False

    def look(self, user: str) -> Person:
        return self.people.get(user) or Person(user, "", user, user, known=False)

    def members(self, group: str) -> list[str]:
        return self.groups.get(group, [])

    def _members(self, group: str) -> list[str]:
        return self.groups.get(group, [])

    def by_email(self, email: str) -> str:
        return next((user for user, person in self.people.items() if person.key == email), "")

    def in_channel(self, channel: str) -> set[str]:
        if self.away:
            raise SlackAwayError("conversations.members")
        return self.channel
