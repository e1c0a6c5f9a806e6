"""The demo's bot: started, killed and started again, and taken a day ahead."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Condition, Event, Thread

from sandbox.sandbox import BotDiedError, BotProcess, Process, Sandbox, execute

DEAD_SECONDS = 4.0
"""How long a killed bot stays away: long enough to see that nothing is answered, and to press a button meanwhile."""
DAY_SECONDS = 86_400
LOOK_SECONDS = 1.0


class Keeper:
    """Keeps one bot running. Whatever changes it happens in one thread at a time; `status` is for people.

    As soon as the status says that the bot is running, `bot` is the one that runs, and whatever changes it may happen again.
    """

    def __init__(self, place: Sandbox, furnish: Callable[[], None] = lambda: None, /, **settings: str) -> None:
        """`furnish` puts into AWS what it does not begin with, before each beginning."""
        self.place = place
        self._furnish = furnish
        self._settings = settings
        self._ahead = 0
        self._free = Condition()
        self._busy = False
        self._ends = Event()
        self._today, place.launch = place.launch, self._launch
        furnish()
        self.bot = place.start_bot(**settings)
        self.status = "running"

    def _launch(self, environment: dict[str, str], log: Path) -> Process:
        """As the place starts its bots, unless the clock has to be set forward."""
        if not self._ahead:
            return self._today(environment, log)
        return execute(environment, log, [sys.executable, "-m", "sandbox.panel.ahead", str(self._ahead)])

    def check(self) -> None:
        """Raises BotDiedError when the bot has ended by itself."""
        bot = self.bot
        if self.status == "running" and bot.process.poll() is not None and bot is self.bot and self.status == "running":
            raise BotDiedError(bot.last_words())

    def stop(self) -> None:
        """SIGTERM, for good."""
        self._ends.set()
        with self._free:
            self._free.wait_for(lambda: not self._busy)
            self.status = "stopped"
            self.bot.stop()

    def kill(self) -> bool:
        """SIGKILL; it starts again after a few seconds, in a thread. As with all three, whether it has begun: not while it starts."""
        return self._replace("killed", self._kill)

    def _kill(self) -> None:
        self.bot.kill()
        time.sleep(DEAD_SECONDS)

    def go_a_day_ahead(self) -> bool:
        """Slack, AWS and the bot are a day later: the bot starts again with its clock set forward."""
        return self._replace("starting", self._into_tomorrow)

    def _into_tomorrow(self) -> None:
        self.bot.stop()
        self._ahead += DAY_SECONDS
        self.place.aws.advance(days=1)
        self.place.slack.workspace.clock.advance(DAY_SECONDS)

    def begin_anew(self) -> bool:
        """As after the start: nothing was said in Slack, AWS has the organization of then, the database is gone."""
        return self._replace("starting", self._begin_anew)

    def _begin_anew(self) -> None:
        self.bot.kill()
        for file in self.place.folder.glob("orgbot.db*"):
            file.unlink()
        self.place.slack.faults.clear()
        self.place.slack.workspace.begin_anew()
        self.place.aws.reset()
        self._furnish()
        self._ahead = 0

    def _replace(self, status: str, end: Callable[[], None]) -> bool:
        """Ends the bot in this way and starts the next, in a thread; not while that is being done already."""
        with self._free:
            if self._busy:
                return False
            self._busy, self.status = True, status

        def do() -> None:
            bot = None
            try:
                end()
                self.status = "starting"
                bot = self._started()
            except BotDiedError:
                self.status = "stopped"
            finally:
                self._is_over(bot)

        Thread(target=do, name="keeper", daemon=True).start()
        return True

    def _started(self) -> BotProcess | None:
        """A bot that is ready, however long Slack is away meanwhile; None when everything ends before."""
        bot = self.place.launch_bot(**self._settings)
        while not self._ends.is_set():
            with suppress(TimeoutError):
                bot.wait_until_ready(LOOK_SECONDS)
                return bot
        bot.kill()
        return None

    def _is_over(self, bot: BotProcess | None) -> None:
        """The next bot is the one that is kept; None where it did not start."""
        with self._free:
            self._busy = False
            if bot is not None:
                self.bot, self.status = bot, "running"
            self._free.notify_all()
