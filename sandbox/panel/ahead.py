"""`python -m sandbox.panel.ahead SECONDS`: `orgbot run` whose clock is that far ahead, for the button *A day passes*."""

from __future__ import annotations

import runpy
import sys
from datetime import UTC, datetime, timedelta

import time_machine


def main() -> None:
    """The bot's own program; only the process's clock differs, and goes on from there."""
    ahead = timedelta(seconds=float(sys.argv[1]))
    time_machine.travel(datetime.now(UTC) + ahead, tick=True).start()
    sys.argv = ["bot", "run"]
    runpy.run_module("bot", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
