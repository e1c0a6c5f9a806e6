"""How many files the way of one request goes through, from the command to the last direct message: each is one more to read for
whoever wants to know what becomes of a request.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from sandbox.aws.server import AwsSandbox
from tests.documentation.playing import played

ROOT = Path(__file__).parents[2]
ROOMS = tuple(f"{ROOT / room}/" for room in ("handlers", "approvals", "operations"))
MOST = 81


@contextmanager
def entered() -> Iterator[set[str]]:
    """The files of the product whose functions are called in this thread; the importing of a file doesn't count."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
            files.add(frame.f_code.co_filename)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(before)


def test_the_way_of_a_request_enters_no_more_files_than_it_did(aws: AwsSandbox) -> None:
    with played(aws) as play, entered() as files:
        play.says("alice", "create-account --name web --email web@example.com --ou /Workloads/Staging --reason new")
        play.clicks_on("bob", "Approve")
        play.passes(minutes=5)
    way = sorted(file.removeprefix(f"{ROOT}/") for file in files if file.startswith(ROOMS))
    assert play.intake.recent()[0].status == "succeeded"
    assert len(way) <= MOST, "\n".join(way)
