"""Target 6: from nothing to a bot that is ready, and its memory, against the bare imports of its libraries."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.table import Row
from sandbox.sandbox import Sandbox, sandbox

ROUNDS = 5
BARE = "import slack_bolt, boto3, sqlmodel, apscheduler.schedulers.background, alembic.command, pydantic_settings, structlog, waitress, prometheus_client"
CLIENT = "boto3.client('organizations', region_name='us-east-1')"
RESIDENT = (
    "print(open('/proc/self/statm').read().split()[1])"  # The peak would count the process that starts it as well.
)


def rows() -> Iterator[Row]:
    """Time until `/readyz` says yes, and resident memory then; the floor imports the same libraries and makes one client."""
    floors = [_bare() for _ in range(ROUNDS)]
    with sandbox(creation_seconds=0) as place:
        ours = [_bot(place) for _ in range(ROUNDS)]
    for index, (name, unit, target) in enumerate((("start to ready", "ms", 1.3), ("resident memory", "MB", 1.3))):
        mine, floor = (statistics.median(figures[index] for figures in side) for side in (ours, floors))
        yield Row(name, f"{mine:.0f} {unit}", f"{floor:.0f} {unit}", mine / floor, target)


def _bare() -> tuple[float, float]:
    began = time.perf_counter()
    code = f"{BARE}; {CLIENT}; {RESIDENT}"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)  # noqa: S603  The command is ours.
    return (time.perf_counter() - began) * 1000, _megabytes(int(answer.stdout))


def _bot(place: Sandbox) -> tuple[float, float]:
    began = time.perf_counter()
    bot = place.start_bot()
    ready = (time.perf_counter() - began) * 1000
    memory = _resident(bot.process.pid)
    bot.stop()
    return ready, memory


def _resident(process: int) -> float:
    pages = int(open(f"/proc/{process}/statm").read().split()[1])  # noqa: SIM115, PTH123  A kernel file, read at once.
    return _megabytes(pages)


def _megabytes(pages: int) -> float:
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
