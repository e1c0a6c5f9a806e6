"""Target 1: how long Slack waits for its answer, against a bare floor in the same run.

The clients sign their commands beforehand and read no more of an answer than they need: their own time would hide the servers'.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from benchmarks.servers import ASKS, SECRET, TEAM, WAIT
from benchmarks.table import Row
from sandbox.sandbox import free_port

REQUESTS = {1: 4000, 8: 8000, 32: 8000}
ROUNDS = 5
SLOW_REQUESTS = 640
_numbers = itertools.count()


@dataclass(frozen=True)
class Times:
    """Latencies in ms: the median, the 99th percentile, and the longest."""

    p50: float
    p99: float
    longest: float


def rows() -> Iterator[Row]:
    """The table's rows; each figure is the median of some rounds, the two floors and the bot in turn."""
    with _serving("floor") as floor, _serving("bolt") as bolt, _serving("bot") as bot:
        for clients, requests in REQUESTS.items():
            rounds = [[_load(port, clients, requests // ROUNDS) for port in (floor, bolt, bot)] for _ in range(ROUNDS)]
            yield _compared(clients, "", [(bare, ours) for bare, _, ours in rounds])
            yield _compared(clients, ", to Bolt alone", [(bare, ours) for _, bare, ours in rounds])
    with _serving("slow-bot") as slow:
        times = _load(slow, 32, SLOW_REQUESTS, spread=WAIT)
        yield Row(
            "ack of a 150 ms handler, 32 clients, p99",
            f"{times.p99:.0f} ms",
            f"{WAIT * 1000:.0f} ms",
            times.p99 / WAIT / 1000,
            1.2,
        )


def _compared(clients: int, which: str, rounds: list[tuple[Times, Times]]) -> Row:
    ratio = statistics.median(ours.p99 / theirs.p99 for theirs, ours in rounds)
    ours = statistics.median(pair[1].p99 for pair in rounds)
    theirs = statistics.median(pair[0].p99 for pair in rounds)
    tail = statistics.median(pair[1].longest / pair[1].p50 for pair in rounds)
    note = f"longest {tail:.1f} x its p50" if clients > 8 else ""
    name = f"ack of a command, {clients} clients, p99{which}"
    return Row(name, f"{ours:.2f} ms", f"{theirs:.2f} ms", ratio, 1.5, note)


@contextmanager
def _serving(name: str) -> Iterator[int]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.servers", name, str(port), folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603  The command is ours.
        try:
            if process.stdout is None or process.stdout.readline() != b"ready\n":
                raise RuntimeError(f"the server {name} did not start")
            _load(port, 1, 50)
            yield port
        finally:
            process.terminate()
            process.communicate()


def _load(port: int, clients: int, requests: int, spread: float = 0.0) -> Times:
    """The latencies of `requests` by `clients`, which begin spread over `spread` seconds, so as not to march in step."""
    found: list[list[float]] = [[] for _ in range(clients)]
    commands = [[_command(next(_numbers)) for _ in range(requests // clients)] for _ in found]
    threads = [
        threading.Thread(target=_client, args=(port, commands[number], times, spread * number / clients))
        for number, times in enumerate(found)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(time_ for times in found for time_ in times)
    return Times(statistics.median(ordered), ordered[int(len(ordered) * 0.99) - 1], ordered[-1])


def _client(port: int, commands: list[bytes], times: list[float], pause: float) -> None:
    time.sleep(pause)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for command in commands:
            began = time.perf_counter()
            connection.sendall(command)
            status = _answer(connection)
            times.append((time.perf_counter() - began) * 1000)
            if status != b"200":
                raise RuntimeError(f"the server answered {status!r}")


def _answer(connection: socket.socket) -> bytes:
    """The status of an answer, once it has arrived as a whole."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    missing = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]) - len(body)
    while missing > 0:
        missing -= len(_more(connection))
    return head.split(b" ", 2)[1]


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise RuntimeError("the server has closed the connection")
    return received


def _command(number: int) -> bytes:
    """One signed delivery of the slash command, as it goes over the wire."""
    text = f"create-account --name bench-{number} --email bench{number}@example.com --ou /Workloads --reason benchmark"
    command = {
        "command": "/org",
        "text": text,
        "team_id": TEAM,
        "user_id": ASKS,
        "channel_id": "C0",
        "trigger_id": f"1.{number}",
    }
    body = urlencode(command)
    stamp = str(int(time.time()))
    signature = "v0=" + hmac.new(SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "Host": "127.0.0.1",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /slack/events HTTP/1.1\r\n{head}\r\n{body}".encode()
