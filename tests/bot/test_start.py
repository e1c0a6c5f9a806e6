"""The end of the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HANGS = """
import time
from concurrent.futures import ThreadPoolExecutor
from bot.start import _leave_if_something_hangs
ThreadPoolExecutor(1).submit(time.sleep, 600)
_leave_if_something_hangs()
"""


def test_a_thread_that_hangs_does_not_keep_the_process_from_ending() -> None:
    """Python itself would wait for it."""
    ended = subprocess.run([sys.executable, "-c", HANGS], cwd=ROOT, timeout=60, check=False)  # noqa: S603
    assert ended.returncode == 0
