"""Everything on this machine: Slack's and AWS's stand-ins in this process, and the bot as a process of its own.

The bot is the production program over the production transport; only its environment says where Slack and AWS are.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sandbox.aws.server import AwsSandbox
from sandbox.slack.driver import Mode, SlackSandbox

PACKED, KEPT = Path(__file__).parents[1] / "bot" / "init" / "manifest.yml", Path(__file__).parents[1] / "manifest.yml"
MANIFEST = PACKED if PACKED.exists() else KEPT  # An installed package has it beside the bot's set-up, once.
APPROVAL_CHANNEL, APPROVERS = "C0APPROVALS", "S0APPROVERS"
CREATION_SECONDS = 6.0
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 0.03
RUN = (sys.executable, "-m", "bot", "run")
FOREIGN = ("SLACK_", "AWS_", "ORGBOT_", "DATABASE_URL", "HOST", "PORT")


class BotDiedError(Exception):
    """The bot ended by itself; the text is what it said last."""


class Process(Protocol):
    """What is needed of a process, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, number: int, /) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


Launch = Callable[[dict[str, str], Path], Process]


def execute(environment: dict[str, str], log: Path, words: Sequence[str] = RUN) -> Process:
    """`orgbot run` in a new interpreter, with exactly this environment, in the folder of its log."""
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - This program's own words.
            words,
            env=environment,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            start_new_session=True,  # Ctrl-C is for the sandbox, which then ends the bot in order.
        )


class BotProcess:
    """`orgbot run` as a child process, with its log in a file; `launch` starts it."""

    def __init__(self, environment: dict[str, str], log: Path, launch: Launch = execute) -> None:
        self.port = int(environment["PORT"])
        self._log = log
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.process = launch(own | environment, log)

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Returns when `/readyz` says yes; raises BotDiedError, or TimeoutError after `seconds`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._listens() and self._is_ready():
                return
            if self.process.poll() is not None:
                raise BotDiedError(self.last_words())
            time.sleep(LOOK_AGAIN_SECONDS)
        raise TimeoutError(f"the bot was not ready within {seconds:.0f} s: {self.last_words()}")

    def _listens(self) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self.port)) == 0

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def last_words(self, lines: int = 20) -> str:
        """The end of the log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self) -> int:
        """SIGTERM, and the exit code; killed when it has not ended after half a minute, or when somebody will not wait."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL: the process has no chance to write anything down."""
        self.process.kill()
        self.process.wait()


class Sandbox:
    """The two stand-ins and the place for the bot's files; `start_bot` may be called again after a bot has ended."""

    def __init__(self, aws: AwsSandbox, slack: SlackSandbox, folder: Path, launch: Launch = execute) -> None:
        self.aws = aws
        self.slack = slack
        self.folder = folder
        self.launch = launch

    def environment(self, **more: str) -> dict[str, str]:
        """The bot's whole environment; over HTTP Slack is told the address at which the bot will listen."""
        port = free_port()
        self.slack.request_url = f"http://127.0.0.1:{port}/slack/events"
        return {
            **self.aws.environment(),
            **self.slack.environment(),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "DATABASE_URL": f"sqlite:///{self.folder / 'orgbot.db'}",
            "ORGBOT_APPROVAL_CHANNEL": APPROVAL_CHANNEL,
            "ORGBOT_APPROVERS": APPROVERS,
            "ORGBOT_POLL_SECONDS": "1",
            "ORGBOT_TICK_SECONDS": "0.5",
            "ORGBOT_SLACK_SETTLE_SECONDS": "1",
            "PYTHONPATH": str(Path(__file__).parents[1]),
            **more,
        }

    def launch_bot(self, **more: str) -> BotProcess:
        """A bot that has only begun to start."""
        return BotProcess(self.environment(**more), self.folder / "orgbot.log", self.launch)

    def start_bot(self, **more: str) -> BotProcess:
        """A bot that is ready; raises BotDiedError when it could not start."""
        bot = self.launch_bot(**more)
        try:
            bot.wait_until_ready()
        except BaseException:
            bot.kill()
            raise
        return bot


@contextmanager
def sandbox(
    *, mode: Mode = "socket", port: int = 0, creation_seconds: float = CREATION_SECONDS, launch: Launch = execute
) -> Iterator[Sandbox]:
    """A sandbox without a bot yet; its files live in a temporary folder."""
    with (
        tempfile.TemporaryDirectory(prefix="orgbot-") as folder,
        AwsSandbox(creation_seconds=creation_seconds) as aws,
        SlackSandbox(manifest=MANIFEST, mode=mode, port=port) as slack,
    ):
        yield Sandbox(aws, slack, Path(folder), launch)


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
