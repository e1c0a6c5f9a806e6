"""Which test executes which line, and how long it takes: one run of the tests, file by file, shared among the processors."""

from __future__ import annotations

import ast
import hashlib
import inspect
import multiprocessing
import pickle
import time
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from tests.mutants.heart import HEART, ROOT, TESTS
from tests.mutants.marked import Notes
from tests.mutants.mutant import Mutant, targets
from tests.mutants.quiet import QUIETLY, silence

KEPT = ROOT / ".mutants"
MEASURED = KEPT / "reach"
MOST_NAMING = 10
Lines = dict[str, dict[int, set[str]]]


@dataclass
class Reach:
    """The tests of each line of each file (by its path beneath the root), and the seconds of work that each test is, whatever
    else the machine does meanwhile."""

    lines: Lines = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def tests_of(self, mutant: Mutant) -> set[str]:
        """The tests that reach a change; for one at import those that execute a line in which its name stands."""
        own = self.lines.get(mutant.path, {})
        found = {test for line in mutant.lines for test in own.get(line, ())}
        for name in self._names_of(mutant):
            for path, line in self._index.uses.get(name, ()):
                found |= self.lines.get(path, {}).get(line, set())
        return (found & self.seconds.keys()) - self.failed

    def _names_of(self, mutant: Mutant) -> set[str]:
        """What import makes of the changed line, and what other lines make of that at import."""
        names, new = set(mutant.defines), set(mutant.defines)
        while new:
            new = {made for name in new for made in self._index.makes.get(name, ())} - names
            names |= new
        return names

    @cached_property
    def _index(self) -> Index:
        """Of the heart as well where it has no function, so that no test executes a line of it."""
        return index_of({*self.lines, *HEART})


@dataclass(frozen=True)
class Index:
    """Of each name: the files and lines that use it, and the constants that are made of it."""

    uses: dict[str, set[tuple[str, int]]]
    makes: dict[str, set[str]]


def index_of(paths: Iterable[str], root: Path = ROOT) -> Index:
    uses: dict[str, set[tuple[str, int]]] = defaultdict(set)
    makes: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        tree = ast.parse((root / path).read_text(encoding="utf-8"))
        for name, line in (*_names(tree), *_of_statements(tree)):
            uses[name].add((path, line))
        for statement in tree.body:
            for name, _ in _names(getattr(statement, "value", None)):
                makes[name] |= targets(statement)
    return Index(uses, makes)


def _names(tree: ast.AST | None) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno


def _of_statements(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The same names by the first line of the statement that they are a part of, which is the one that is noted."""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.stmt):
            for part in ast.iter_child_nodes(statement):
                if not isinstance(part, ast.stmt | ast.ExceptHandler | ast.match_case):
                    yield from ((name, statement.lineno) for name, _ in _names(part))


class Recorder:
    """A pytest plugin: keeps which lines each test carries out, and takes its time."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self.lines: Lines = {}
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._notes.taken()
        begun = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - begun
            for path, lines in (*self._notes.taken().items(), *_own_lines(item)):
                for line in lines:
                    self.lines.setdefault(path, {}).setdefault(line, set()).add(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)
        if report.skipped:
            self.seconds.pop(report.nodeid, None)


def _own_lines(item: pytest.Item) -> Iterator[tuple[str, range]]:
    """The lines of the test itself, by whose names it reaches a constant that no function of ours has to be called for."""
    if isinstance(item, pytest.Function):
        lines, first = inspect.getsourcelines(inspect.unwrap(item.function))
        yield _relative(item.path), range(first, first + len(lines))


@dataclass(frozen=True)
class Part:
    """What one file of tests reaches, and the content of that file and of those whose lines its tests execute."""

    reach: Reach
    contents: dict[str, str]

    def may_stay(self, file: Path, modules: Collection[str]) -> bool:
        """Whether it would be the same today, as far as these modules go. What failed is measured again: perhaps only the machine
        was at fault.
        """
        reached = self.contents.keys() & modules
        if not reached and file.name not in {f"test_{Path(module).name}" for module in modules}:
            return True
        known = {*reached, _relative(file)}
        return not self.reach.failed and all(content_of(ROOT / path) == self.contents[path] for path in known)


def reach(jobs: int, modules: Collection[str], *, near: bool = False) -> Reach:
    """A file of tests that reaches the modules runs once, and again when it or one of them has changed. What else has changed
    hardly ever changes which of their lines a test executes: without the folder `.mutants` everything is measured anew.
    `near` is for the tests of the modules' own rooms alone, and those that name one of them.
    """
    files = {
        path: MEASURED / _digest(_relative(path).encode()) for place in TESTS for path in sorted(_files(ROOT / place))
    }
    MEASURED.mkdir(parents=True, exist_ok=True)
    for old in set(MEASURED.iterdir()) - set(files.values()):
        old.unlink()
    if near:
        at_home = {path for module in modules for path in _near(files, module)}
        files = {path: keep for path, keep in files.items() if path in at_home}
    missing = [
        (path, keep) for path, keep in files.items() if not (part := _kept(keep)) or not part.may_stay(path, modules)
    ]
    with multiprocessing.get_context("fork").Pool(jobs, _begin) as pool:
        pool.starmap(_measure, missing, chunksize=1)
    return _together(part.reach for keep in files.values() if (part := _kept(keep)))


def _near(tests: Collection[Path], module: str) -> set[Path]:
    """The tests of the module's room, and those next to it that name it, unless it is one that everybody names."""
    room, name = ROOT / "tests" / Path(module).parent, module.removesuffix(".py").replace("/", ".")
    house = ROOT / "tests" / Path(module).parts[0]
    naming = {path for path in tests if house in path.parents and name in path.read_text(encoding="utf-8")}
    return {path for path in tests if path.parent == room} | (naming if len(naming) <= MOST_NAMING else set())


def _files(place: Path) -> Iterable[Path]:
    return [place] if place.is_file() else place.rglob("test_*.py")


def _kept(keep: Path) -> Part | None:
    return pickle.loads(keep.read_bytes()) if keep.exists() else None  # noqa: S301  We wrote it.


def content_of(path: Path) -> str:
    return _digest(path.read_bytes()) if path.exists() else ""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _relative(path: str | Path) -> str:
    return str(Path(path).relative_to(ROOT))


def _together(parts: Iterable[Reach]) -> Reach:
    whole = Reach()
    for part in parts:
        whole.seconds |= part.seconds
        whole.failed |= part.failed
        for path, lines in part.lines.items():
            for line, tests in lines.items() if (ROOT / path).exists() else ():
                whole.lines.setdefault(path, {}).setdefault(line, set()).update(tests)
    return whole


NOTES = Notes()


def _begin() -> None:
    """A process that measures one file after the other."""
    silence()
    NOTES.listen()


def _measure(file: Path, keep: Path) -> None:
    recorder = Recorder(NOTES)
    before = content_of(file)
    pytest.main([*QUIETLY, str(file)], plugins=[recorder])
    contents = {path: content_of(ROOT / path) for path in recorder.lines} | {_relative(file): before}
    keep.write_bytes(pickle.dumps(Part(Reach(recorder.lines, recorder.seconds, recorder.failed), contents)))
