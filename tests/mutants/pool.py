"""Trials side by side. The tests that have noticed most so far go first, then those of the module's own file, then the quickest
of each other file, then the second quickest.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.mutants.mutant import Mutant
from tests.mutants.reach import Reach
from tests.mutants.trial import Verdict, try_out

BUDGET = 20.0  # Seconds of tests for one mutant: what so many do not notice counts as not noticed.
LEAST = 5  # Tests that each mutant gets, if it takes longer.


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    UNREACHED = "reached by no test"
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


def _ranks(tests: Iterable[str]) -> dict[str, int]:
    """The how manieth of its file each test is: tests of many files notice more than many of one."""
    so_far: Counter[str] = Counter()
    ranks = {}
    for test in tests:
        ranks[test] = so_far[_file(test)]
        so_far[_file(test)] += 1
    return ranks


class Pool:
    """As many trials at a time as `jobs`."""

    def __init__(self, reach: Reach, jobs: int, budget: float = BUDGET) -> None:
        self._reach, self._jobs, self._budget = reach, jobs, budget
        self._kills: Counter[tuple[str, str]] = Counter()
        self._fork = multiprocessing.get_context("fork")

    def results(self, mutants: Iterable[Mutant]) -> Iterator[Result]:
        """The fates, as they become known."""
        waiting, running = deque(mutants), list[_Trial]()
        while waiting or running:
            while waiting and len(running) < self._jobs:
                mutant = waiting.popleft()
                tests = self.order(mutant)
                if tests:
                    running.append(self._begin(mutant, tests))
                else:
                    yield Result(mutant, Fate.UNREACHED)
            for trial in self._over(running):
                running.remove(trial)
                yield self._result(trial)

    def order(self, mutant: Mutant) -> list[str]:
        """The tests for a mutant, in the order in which they run."""
        own, seconds, reached = f"test_{mutant.key.module}.py", self._reach.seconds, self._reach.tests_of(mutant)
        ranks = _ranks(sorted(reached, key=lambda test: (seconds[test], test)))

        def likely(test: str) -> tuple[int, bool, int, float, str]:
            elsewhere = _file(test) != own
            return -self._kills[mutant.path, test], elsewhere, ranks[test] * elsewhere, seconds[test], test

        chosen: list[str] = []
        spent = 0.0
        for test in sorted(reached, key=likely):
            if spent + seconds[test] > self._budget and len(chosen) >= LEAST:
                continue
            chosen.append(test)
            spent += seconds[test]
        return chosen

    def control(self, mutant: Mutant) -> str:
        """The test that fails although nothing was changed; without it no verdict on this module would mean anything."""
        trial = self._begin(None, self.order(mutant)[:LEAST], mutant)
        trial.process.join()
        verdict: Verdict = trial.answer.recv()
        return verdict.killer or ("" if verdict.ran else "no test was run")

    def _begin(self, changed: Mutant | None, tests: list[str], mutant: Mutant | None = None) -> _Trial:
        seconds = {test: self._reach.seconds[test] for test in tests}
        theirs, ours = self._fork.Pipe(duplex=False)
        process = self._fork.Process(target=try_out, args=(changed, seconds, ours), daemon=True)
        process.start()
        ours.close()
        about = changed or mutant
        assert about is not None
        return _Trial(about, process, theirs)

    @staticmethod
    def _over(running: list[_Trial]) -> list[_Trial]:
        """Those that have ended."""
        ended = wait([trial.process.sentinel for trial in running])
        return [trial for trial in running if trial.process.sentinel in ended]

    def _result(self, trial: _Trial) -> Result:
        trial.process.join()
        if not trial.answer.poll():
            return Result(trial.mutant, Fate.TIMED_OUT)
        try:
            verdict: Verdict = trial.answer.recv()
        except EOFError:
            return Result(trial.mutant, Fate.TIMED_OUT)
        if not verdict.killer:
            return Result(trial.mutant, Fate.SURVIVED, ran=verdict.ran)
        self._kills[trial.mutant.path, verdict.killer] += 1
        return Result(trial.mutant, Fate.KILLED, verdict.killer)
