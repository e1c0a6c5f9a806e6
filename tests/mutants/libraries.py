"""What is not ours is imported once, before the first fork: each trial then imports only the code under test."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.mutants.heart import CODE, ROOT
from tests.mutants.quiet import QUIETLY, silence


def load(modules: Sequence[str]) -> None:
    """Imports the libraries that the tests of these modules import. Which ones those are is found out in a process that has ours
    as well.
    """
    mirrors = [ROOT / "tests" / Path(module).with_name(f"test_{Path(module).name}") for module in modules]
    places = [str(mirror) for mirror in mirrors if mirror.exists()]
    fork = multiprocessing.get_context("fork")
    theirs, ours = fork.Pipe(duplex=False)
    process = fork.Process(target=_tell, args=(places, ours))
    process.start()
    names: list[str] = theirs.recv()
    process.join()
    for name in names:
        with contextlib.suppress(Exception):  # Some are made up at run time, and cannot be imported by name.
            importlib.import_module(name)


def _tell(places: Sequence[str], answer: Connection) -> None:
    silence()
    pytest.main([*QUIETLY, "--collect-only", *places])
    answer.send([name for name in sys.modules if name.partition(".")[0] not in (*CODE, "__main__")])
    os._exit(0)
