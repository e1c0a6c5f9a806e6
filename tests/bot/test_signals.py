"""SIGTERM ends the process at whatever moment it comes, and SIGHUP is never the end."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import sys, time
from bot import signals
signals.hold()
print("held", flush=True)
{before}
signals.until_told_to_end(lambda: print("hung up", flush=True))
"""


WAITING = """
from bot import signals
signals.hold()
print("held", flush=True)
try:
    signals.pause(0)
    signals.pause(60)
except signals.ToldToEndError:
    print("told to end", flush=True)
"""


def started(before: str = "") -> subprocess.Popen[str]:
    """A process that holds its signals back, and waits for them after it has done what is to be done before."""
    return held(PROGRAM.format(before=before))


def held(program: str) -> subprocess.Popen[str]:
    """A process that has said that it holds its signals back."""
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603  The command is ours.
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "before",
    ["", "time.sleep(0.0005)", "sys.stdin.readline()"],
    ids=["while it goes to sleep", "shortly before", "before"],
)
def test_whenever_it_is_told_to_end_it_ends(number: signal.Signals, before: str) -> None:
    process = started(before)
    process.send_signal(number)
    told, _ = process.communicate("go on\n", timeout=20)
    assert (process.returncode, told) == (0, "")


def test_a_hang_up_is_answered_and_the_process_stays() -> None:
    process = started()
    process.send_signal(signal.SIGHUP)
    assert process.stdout is not None
    assert process.stdout.readline() == "hung up\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_pause_ends_when_it_is_told_to_end() -> None:
    process = held(WAITING)
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=20)
    assert (process.returncode, told) == (0, "told to end\n")
