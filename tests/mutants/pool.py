"""Trials side by side. The tests that have noticed most so far go first, then those of the module's own file, then the quickest
of each other file, then the second quickest; a second case of one function comes after the first case of each.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from operator import attrgetter
from pathlib import Path

from tests.mutants.mutant import Mutant
from tests.mutants.reach import Reach
from tests.mutants.trial import Verdict, try_out
from tests.mutants.warm import Tried, hold

BUDGET = 20.0  # Seconds of tests for one mutant: what so many do not notice counts as not noticed.
LEAST = 5  # Tests that each mutant gets, if together they take longer; none that does so alone.


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    UNREACHED = "reached by no test within the budget"
    TIMED_OUT = "timed out"
    """It went on for ever, which somebody would notice: it counts as killed."""


@dataclass(frozen=True)
class Result:
    """A mutant's fate, and the test that noticed it."""

    mutant: Mutant
    fate: Fate
    killer: str = ""
    ran: int = 0


@dataclass
class _Trial:
    mutant: Mutant
    process: BaseProcess
    answer: Connection


def _file(test: str) -> str:
    return Path(test.partition("::")[0]).name


def _function(test: str) -> str:
    return test.partition("[")[0]


def _ranks(tests: Iterable[str], whole: Callable[[str], str]) -> dict[str, int]:
    """The how manieth of its function or its file each test is: one of each notices more than many of one."""
    so_far: Counter[str] = Counter()
    ranks = {}
    for test in tests:
        ranks[test] = so_far[whole(test)]
        so_far[whole(test)] += 1
    return ranks


class Pool:
    """As many trials at a time as `jobs`."""

    def __init__(self, reach: Reach, jobs: int, budget: float = BUDGET, after: Pool | None = None) -> None:
        """What `after` has run is not run again."""
        self._reach, self._jobs, self._budget, self._after = reach, jobs, budget, after
        self._kills: Counter[tuple[str, str]] = Counter()
        self._fork = multiprocessing.get_context("fork")

    def results(self, mutants: Iterable[Mutant]) -> Iterator[Result]:
        """The fates, as they become known: module by module those that can be tried in a warm process, then all others."""
        rest: list[Mutant] = []
        for _, of_one in groupby(mutants, key=attrgetter("path")):
            tried: list[Mutant] = []
            for mutant in of_one:
                if self.order(mutant):
                    tried.append(mutant)
                else:
                    yield Result(mutant, Fate.UNREACHED)
            rest += yield from self._warm(tried)
        yield from self._cold(rest)

    def _warm(self, mutants: list[Mutant]) -> Generator[Result, None, list[Mutant]]:
        """Gives those that have to be tried otherwise."""
        left = dict(enumerate(mutants))
        courts = [self._court(dict(list(left.items())[first :: self._jobs])) for first in range(self._jobs)]
        otherwise = []
        while courts:
            for court in wait(courts):
                assert isinstance(court, Connection)
                try:
                    tried: Tried = court.recv()
                except EOFError:
                    courts.remove(court)
                    continue
                mutant = left.pop(tried.number)
                if tried.here:
                    yield self._judged(mutant, tried.verdict)
                else:
                    otherwise.append(mutant)
        return [*otherwise, *left.values()]

    def _court(self, mutants: dict[int, Mutant]) -> Connection:
        theirs, ours = self._fork.Pipe(duplex=False)
        arguments = (mutants, self._timed, self._noticed, ours)
        self._fork.Process(target=hold, args=arguments, daemon=True).start()
        ours.close()
        return theirs

    def _timed(self, mutant: Mutant) -> dict[str, float]:
        return {test: self._reach.seconds[test] for test in self.order(mutant)}

    def _noticed(self, mutant: Mutant, test: str) -> None:
        self._kills[mutant.path, test] += 1

    def _cold(self, mutants: Iterable[Mutant]) -> Iterator[Result]:
        waiting, running = deque(mutants), list[_Trial]()
        while waiting or running:
            while waiting and len(running) < self._jobs:
                running.append(self._begin(mutant := waiting.popleft(), self._timed(mutant)))
            for trial in self._over(running):
                running.remove(trial)
                yield self._result(trial)

    def _tests_of(self, mutant: Mutant) -> set[str]:
        return self._reach.tests_of(mutant) - set(self._after.order(mutant) if self._after else ())

    def order(self, mutant: Mutant) -> list[str]:
        """The tests for a mutant, in the order in which they run."""
        own, seconds, reached = f"test_{mutant.key.module}.py", self._reach.seconds, self._tests_of(mutant)
        cases = _ranks(sorted(reached, key=lambda test: (seconds[test], test)), _function)
        ranks = _ranks(sorted(reached, key=lambda test: (cases[test], seconds[test], test)), _file)

        def likely(test: str) -> tuple[int, bool, int, str]:
            return -self._kills[mutant.path, test], _file(test) != own, ranks[test], test

        chosen: list[str] = []
        spent = 0.0
        for test in sorted(reached, key=likely):
            if seconds[test] > self._budget or (spent + seconds[test] > self._budget and len(chosen) >= LEAST):
                continue
            chosen.append(test)
            spent += seconds[test]
        return chosen

    def control(self, mutant: Mutant) -> str:
        """The test that fails although nothing was changed; without it no verdict on this module would mean anything."""
        trial = self._begin(mutant, dict(list(self._timed(mutant).items())[:LEAST]), as_it_is=True)
        trial.process.join()
        verdict: Verdict = trial.answer.recv()
        return verdict.killer or ("" if verdict.ran else "no test was run")

    def _begin(self, mutant: Mutant, tests: dict[str, float], *, as_it_is: bool = False) -> _Trial:
        theirs, ours = self._fork.Pipe(duplex=False)
        arguments = (None if as_it_is else mutant, tests, ours)
        process = self._fork.Process(target=try_out, args=arguments, daemon=True)
        process.start()
        ours.close()
        return _Trial(mutant, process, theirs)

    @staticmethod
    def _over(running: list[_Trial]) -> list[_Trial]:
        """Those that have ended."""
        ended = wait([trial.process.sentinel for trial in running])
        return [trial for trial in running if trial.process.sentinel in ended]

    def _result(self, trial: _Trial) -> Result:
        trial.process.join()
        verdict: Verdict | None = None
        if trial.answer.poll():
            with suppress(EOFError):
                verdict = trial.answer.recv()
        return self._judged(trial.mutant, verdict)

    def _judged(self, mutant: Mutant, verdict: Verdict | None) -> Result:
        if verdict is None:
            return Result(mutant, Fate.TIMED_OUT)
        if not verdict.killer:
            return Result(mutant, Fate.SURVIVED, ran=verdict.ran)
        self._noticed(mutant, verdict.killer)
        return Result(mutant, Fate.KILLED, verdict.killer)
