"""What is not ours is imported once, before the first fork: each trial then imports only the code under test."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import sys
from multiprocessing.connection import Connection

import pytest

from tests.mutants.heart import CODE, TESTS
from tests.mutants.quiet import QUIETLY, silence


def load() -> None:
    """Imports the libraries that the tests import. Which ones those are is found out in a process that has ours as well."""
    fork = multiprocessing.get_context("fork")
    theirs, ours = fork.Pipe(duplex=False)
    process = fork.Process(target=_tell, args=(ours,))
    process.start()
    names: list[str] = theirs.recv()
    process.join()
    for name in names:
        with contextlib.suppress(Exception):  # Some are made up at run time, and cannot be imported by name.
            importlib.import_module(name)


def _tell(answer: Connection) -> None:
    silence()
    pytest.main([*QUIETLY, "--collect-only", *TESTS])
    answer.send([name for name in sys.modules if name.partition(".")[0] not in (*CODE, "__main__")])
    os._exit(0)
