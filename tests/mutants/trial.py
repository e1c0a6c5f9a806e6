"""One mutant's trial, in a process of its own: the changed module takes the place of the real one, and tests run until one fails."""

from __future__ import annotations

import ast
import contextlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from multiprocessing.connection import Connection
from types import CodeType, ModuleType

import pytest

from tests.mutants.heart import ROOT
from tests.mutants.mutant import Mutant
from tests.mutants.quiet import QUIETLY, silence

AT_IMPORT = "import"
FEW, MORE = 8, 60
IDLE, NOTHING = 30.0, 0.05  # Seconds, and seconds of work within them.


@dataclass(frozen=True)
class Verdict:
    """By which test a mutant was noticed, if by any, and how many tests were run."""

    killer: str = ""
    ran: int = 0


class Instead(MetaPathFinder):
    """Imports a module as another tree, wherever it is imported, if this gives one for its name, with its path beneath the root."""

    def __init__(self, tree_of: Callable[[str], tuple[str, ast.Module] | None]) -> None:
        self._tree_of = tree_of

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        found = self._tree_of(name)
        if found is None:
            return None
        place = str(ROOT / found[0])
        return spec_from_file_location(name, place, loader=_Changed(name, place, found[1]))


class _Changed(SourceFileLoader):
    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._tree, self.path, "exec", dont_inherit=True)


class Judge:
    """A pytest plugin: only these tests, in this order, none for much longer than it takes; keeps the first that fails."""

    def __init__(self, tests: Mapping[str, float]) -> None:
        self._tests = tests
        self.killer = ""
        self.ran = 0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        known = {item.nodeid: item for item in items}
        items[:] = [known[test] for test in self._tests if test in known]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.killer = self.killer or AT_IMPORT

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """SIGPROF ends the process."""
        signal.setitimer(signal.ITIMER_PROF, allowed(self._tests[item.nodeid]))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran += report.when == "call"
        if report.failed:
            self.killer = self.killer or report.nodeid

    def pytest_sessionfinish(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)


def allowed(seconds: float) -> float:
    """Seconds of work after which a test that needs so many is taken for one that goes on for ever."""
    return 5 + 4 * seconds


def watch() -> None:
    """Ends the process when it has done nothing for a while: it waits for something that never comes. That a busy machine lets it
    wait for a processor is something else.
    """
    worked = [0.0]

    def look(*_: object) -> None:
        if time.process_time() - worked[0] < NOTHING:
            os._exit(1)
        worked[0] = time.process_time()

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, IDLE, IDLE)


def try_out(mutant: Mutant | None, tests: Mapping[str, float], answer: Connection) -> None:
    """Sends the Verdict, and ends this process; without a mutant everything is as it is."""
    silence()
    seconds = int(20 + sum(map(allowed, tests.values())))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    watch()
    if mutant:
        changed = {mutant.module: (mutant.path, mutant.changed_tree())}
        sys.meta_path.insert(0, Instead(changed.get))
    answer.send(_judged(tests))
    os._exit(0)


def _judged(tests: Mapping[str, float]) -> Verdict:
    """A few tests first: to collect all of them takes longer than to run those few, which notice most mutants."""
    ran, ids = 0, list(tests)
    for some in filter(None, (ids[:FEW], ids[FEW:MORE], ids[MORE:])):
        judge = Judge({test: tests[test] for test in some})
        files = dict.fromkeys(test.partition("::")[0] for test in some)
        with folder() as place:
            status = pytest.main([*QUIETLY, "--exitfirst", f"--basetemp={place}/tests", *files], plugins=[judge])
        ran += judge.ran
        if judge.killer or status == pytest.ExitCode.USAGE_ERROR:  # The latter when conftest.py cannot be imported.
            return Verdict(judge.killer or AT_IMPORT, ran)
    return Verdict(ran=ran)


@contextlib.contextmanager
def folder() -> Iterator[str]:
    """A folder for the tests' files and for what Hypothesis would remember of a mutant."""
    folder = tempfile.mkdtemp(prefix="mutant-")
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
