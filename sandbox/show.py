"""`orgbot sandbox`: starts the sandbox and the bot, says where the page is, and stays until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from sandbox.sandbox import BotDiedError, BotProcess, Sandbox, sandbox
from sandbox.story import Story


class AskedToStop(BaseException):
    """Ctrl-C or SIGTERM: everything is ended in order, wherever the sandbox is just now."""


def run_sandbox(*, play: bool, port: int) -> int:
    """The exit code: 0, or 1 when the bot or the story failed."""
    _when_asked(_stop)
    try:
        with sandbox(port=0 if play else port) as place:
            return _with_bot(place, play=play)
    except AskedToStop:
        return 0
    except OSError as error:
        _say(f"The page cannot be served on port {port}: {error}. Give another one: make demo PORT=3200")
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


def _with_bot(place: Sandbox, *, play: bool) -> int:
    _say("Starting Slack's and AWS's stand-ins and the bot …")
    bot = place.start_bot()
    try:
        return _play(place) if play else _stay(place, bot)
    except AskedToStop:
        _say("Stopping … (Ctrl-C once more ends it at once)")
        raise
    finally:
        bot.stop()


def _play(place: Sandbox) -> int:
    Story(place, _say).play()
    _say("The whole story came true.")
    return 0


def _stay(place: Sandbox, bot: BotProcess) -> int:
    _say(f"\n  Open {place.slack.page_url} in your browser.\n")
    _say(
        "  You are Alice: type /org create-account in #general. Then switch to Bob, and press Approve in #aws-approvals."
    )
    _say(f"  The bot's log: {place.folder / 'orgbot.log'}    Ctrl-C ends everything; nothing is kept.\n")
    while bot.process.poll() is None:
        time.sleep(0.5)
    raise BotDiedError(bot.last_words())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
