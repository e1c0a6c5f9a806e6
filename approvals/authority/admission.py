"""Who may see anything of the organization or of requests: full members, as Slack has told lately.

While Slack waits for an answer it cannot be asked who somebody is. What it told is therefore remembered for some minutes, for
showing only: whoever asks for something or decides is looked up anew. Where Slack does not tell, nothing is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from approvals.authority.directory import Directory, Person
from approvals.slack.client import SlackAwayError
from approvals.slack.codes import meaning
from operations.snapshot.names import capital

LATELY = timedelta(minutes=5)
REFUSED = "orgbot can't look up who you are, so nothing is shown."
UNTOLD = "Slack doesn't say who you are just now, so nothing is shown. Try again in a moment."


class Admission:
    """Remembers who may see something; `people` has to answer soon, because a form opens within 3 s or not at all."""

    def __init__(self, people: Directory, clock: Callable[[], datetime]) -> None:
        self._people = people
        self._clock = clock
        self._told: dict[str, tuple[datetime, Person]] = {}

    def lately(self, user: str, team: str = "") -> str | None:
        """Why this person may see nothing, as a sentence; empty when they may; None when Slack has to be asked first.

        `team` is the workspace that a command or click came from; on Enterprise Grid it may be any of the person's.
        """
        at, person = self._told.get(user, (None, None))
        if at is None or person is None or self._clock() - at > LATELY:
            return None
        return str(self._people.stranger(person, team) or "")

    def now(self, user: str, team: str = "") -> str:
        """The same, after asking Slack where it has told nothing lately; for workers. Raises SlackAwayError."""
        known = self.lately(user, team)
        if known is not None:
            return known
        person = self._people.look(user)
        self._told[user] = (self._clock(), person)
        return str(self._people.stranger(person, team) or "")

    def learn(self, run: Callable[[Callable[[], None]], None], user: str, team: str = "") -> None:
        """Has a worker ask Slack who somebody is, so that their next answer need not wait for it."""

        def ask() -> None:
            self.unwelcome(user, team)

        run(ask)

    def is_home(self, team: str) -> bool:
        """Whether this is the workspace in which the bot is installed, so that whoever comes from it is likely a member."""
        return team == self._people.here().team

    def unwelcome(self, user: str, team: str = "") -> str:
        """The same in any case: when Slack does not tell, that is why nothing is shown; for workers."""
        try:
            return self.now(user, team)
        except SlackAwayError as error:
            return f"{REFUSED} {capital(meaning(error.to_mend))}." if error.to_mend else UNTOLD
