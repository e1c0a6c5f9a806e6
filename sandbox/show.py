"""`orgbot sandbox`: starts the sandbox and the bot, says where the page is, and stays until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from sandbox.panel.api import PanelApi
from sandbox.panel.keeper import Keeper
from sandbox.sandbox import BotDiedError, Sandbox, sandbox
from sandbox.story import Story


class AskedToStop(BaseException):
    """Ctrl-C or SIGTERM: everything is ended in order, wherever the sandbox is just now."""


ACCOUNTS_A_UNIT = 20
RULES = Path(__file__).parent / "rules.toml"


@dataclass(frozen=True)
class Wishes:
    """What the command line asks of the demo; `accounts` is how many there are besides the five of the cast."""

    play: bool = False
    port: int = 0
    rules: Path = RULES
    reveal: bool = False
    accounts: int = 0

    def settings(self) -> dict[str, str]:
        """The bot's, besides those that every sandbox has."""
        delivery = {"ORGBOT_CREDENTIALS_DELIVERY": "reveal"} if self.reveal else {}
        return {"ORGBOT_RULES": str(self.rules.resolve()), "ORGBOT_LOG_FORMAT": "console", **delivery}

    def furnish(self, place: Sandbox) -> None:
        """Makes the organization as large as is wished."""
        if self.accounts:
            place.aws.grow(self.accounts, ous=max(1, self.accounts // ACCOUNTS_A_UNIT))


def run_sandbox(wishes: Wishes) -> int:
    """The exit code: 0, or 1 when the bot or the story failed."""
    _when_asked(_stop)
    try:
        with sandbox(port=0 if wishes.play else wishes.port) as place:
            return _with_bot(place, wishes)
    except AskedToStop:
        return 0
    except OSError as error:
        _say(f"The page cannot be served on port {wishes.port}: {error}. Give another one: make demo PORT=3200")
    except BotDiedError as error:
        _say(f"The bot has ended by itself. Its last words:\n{error}")
    except (AssertionError, TimeoutError) as error:
        _say(f"The story did not come true: {error}")
    return 1


def _stop(_: int, __: FrameType | None) -> None:
    """The first Ctrl-C lets the bot finish what it does; the second waits for nobody."""
    _when_asked(_stop_at_once)
    raise AskedToStop


def _stop_at_once(_: int, __: FrameType | None) -> None:
    _when_asked(signal.SIG_IGN)
    raise AskedToStop


def _when_asked(do: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, do)


def _with_bot(place: Sandbox, wishes: Wishes) -> int:
    _say("Starting Slack's and AWS's stand-ins and the bot …")
    keeper = Keeper(place, lambda: wishes.furnish(place), **wishes.settings())
    try:
        return _play(place) if wishes.play else _stay(keeper)
    except AskedToStop:
        _say("Stopping … (Ctrl-C once more ends it at once)")
        raise
    finally:
        keeper.stop()


def _play(place: Sandbox) -> int:
    Story(place, _say).play()
    _say("The whole story came true.")
    return 0


def _stay(keeper: Keeper) -> int:
    place = keeper.place
    place.slack.put_beside(PanelApi(keeper).routes())
    _say(f"\n  Open {place.slack.page_url} in your browser.\n")
    _say(
        "  You are Alice: type /org create-account in #general. Then switch to Bob, and press Approve in #aws-approvals."
    )
    _say("  Behind the scenes, at the top of the page: AWS as it is, buttons that break things, scenes to watch.")
    _say(f"  The bot's log: {place.folder / 'orgbot.log'}    Ctrl-C ends everything; nothing is kept.\n")
    while True:
        keeper.check()
        time.sleep(0.5)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
