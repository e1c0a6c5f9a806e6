"""Who may see anything of the organization or of requests: full members of the bot's own workspace, as Slack has told lately.

While Slack waits for an answer it cannot be asked who somebody is. What it told is therefore remembered for some minutes, for
showing only: whoever asks for something or decides is looked up anew. Where Slack does not tell, nothing is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from approvals.authority.directory import Directory
from approvals.slack.client import SlackAwayError

LATELY = timedelta(minutes=5)
FOREIGN = "People of other workspaces cannot use this bot."
UNTOLD = "Slack does not tell who you are just now, so nothing is shown. Please try again in a moment."


class Admission:
    """Remembers who may see something; `people` has to answer soon, because a form opens within 3 s or not at all."""

    def __init__(self, people: Directory, team: Callable[[], str], clock: Callable[[], datetime]) -> None:
        self._people = people
        self._team = team
        self._clock = clock
        self._told: dict[str, tuple[datetime, str]] = {}

    def lately(self, user: str, team: str) -> str | None:
        """Why this person may see nothing, as a sentence; empty when they may; None when Slack has to be asked first."""
        if team != self._team():
            return FOREIGN
        at, sentence = self._told.get(user, (None, ""))
        return None if at is None or self._clock() - at > LATELY else sentence

    def now(self, user: str, team: str) -> str:
        """The same, after asking Slack where it has told nothing lately; for workers. Raises SlackAwayError."""
        known = self.lately(user, team)
        if known is not None:
            return known
        objection = self._people.look(user).objection(self._team())
        sentence = f"{objection[0].upper()}{objection[1:]}, so nothing is shown." if objection else ""
        self._told[user] = (self._clock(), sentence)
        return sentence

    def unwelcome(self, user: str, team: str) -> str:
        """The same in any case: when Slack does not tell, that is why nothing is shown; for workers."""
        try:
            return self.now(user, team)
        except SlackAwayError:
            return UNTOLD
