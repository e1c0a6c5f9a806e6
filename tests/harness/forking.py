"""`orgbot` forked from a preloaded process, in place of a new interpreter for each: see `tests.harness.preloaded`."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 100.0
SOONEST, LATEST = 0.001, 0.02  # Seconds between two looks for an end; the first are the closest together.


class Preloaded:
    """The preloaded process. It answers one request at a time, from whatever thread it comes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.preloaded"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C is for the tests, whose end is the end of its input.
        )

    def ask(self, **request: Any) -> Any:
        """Its answer; EOFError when it has ended, after what it told on standard error."""
        talk = self._process
        assert talk.stdin is not None
        assert talk.stdout is not None
        with self._lock:
            talk.stdin.write(json.dumps(request).encode() + b"\n")
            talk.stdin.flush()
            answer = talk.stdout.readline()
        if not answer:
            raise EOFError("the preloaded process has ended; see its standard error")
        return json.loads(answer)

    def close(self) -> None:
        """Ends it, and what it forked."""
        self._process.communicate()


@cache
def preloaded() -> Preloaded:
    """One for this test process, from the first use to the end."""
    made = Preloaded()
    atexit.register(made.close)
    return made


class Forked:
    """A forked `orgbot`, with as much of `subprocess.Popen` as anybody needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None
        self._lock = threading.Lock()  # Whoever sends a signal holds it, so that the number is not yet another's.

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        with self._lock:
            return self._look()

    def _look(self) -> int | None:
        if self._code is None:
            self._code = preloaded().ask(status=self.pid)["code"]
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; raises subprocess.TimeoutExpired."""
        end, pause = None if timeout is None else time.monotonic() + timeout, SOONEST
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("a forked orgbot", timeout or 0)
            time.sleep(pause)
            pause = min(2 * pause, LATEST)
        return code

    def send_signal(self, number: int) -> None:
        """Sends it, unless the bot has ended."""
        with self._lock:
            if self._look() is None:
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def fork(environment: dict[str, str], log: Path) -> Forked:
    """`orgbot run` with exactly this environment, in the folder of its log: what `sandbox.sandbox.execute` does."""
    log.touch()  # As soon as it returns, the log can be read.
    return _begun(("run",), environment, log.parent, log, log)


def run(words: Sequence[str], environment: dict[str, str], here: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """An `orgbot` command from its beginning to its end, with exactly this environment, in the repository or in another folder."""
    with TemporaryDirectory(prefix="orgbot-") as folder:
        outputs = [Path(folder, name) for name in ("stdout", "stderr")]
        code = _begun(words, environment, here, *outputs).wait(PATIENCE)
        return subprocess.CompletedProcess(words, code, *(output.read_text(encoding="utf-8") for output in outputs))


def _begun(words: Sequence[str], environment: dict[str, str], folder: Path, stdout: Path, stderr: Path) -> Forked:
    files = {"folder": str(folder), "stdout": str(stdout), "stderr": str(stderr)}
    return Forked(preloaded().ask(words=words, environment=environment, **files)["pid"])
