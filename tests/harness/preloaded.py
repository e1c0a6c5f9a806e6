"""A process that has imported the bot and forks an `orgbot` at each request: the imports are most of what one takes.

A fork becomes what `python -m bot run`, or any other command of it, is: its environment, folder, session, standard streams and arguments are those
that were asked for, and nothing but imported modules, what was declared in them and AWS's models comes from the parent, which runs no thread and opens no connection
(it refuses to serve otherwise). What differs: the interpreter's own variables, such as PYTHONWARNINGS, are the parent's.

It reads requests from standard input, one line of JSON each, answers each with a line on standard output, and ends with
its input, killing the forks that still run. `tests.harness.forking` is the other side.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import pkgutil
import runpy
import signal
import sys
import threading
from importlib import import_module
from typing import Any

from sqlalchemy.orm import configure_mappers

import operations
from bot.database import revisions
from tests.harness.models import read_models, share_models
from tests.harness.points import ARMED, UNPACED, arm

# What the commands import, those modules included that are imported only while they run.
MODULES = (
    *("bot.cli", "bot.start", "bot.app", "bot.checks.run", "bot.checks.explain", "bot.audit"),
    *("alembic.ddl.sqlite", "alembic.command", "sqlalchemy.dialects.sqlite"),
    *("psycopg", "sqlalchemy.dialects.postgresql.psycopg", "alembic.ddl.postgresql"),
    *("apscheduler.triggers.interval", "encodings.idna"),
    *(module.name for module in pkgutil.walk_packages(operations.__path__, "operations.")),
)
Answer = dict[str, Any]


def main() -> None:
    """Serves; in a fork, is `orgbot`."""
    preload()
    wanted = serve()
    if wanted:
        become(wanted)
        arm(os.environ.pop(ARMED, ""))
        if os.environ.pop(UNPACED, ""):
            lift_pace()
        runpy.run_module("bot", run_name="__main__", alter_sys=True)


def preload() -> None:
    """Imports the bot, and takes what that made out of the collector's sight, so that forks share its memory."""
    gc.disable()
    for module in MODULES:
        import_module(module)
    configure_mappers()
    revisions()
    share_models()
    read_models()
    gc.freeze()
    gc.enable()
    if threading.active_count() > 1:
        raise RuntimeError(f"a fork would lose the threads that the imports started: {threading.enumerate()}")


def lift_pace() -> None:
    """Without Slack's tiers, which hold one process back for a minute at a time: for measuring what the bot itself takes."""
    from approvals.slack.pacing import PER_MINUTE  # noqa: PLC0415  Imported already, where it is needed.

    PER_MINUTE.clear()


def serve() -> Answer | None:
    """None when the input has ended; in a fork, what was asked for."""
    children: set[int] = set()
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        if "status" in request:
            _say(_status(children, request["status"]))
        elif pid := os.fork():
            children.add(pid)
            _say({"pid": pid})
        else:
            return dict(request)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    return None


def _say(answer: Answer) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


def _status(children: set[int], pid: int) -> Answer:
    """The exit code, negative for a signal; None while it runs. Whoever has heard the code asks no more."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        return {"code": None}
    children.discard(pid)
    return {"code": os.waitstatus_to_exitcode(status)}


def become(wanted: Answer) -> None:
    """A session of its own, the streams, the folder, the arguments, and an environment that holds nothing else."""
    os.setsid()
    _open_streams(wanted["stdout"], wanted["stderr"])
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.path[0] = wanted["folder"]
    sys.argv = ["bot", *wanted["words"]]
    faulthandler.register(signal.SIGUSR1)  # Where each thread stands is then written to standard error.


def _open_streams(*outputs: str) -> None:
    """Nothing to read, and files for both outputs; the ends of the parent's pipes, which stood there, are closed by that."""
    _put(0, os.open(os.devnull, os.O_RDONLY))
    for place, output in enumerate(outputs, 1):
        _put(place, os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666))


def _put(place: int, opened: int) -> None:
    os.dup2(opened, place)
    os.close(opened)


if __name__ == "__main__":
    main()
