"""One mutant's trial, in a process of its own: the changed module takes the place of the real one, and tests run until one fails."""

from __future__ import annotations

import ast
import contextlib
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
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


@dataclass(frozen=True)
class Verdict:
    """By which test a mutant was noticed, if by any, and how many tests were run."""

    killer: str = ""
    ran: int = 0


class Instead(MetaPathFinder):
    """Imports one module as this tree, wherever it is imported."""

    def __init__(self, module: str, path: str, tree: ast.Module) -> None:
        self._module, self._path, self._tree = module, str(ROOT / path), tree

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._module:
            return None
        return spec_from_file_location(name, self._path, loader=_Changed(name, self._path, self._tree))


class _Changed(SourceFileLoader):
    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._tree, self.path, "exec", dont_inherit=True)


class Judge:
    """A pytest plugin: only these tests, in this order; keeps the first that fails."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._tests = tests
        self.killer = ""
        self.ran = 0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        known = {item.nodeid: item for item in items}
        items[:] = [known[test] for test in self._tests if test in known]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.killer = self.killer or AT_IMPORT

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran += report.when == "call"
        if report.failed:
            self.killer = self.killer or report.nodeid


def try_out(mutant: Mutant | None, tests: Sequence[str], seconds: int, answer: Connection) -> None:
    """Sends the Verdict, and ends this process; without a mutant everything is as it is."""
    silence()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    if mutant:
        sys.meta_path.insert(0, Instead(mutant.module, mutant.path, mutant.changed_tree()))
    answer.send(_judged(tests))
    os._exit(0)


def _judged(tests: Sequence[str]) -> Verdict:
    """A few tests first: to collect all of them takes longer than to run those few, which notice most mutants."""
    ran = 0
    for some in filter(None, (tests[:FEW], tests[FEW:MORE], tests[MORE:])):
        judge = Judge(some)
        files = dict.fromkeys(test.partition("::")[0] for test in some)
        with _folder() as folder:
            status = pytest.main([*QUIETLY, "--exitfirst", f"--basetemp={folder}/tests", *files], plugins=[judge])
        ran += judge.ran
        if judge.killer or status == pytest.ExitCode.USAGE_ERROR:  # The latter when conftest.py cannot be imported.
            return Verdict(judge.killer or AT_IMPORT, ran)
    return Verdict(ran=ran)


@contextlib.contextmanager
def _folder() -> Iterator[str]:
    """A folder for the tests' files and for what Hypothesis would remember of a mutant."""
    folder = tempfile.mkdtemp(prefix="mutant-")
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
