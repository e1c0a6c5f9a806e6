"""Trials in forks of a process that has imported everything, collected the tests and run a few of them: what is changed within a
function is its code exchanged in there. That spares each trial the imports and whatever is made once in a process, which take
longer than the few tests that notice most mutants.

What import carries out (constants, defaults, the lines of a class) cannot be tried so: `exchanged` says no, and `trial.py` does it.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from tests.mutants.heart import ROOT
from tests.mutants.mutant import Mutant
from tests.mutants.quiet import QUIETLY, silence
from tests.mutants.trial import Judge, Verdict, folder, watch

FIRST = 5  # Tests that are run before the first fork; with them ends whatever would not outlive one, such as a thread.
Order = Callable[[Mutant], Mapping[str, float]]


@dataclass(frozen=True)
class Tried:
    """What became of the mutant of this number: no verdict when it went on for ever; not `here` where it has to be tried otherwise."""

    number: int
    verdict: Verdict | None = None
    here: bool = True


def exchanged(mutant: Mutant, functions: Iterable[FunctionType]) -> bool:
    """Whether the change could be made in the module's functions as they are. Only a process of its own may ask for it."""
    new = {_place(code): code for code in _codes(compile(mutant.changed_tree(), str(ROOT / mutant.path), "exec"))}
    made = False
    for function in functions:
        code = new.get(_place(function.__code__))
        if code is not None and code != function.__code__:
            with suppress(ValueError):  # A closure over other variables; the function around it makes the next one.
                function.__code__ = code
                made = True
    return made


def _place(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _codes(inner)


def functions_of(modules: Collection[str]) -> dict[str, list[FunctionType]]:
    """The functions of each module, wherever they are kept. What the collector was told to leave alone, it doesn't list."""
    gc.unfreeze()
    found: dict[str, list[FunctionType]] = {module: [] for module in modules}
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__module__ in found:
            found[one.__module__].append(one)
    gc.freeze()
    return found


def _forget(module: str) -> None:
    """What the module's functions have answered before they were changed."""
    for name in dir(sys.modules[module]):
        clear = getattr(getattr(sys.modules[module], name), "cache_clear", None)
        if clear:
            clear()


class Court:
    """A pytest plugin that tries one mutant after the other instead of running the tests; `tell` hears of each."""

    def __init__(self, mutants: Mapping[int, Mutant], order: Order, tell: Callable[[Tried, Mutant], None]) -> None:
        self._mutants, self._order, self._tell = mutants, order, tell

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        for test in [test for mutant in self._mutants.values() for test in self._order(mutant)][:FIRST]:
            items[test].config.hook.pytest_runtest_protocol(item=items[test], nextitem=None)
        functions = functions_of({mutant.module for mutant in self._mutants.values()})
        for number, mutant in self._mutants.items():
            tests = {test: seconds for test, seconds in self._order(mutant).items() if test in items}
            trial = partial(_try_out, number, mutant, functions[mutant.module], [items[test] for test in tests], tests)
            self._tell(_forked(trial) or Tried(number), mutant)
        return True


def _forked(trial: Callable[[], Tried]) -> Tried | None:
    """What it comes to in a fork of this process; None when it ended without a word."""
    theirs, ours = os.pipe()
    child = os.fork()
    if not child:
        os.close(theirs)
        os.write(ours, pickle.dumps(trial()))
        os._exit(0)
    os.close(ours)
    with os.fdopen(theirs, "rb") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return pickle.loads(said) if said else None  # noqa: S301  We wrote it.


def _try_out(
    number: int,
    mutant: Mutant,
    functions: Iterable[FunctionType],
    items: Sequence[pytest.Item],
    tests: Mapping[str, float],
) -> Tried:
    watch()
    if not exchanged(mutant, functions):
        return Tried(number, here=False)
    _forget(mutant.module)
    judge = Judge(tests)
    config: Any = items[0].config
    config.pluginmanager.register(judge)
    with folder() as place:
        config._tmp_path_factory._basetemp, config._tmp_path_factory._given_basetemp = None, Path(place) / "tests"
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if judge.killer:
                break
    signal.setitimer(signal.ITIMER_PROF, 0)
    return Tried(number, Verdict(judge.killer, judge.ran))


def hold(
    mutants: Mapping[int, Mutant], order: Order, noticed: Callable[[Mutant, str], None], answer: Connection
) -> None:
    """Sends what became of each, and ends this process; `noticed` hears which tests are good at it."""

    def tell(tried: Tried, mutant: Mutant) -> None:
        if tried.verdict and tried.verdict.killer:
            noticed(mutant, tried.verdict.killer)
        answer.send(tried)

    silence()
    files = {test.partition("::")[0] for mutant in mutants.values() for test in order(mutant)}
    with folder():
        pytest.main([*QUIETLY, *sorted(files)], plugins=[Court(mutants, order, tell)])
    answer.close()
    os._exit(0)
